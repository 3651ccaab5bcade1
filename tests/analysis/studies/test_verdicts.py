"""Measured figures against oracles of their own, and the verdicts that follow from them."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from xorsweep.analysis.studies.measures import Cells, Estimate, measure
from xorsweep.analysis.studies.spec import (
    ACCEPT,
    ALONG,
    MEASURES,
    PublishedValue,
    Study,
    read_study,
)
from xorsweep.analysis.studies.verdicts import (
    Verdict,
    notes,
    verdict_findings,
    verdict_row,
    verdicts,
)
from xorsweep.networks.metrics import PLATEAUS
from xorsweep.networks.schema import NETWORK_SCHEMA

CELL = {"hidden": 2, "lr": 1, "epochs": 100}


def study_of(*figures: dict[str, Any], **changed: str | None) -> Study:
    texts = dict.fromkeys(("name", "title", "question", "source", "why"), "a text")
    known = {"certainty": "read", **changed}
    study = read_study({**texts, **known, "cell": CELL, "figures": list(figures)})
    assert study is not None
    return study


def figure_of(measure_name: str, **given: Any) -> PublishedValue:
    return study_of({"measure": measure_name, "accept": "none", **given}).values[0]


def rows_of(
    epochs: list[int | None], first_seed: int = 0, errors: float = 0.25, **changed: Any
) -> pd.DataFrame:
    """Return rows of one cell: the epoch at which each seed converged, or None."""
    cell = {**figure_of("rate").cell, **changed}
    count = len(epochs)
    frame = pd.DataFrame({key: [level] * count for key, level in cell.items()})
    frame["seed"] = np.arange(count) + first_seed
    solved = np.array([epoch is not None for epoch in epochs])
    frame["final_error"] = np.where(solved, 0.01, errors)
    frame["converged"] = solved
    frame["converged_epoch"] = pd.array(epochs, dtype="Int64")
    frame["outcome"] = np.where(solved, "solved", "two_rows_at_half")
    frame["status"] = "ok"
    return frame


def measured(rows: pd.DataFrame, figure: PublishedValue) -> Estimate:
    found = measure(figure, Cells(rows))
    assert found is not None
    return found


def test_every_measure_can_be_measured() -> None:
    """Those along an axis have tests of their own."""
    rows = rows_of([7, None] * 12)
    known = rows.assign(gradient_norm=1.0, curvature_min=0.1, curvature_max=0.4)
    known["outcome"] = np.repeat(list(PLATEAUS), 6)
    for name in MEASURES.keys() - ALONG:
        assert np.isfinite(measured(known, figure_of(name)).value), name


def test_every_rule_judges() -> None:
    given = {"measure": "rate", "value": 50, "tolerance": 1, "low": 40, "high": 60}
    for rule in ACCEPT:
        (verdict,) = verdicts(study_of({"accept": rule, **given}), rows_of([1, None]))
        assert (verdict.agrees is None) == (rule == "none")


def wilson(hits: int, runs: int) -> tuple[float, float]:
    z, p = 1.959963984540054, hits / runs
    middle, half = p + z * z / (2 * runs), z * np.sqrt(p * (1 - p) / runs + z * z / (4 * runs**2))
    return 100 * (middle - half) / (1 + z * z / runs), 100 * (middle + half) / (1 + z * z / runs)


def test_rates_are_percentages_with_wilsons_interval() -> None:
    rows = rows_of([10, None, 30, 40, None, None, None, 80])
    for name, hits in (("rate", 4), ("not_converged", 4), ("two_rows_at_half", 4)):
        found = measured(rows, figure_of(name))
        assert found.value == 100 * hits / 8
        assert (found.low, found.high) == pytest.approx(wilson(hits, 8))
    assert measured(rows, figure_of("at_levels")).value == 100
    assert measured(rows, figure_of("three_rows_share")).value == 0


def test_epochs_of_the_converged() -> None:
    rows = rows_of([10, None, 30, 45, 80])
    wanted = {
        "converged_count": 4,
        "mean_epochs": 41.25,
        "median_of_converged": 37.5,
        "fewest_epochs": 10,
        "most_epochs": 80,
        "expected_running_time": 265 / 4,
        "median_epochs": 45,
    }
    assert {name: measured(rows, figure_of(name)).value for name in wanted} == wanted
    assert measured(rows, figure_of("epochs_of_run", cell={"seed": 2})).value == 30


def test_the_median_of_the_converged_has_the_order_statistic_interval() -> None:
    epochs = [int(epoch) for epoch in np.random.default_rng(1).permutation(60) + 1]
    found = measured(rows_of(list(epochs)), figure_of("median_of_converged"))
    ordered = np.sort(epochs)
    low, high = (int(np.flatnonzero(ordered == end)[0]) for end in (found.low, found.high))
    # The share of samples whose median lies between these two, and that of the next narrower.
    assert binom.cdf(high, 60, 0.5) - binom.cdf(low, 60, 0.5) >= 0.95
    assert binom.cdf(high - 1, 60, 0.5) - binom.cdf(low + 1, 60, 0.5) < 0.95


@pytest.mark.slow
def test_the_interval_of_a_running_time_has_its_nominal_coverage() -> None:
    rng = np.random.default_rng(3)
    rate, mean, budget, covered = 0.6, 50, 100, 0
    truth = mean + (1 - rate) / rate * budget
    for _ in range(60):
        solved = rng.random(150) < rate
        epochs = [int(rng.integers(1, 100)) if each else None for each in solved]
        found = measured(rows_of(list(epochs)), figure_of("expected_running_time"))
        covered += found.low <= truth <= found.high
    assert 52 <= covered <= 60


def test_the_best_level_is_chosen_on_one_half_and_measured_on_the_other() -> None:
    first = {0.5: [20, 20, 20, 20], 2.0: [10, 10, 10, 10], 4.0: [None] * 4}
    second = {0.5: [20, 20, 20, 20], 2.0: [90, None, 70, 60], 4.0: [1, 1, 1, 1]}
    rows = pd.concat(
        [
            rows_of(list(epochs), first_seed, lr=lr)
            for first_seed, half in ((0, first), (4, second))
            for lr, epochs in half.items()
        ]
    )
    found = measured(rows, figure_of("best_running_time", along="lr"))
    assert found.value == (90 + 100 + 70 + 60) / 3
    assert found.note == " at lr 2: 75.0 % of 4 runs"
    edge = measured(rows[rows["lr"] < 4], figure_of("best_running_time", along="lr"))
    assert edge.note.endswith("; the edge of the lr tried")


def test_steps_that_rise_are_counted_in_the_order_of_levels() -> None:
    shares = {4.0: [1, None], 1.0: [1, 1], 2.0: [None, None], 8.0: [None, None]}
    rows = pd.concat([rows_of(list(epochs), lr=lr) for lr, epochs in shares.items()])
    found = measured(rows, figure_of("rising_steps", along="lr"))
    assert found.value == pytest.approx(200 / 3)
    assert found.note == ", 2 of 3"


def test_the_rms_of_the_unsolved_is_that_of_the_outputs() -> None:
    rows = rows_of([5, None, None], errors=0.25)
    found = measured(rows, figure_of("unsolved_rms"))
    errors = np.array([0, 0, 0.5, 0.5])  # two rows share one half
    assert found.value == pytest.approx(np.sqrt((errors**2).mean()))


@pytest.mark.parametrize(
    "given",
    [{"cell": {"lr": 3}}, {"cell": {"activation": "tanh"}}, {"seeds": 3}, {"cell": {"seed": 9}}],
)
def test_a_figure_whose_cell_is_not_there_is_not_run(given: dict[str, Any]) -> None:
    study = study_of({"measure": "rate", "value": 50, "runs": 10, **given})
    verdict = verdicts(study, rows_of([1, None]))[0]
    assert (verdict.label, verdict.measured, verdict.agrees) == ("not run", None, None)
    assert verdict_row(verdict, "read")[3] == ""


def test_runs_that_failed_do_not_count() -> None:
    rows = rows_of([1, 2, None, None])
    rows.loc[3, "status"] = "failed"
    study = study_of({"measure": "rate", "value": 66, "accept": "within", "tolerance": 1})
    assert verdicts(study, rows)[0].agrees


@pytest.mark.parametrize(
    ("given", "agrees", "why"),
    [
        ({"value": 50, "low": 40, "high": 60}, True, "the intervals overlap"),
        ({"value": 2, "low": 1, "high": 3}, False, "the intervals do not overlap"),
        ({"value": 2, "runs": 1000}, False, "the intervals do not overlap"),
        ({"value": 50, "accept": "exact"}, True, "the same number"),
        ({"value": 51, "accept": "exact"}, False, "not the same number"),
        (
            {"value": 47, "accept": "within", "tolerance": 3},
            True,
            "3 points above; accepted within 3 points",
        ),
        ({"value": 53.5, "accept": "within", "tolerance": 3}, False, "3.5 points below; "),
        ({"value": 46, "accept": "within_percent", "tolerance": 9}, True, "9 % above; "),
        ({"value": 56, "accept": "within_percent", "tolerance": 9}, False, "11 % below; "),
        ({"value": 50, "accept": "at_least"}, True, "at least 50 % is required"),
        ({"value": 51, "accept": "at_least"}, False, "at least 51 % is required"),
        (
            {"value": 60, "low": 45, "high": 55, "accept": "between"},
            True,
            "accepted between 45 % and 55 %",
        ),
        ({"value": 50, "low": 51, "high": 55, "accept": "between"}, False, "accepted between 51 "),
        ({"accept": "none"}, None, ""),
    ],
)
def test_verdicts_follow_from_the_rule(
    given: dict[str, Any], agrees: bool | None, why: str
) -> None:
    rows = rows_of([1, None] * 20)
    for known in ({"certainty": "read"}, {"reference": "simulation", "certainty": None}):
        study = study_of({"measure": "rate", **given}, **known)
        verdict = verdicts(study, rows)[0]
        assert verdict.agrees is agrees
        assert verdict.why.startswith(why)
        assert verdict.label == {True: "agrees", False: "differs", None: "not compared"}[agrees]


RATE = {"measure": "rate", "value": 45, "runs": 100, "why": "Because."}


def test_a_row_has_the_reference_in_its_own_column_and_how_it_is_known() -> None:
    rows = rows_of([1, None] * 20)
    verdict = verdicts(study_of(RATE, certainty="memory"), rows)[0]
    assert verdict_row(verdict, "memory") == (
        "rate of convergence",
        "the source (from memory of the literature, unverified)",
        "45 % [35.6, 54.8], 100 runs",
        "50 % [35.2, 64.8]",
        "agrees",
        "the intervals overlap; Because.",
    )
    without = verdicts(study_of({"measure": "rate", "accept": "none"}), rows)[0]
    assert verdict_row(without, "read")[1:3] == ("none", "")


@pytest.mark.parametrize(
    ("own", "column"),
    [
        ({}, "the source"),
        ({"certainty": "secondary"}, "the source (from a secondary source)"),
        ({"reference": "reproduced"}, "reproduced elsewhere"),
        ({"reference": "simulation"}, "our own simulation"),
    ],
)
def test_a_figure_may_have_another_reference_than_its_study(
    own: dict[str, str], column: str
) -> None:
    verdict = verdicts(study_of(RATE | own), rows_of([1, None] * 20))[0]
    assert verdict_row(verdict, "read")[1] == column


def test_notes_explain_intervals_and_that_overlapping_is_a_weak_test() -> None:
    touching = [-1.96, 1.96 + 1.96]  # two estimates of standard error 1 whose intervals touch
    apart = (touching[1] - 1.96 - 0) / np.sqrt(2) + 1.96 / np.sqrt(2)
    p = 2 * norm.sf(apart)
    assert f"p = {p:.3f}" in notes(study_of(RATE))
    assert "Wilson's, computed here" in notes(study_of(RATE))
    of_the_source = {"measure": "rate", "value": 45, "runs": 100, "low": 40, "high": 50}
    assert "Wilson" not in notes(study_of(of_the_source))
    assert notes(study_of({"measure": "rate", "value": 45, "accept": "exact"})) == ""
    limits = {"measure": "rate", "value": 45, "low": 40, "high": 50, "accept": "between"}
    judged = verdicts(study_of(limits), rows_of([1, None] * 20))[0]
    assert verdict_row(judged, "read")[2] == "45 %"


def test_findings_count_each_kind_of_reference_apart_and_name_those_that_differ() -> None:
    same: dict[str, Any] = {"measure": "rate", "value": 50, "accept": "exact"}
    off = same | {"value": 51, "cell": {"lr": 1}}
    figures = [
        same,
        off,
        same | {"reference": "reproduced"},
        same | {"reference": "simulation"},
        same | {"reference": "simulation"},
        {"measure": "mean_epochs", "accept": "none"},
        same | {"cell": {"lr": 2}},
    ]
    judged: list[Verdict] = verdicts(study_of(*figures), rows_of([1, None] * 20))
    assert list(verdict_findings(judged)) == [
        "2 values of the source: 1 agrees; different: lr 1: rate of convergence.",
        "1 value reproduced elsewhere: it agrees.",
        "2 values checked against our own simulation only: all agree.",
        "1 value is measured without a verdict.",
        "1 value is not compared: not in this sweep.",
    ]


def test_a_cell_has_every_key_except_its_epochs() -> None:
    cell = figure_of("rate").cell
    assert {"seed", "until_converged"} == set(NETWORK_SCHEMA.keys) - set(cell)


def test_curvature_is_measured_by_plateau_and_as_medians() -> None:
    rows = rows_of([None] * 7).assign(
        gradient_norm=[1.0, 2, 3, 4, 5, 6, 7],
        curvature_min=[1e-6, 2e-6, -1e-6, 1e-9, np.nan, 3e-6, 4e-6],
        curvature_max=[0.4, 0.2, 0.6, 0.8, np.nan, 1.0, 1.2],
    )
    rows["outcome"] = ["two_rows_at_half"] * 5 + ["all_at_half"] * 2
    for state, count in (("trapped", 2), ("passing", 1), ("flat", 1)):
        found = measured(rows, figure_of(f"{state}_two_rows_at_half"))
        assert found.value == 100 * count / 4
        assert (found.low, found.high) == pytest.approx(wilson(count, 4))
    assert measured(rows, figure_of("gradient_norm")).value == 4
    assert measured(rows, figure_of("curvature_min")).value == 1.5e-6
    assert measured(rows, figure_of("sharpness")).value == pytest.approx(0.35)
    assert measured(rows, figure_of("diverged")).value == 0


def rows_of_map(flag: Any, **changed: Any) -> pd.DataFrame:
    """Return the rows of a map: a pixel's row is its lr_output, and its column its lr."""
    side = len(flag)
    rows = rows_of([None] * side**2, **changed).assign(seed=0, trainable=np.ravel(flag))
    return rows.assign(
        lr=np.tile(np.arange(side), side), lr_output=np.repeat(np.arange(side), side)
    )


MAP = {"along": "lr, lr_output"}


def test_the_dimension_of_a_boundary_is_that_of_its_map_in_any_order_of_rows() -> None:
    columns = np.arange(33)
    line = np.broadcast_to(columns > 16, (33, 33))
    noise = np.random.default_rng(0).random((33, 33)) < 0.5
    figure = figure_of("trainable_dimension", **MAP)
    straight = measured(rows_of_map(line).sample(frac=1, random_state=1), figure)
    assert (straight.value, straight.note) == (1, ", slopes 1.00 to 1.00")
    rough = measured(rows_of_map(noise), figure)
    assert rough.value > 1.9
    # Blocks of 2 x 2 pixels with both values, in boxes of 1, 2, 4 and 8 of them.
    corners = np.stack([noise[1:, 1:], noise[:-1, 1:], noise[1:, :-1], noise[:-1, :-1]])
    blocks = corners.any(axis=0) & ~corners.all(axis=0)
    counts = [
        sum(
            blocks[top : top + size, left : left + size].any()
            for top in range(0, 32, size)
            for left in range(0, 32, size)
        )
        for size in (1, 2, 4, 8)
    ]
    slopes = [np.log2(one / other) for one, other in pairwise(counts)]
    assert rough.value == pytest.approx(np.median(slopes))
    turned = measured(rows_of_map(noise.T), figure_of("trainable_dimension", along="lr_output,lr"))
    assert (turned.value, turned.note) == (rough.value, rough.note)
    assert np.isnan([rough.low, rough.high, turned.low, turned.high]).all()


def test_pixels_are_counted_without_an_interval() -> None:
    rows = rows_of_map(np.eye(40, dtype=bool))
    rows["converged"] = rows["lr"] < 10
    rows["outcome"] = np.where(rows["lr"] < 30, "two_rows_at_half", "all_at_half")
    for name, share in (("converged_pixels", 25), ("two_rows_at_half_pixels", 75)):
        estimate = measured(rows, figure_of(name, **MAP))
        assert (estimate.value, estimate.note) == (share, "")
        assert np.isnan([estimate.low, estimate.high]).all()


def test_a_map_without_a_boundary_has_no_dimension() -> None:
    study = study_of({"measure": "converged_dimension", "accept": "none", **MAP})
    judged = verdicts(study, rows_of_map(np.ones((33, 33), bool)))
    assert verdict_row(judged[0], "read")[3] == "none"


def test_rows_without_the_flag_or_with_several_seeds_are_no_map() -> None:
    rows = rows_of_map(np.eye(33, dtype=bool))
    figure = figure_of("trainable_dimension", **MAP)
    assert measure(figure, Cells(rows.drop(columns="trainable"))) is None
    assert measure(figure, Cells(pd.concat([rows, rows.assign(seed=1)]))) is None
