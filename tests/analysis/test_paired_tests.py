"""Neighbouring cells compared run by run, against loops over runs, SciPy and published figures."""

from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples
from scipy.stats import binomtest

from xorsweep.analysis.export import write_csv
from xorsweep.analysis.paired_tests import (
    A_HIGHER,
    B_HIGHER,
    FEW_DIFFERING,
    NO_DIFFERENCE,
    Runs,
    compare_neighbours,
    difference_interval,
    exact_mcnemar,
    holm,
)
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.storage.results import read_results

Cell = dict[str, Any]

discordant = st.tuples(st.integers(0, 300), st.integers(0, 300))


def results_of(cells: list[tuple[Cell, str]], epochs: int = 100) -> pd.DataFrame:
    """Return results of cells: a letter a seed, + converged, - not, f failed, space no such run."""
    rows = [
        {
            **{"epochs": epochs, **cell},
            "seed": seed,
            "final_error": 0.1,
            "converged_epoch": 7 if letter == "+" else None,
            "outcome": "unclassified",
            "status": "failed" if letter == "f" else "ok",
        }
        for cell, letters in cells
        for seed, letter in enumerate(letters)
        if letter != " "
    ]
    frame = pd.DataFrame(rows)
    keys = [*dict.fromkeys(key for cell, _ in cells for key in cell)]
    order = [*keys, *(c for c in frame.columns if c not in keys)]
    texts = [key for key in keys if frame[key].dtype == object or frame[key].dtype == "str"]
    typed = {"converged_epoch": "Int64"} | dict.fromkeys(["outcome", "status", *texts], "category")
    return frame[order].astype(typed)


def compare(cells: list[tuple[Cell, str]]) -> list[dict[str, Any]]:
    return compare_neighbours(results_of(cells)).to_dict("records")  # type: ignore[return-value]


def levels(found: list[dict[str, Any]]) -> list[tuple[Any, Any, Any]]:
    return [(row["key"], row["level_a"], row["level_b"]) for row in found]


def test_a_pair_is_counted_by_hand() -> None:
    (row,) = compare([({"lr": 0.5}, "+++--+-f+"), ({"lr": 2.0}, "+-+++-++ ")])
    assert levels([row]) == [("lr", 0.5, 2.0)]
    assert (row["n_pairs"], row["both"], row["only_a"], row["only_b"], row["neither"]) == (
        7,
        2,
        2,
        3,
        0,
    )
    assert (row["rate_a"], row["rate_b"]) == (4 / 7, 5 / 7)
    assert row["difference"] == pytest.approx(-1 / 7)
    assert row["p"] == row["p_holm"] == 1
    assert row["verdict"] == NO_DIFFERENCE


def test_the_verdict_names_the_higher_one_regardless_of_the_order_of_rows() -> None:
    clear = [({"lr": 2.0}, "+" * 30), ({"lr": 0.5}, "-" * 30)]
    for cells in (clear, clear[::-1]):
        (row,) = compare(cells)
        assert levels([row]) == [("lr", 0.5, 2.0)]
        assert row["verdict"] == B_HIGHER
        assert row["difference"] == -1
    (row,) = compare([({"lr": 0.5}, "+" * 30), ({"lr": 2.0}, "-" * 30)])
    assert row["verdict"] == A_HIGHER


def test_neighbours_lie_next_to_each_other_along_numbers_and_differ_in_one_key() -> None:
    cells: list[tuple[Cell, str]] = [
        ({"lr": lr, "hidden": hidden}, "+-")
        for lr in (5.0, 0.1, 1.0)
        for hidden in (2, 8)
        if (lr, hidden) != (1.0, 8)
    ]
    found = compare(cells)
    along_lr = [(0.1, 1.0, 2), (1.0, 5.0, 2), (0.1, 5.0, 8)]
    pairs = [(row["level_a"], row["level_b"], row["hidden"]) for row in found if row["key"] == "lr"]
    assert sorted(pairs) == sorted(along_lr)
    across = [
        (row["level_a"], row["level_b"], row["lr"]) for row in found if row["key"] == "hidden"
    ]
    assert sorted(across) == [(2, 8, 0.1), (2, 8, 5.0)]
    assert all(row["lr"] is None for row in found if row["key"] == "lr")


def test_every_two_levels_without_an_order_are_neighbours() -> None:
    names = ("sgd", "nesterov", "momentum", "adam")
    found = compare([({"optimizer": name}, "+-") for name in names])
    assert levels(found) == [("optimizer", a, b) for a, b in combinations(names, 2)]
    found = compare([({"skip": skip}, "+-") for skip in (False, True)])
    assert levels(found) == [("skip", False, True)]


def test_parameters_that_one_of_two_choices_has_alone_do_not_keep_them_apart() -> None:
    rules: list[Cell] = [
        {"optimizer": "sgd", "optimizer.momentum": None},
        *({"optimizer": name, "optimizer.momentum": each}
          for name in ("momentum", "nesterov") for each in (0.5, 0.9)),
    ]  # fmt: skip
    found = compare([(rule, "+-") for rule in rules])
    described = [
        (*row, each["optimizer.momentum"]) for row, each in zip(levels(found), found, strict=True)
    ]
    assert described == [
        ("optimizer", "sgd", "momentum", 0.5),
        ("optimizer", "sgd", "momentum", 0.9),
        ("optimizer", "sgd", "nesterov", 0.5),
        ("optimizer", "sgd", "nesterov", 0.9),
        ("optimizer", "momentum", "nesterov", 0.5),
        ("optimizer", "momentum", "nesterov", 0.9),
        ("optimizer.momentum", 0.5, 0.9, None),
        ("optimizer.momentum", 0.5, 0.9, None),
    ]


def test_cells_that_share_trajectories_are_compared_once_after_the_most_epochs() -> None:
    cells = [({"lr": lr, "epochs": epochs}, "+-") for lr in (0.5, 2.0) for epochs in (10, 20)]
    (row,) = compare(cells)
    assert (*levels([row])[0], row["epochs"]) == ("lr", 0.5, 2.0, 20)
    assert row["p"] == row["p_holm"]  # one pair, and no correction for three looks at it


def test_the_most_epochs_are_those_that_both_cells_have_with_the_same_seeds() -> None:
    cells: list[tuple[Cell, str]] = [
        ({"lr": 0.5, "epochs": 10}, "+-"),
        ({"lr": 0.5, "epochs": 20}, "+-"),
        ({"lr": 2.0, "epochs": 10}, "+-"),
    ]
    assert [row["epochs"] for row in compare(cells)] == [10]
    other_seeds = [*cells, ({"lr": 2.0, "epochs": 20}, "  +-")]
    assert [row["epochs"] for row in compare(other_seeds)] == [10]
    some_seeds = [*cells, ({"lr": 2.0, "epochs": 20}, " +-")]
    assert [(row["epochs"], row["n_pairs"]) for row in compare(some_seeds)] == [(20, 1)]


def test_neighbours_without_a_seed_in_common_are_left_out() -> None:
    assert compare([({"lr": 0.5}, "++  "), ({"lr": 2.0}, "  --")]) == []
    assert compare([({"lr": 0.5}, "ff--"), ({"lr": 2.0}, "--ff")]) == []


def test_a_single_cell_has_no_neighbours_and_its_table_a_head() -> None:
    found = compare_neighbours(results_of([({"lr": 0.5}, "+-")]))
    assert len(found) == 0
    assert list(found.columns)[:3] == ["key", "level_a", "level_b"]
    assert list(found.columns)[-3:] == ["p", "p_holm", "verdict"]


@examples(8, 120)
@given(st.data(), st.integers(1, 200), st.integers(1, 3))
def test_counts_are_those_of_a_loop_over_seeds(data: st.DataObject, seeds: int, words: int) -> None:
    texts = st.text("+-f ", min_size=seeds, max_size=seeds)
    cells: list[tuple[Cell, str]] = [
        ({"lr": float(n)}, "+" + data.draw(texts)) for n in range(1, 5)
    ]
    results = results_of(cells)
    found = compare(cells)
    assert len(found) == 3
    runs = Runs.of((results, results["lr"].to_numpy(np.int64) - 1))
    in_pieces = runs.compared(np.arange(3), np.arange(1, 4), words_at_once=words)
    names = ("both", "only_a", "only_b", "neither")
    for place, (row, (_, a), (_, b)) in enumerate(zip(found, cells, cells[1:], strict=False)):
        pairs = [x + y for x, y in zip(a, b, strict=True)]
        wanted = [pairs.count(pair) for pair in ("++", "+-", "-+", "--")]
        assert [row[name] for name in names] == wanted
        assert [in_pieces[name][place] for name in names] == wanted
        assert row["n_pairs"] == sum(wanted)
        assert row["p"] == pytest.approx(
            binomtest(wanted[1], wanted[1] + wanted[2]).pvalue if wanted[1] + wanted[2] else 1
        )


@given(discordant)
def test_p_is_the_binomial_test_of_the_discordant_pairs(pair: tuple[int, int]) -> None:
    a, b = pair
    p, q = (
        exact_mcnemar(np.array([a, *more]), np.array([b, *more]))[0]
        for more in ([], [FEW_DIFFERING])  # which SciPy tests
    )
    assert q == pytest.approx(p, rel=1e-9)
    tail = sum(comb(a + b, k) for k in range(min(a, b) + 1))
    assert p == pytest.approx(min(1.0, float(Fraction(2 * tail, 2 ** (a + b)))), rel=1e-9)
    assert p == pytest.approx(binomtest(a, a + b).pvalue if a + b else 1, rel=1e-9)


def test_the_published_examples_come_out() -> None:
    """M. W. Fagerland et al., Statistics in Medicine 33 (2014): airway hyper-responsiveness."""
    n, a, b = np.array([21]), np.array([1]), np.array([7])
    assert exact_mcnemar(a, b)[0] == pytest.approx(0.0703, abs=5e-5)
    low, high = difference_interval(n, a, b)
    middle, spread = Fraction(2 - 8, 23), Fraction(10, 23) - Fraction(2 - 8, 23) ** 2
    half = 1.959964 * float(spread / 23) ** 0.5
    assert (low[0], high[0]) == pytest.approx(
        (float(middle) - half, float(middle) + half), abs=1e-6
    )


def test_holm_by_hand() -> None:
    found = holm(np.array([0.01, 0.04, 0.03, 0.005, 0.9]))
    assert found == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.9])
    assert holm(np.array([0.04, 0.04])).tolist() == [0.08, 0.08]
    assert holm(np.array([])).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_holm_rejects_the_same_as_stepping_down(values: list[float], level: float) -> None:
    rejected = set()
    for step, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[place] * (len(values) - step) >= level:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(holm(np.array(values))) if p < level} == rejected


@given(discordant, st.integers(0, 1000))
def test_an_interval_holds_its_difference_and_mirrors_that_of_the_other_order(
    pair: tuple[int, int], concordant: int
) -> None:
    a, b = (np.array([some]) for some in pair)
    n = a + b + concordant
    if not n[0]:
        return
    low, high = difference_interval(n, a, b)
    assert -1 <= low[0] <= (a - b)[0] / n[0] <= high[0] <= 1
    mirrored = difference_interval(n, b, a)
    assert (mirrored[0][0], mirrored[1][0]) == pytest.approx((-high[0], -low[0]))


@pytest.mark.parametrize("shares", [(0.1, 0.1), (0.3, 0.05), (0.02, 0.0), (0.5, 0.3), (0.9, 0.0)])
def test_the_interval_of_a_difference_has_its_nominal_coverage(
    shares: tuple[float, float],
) -> None:
    rng = np.random.default_rng(7)
    for n in (30, 200):
        only_a, only_b, _ = rng.multinomial(n, [*shares, 1 - sum(shares)], 20_000).T
        low, high = difference_interval(np.array(n), only_a, only_b)
        difference = shares[0] - shares[1]
        assert ((low <= difference) & (difference <= high)).mean() >= 0.935


@pytest.mark.slow
def test_where_nothing_differs_almost_no_grid_shows_a_difference() -> None:
    """Holm keeps the chance of any false verdict in a whole grid below five percent."""
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(25):
        letters = np.where(rng.random((12, 200)) < 0.6, "+", "-")
        cells: list[tuple[Cell, str]] = [
            ({"lr": float(n)}, "".join(row)) for n, row in enumerate(letters, 1)
        ]
        false += any(row["verdict"] != NO_DIFFERENCE for row in compare(cells))
    assert false <= 4


def test_the_tables_of_a_sweep_open_in_pandas_and_agree(small_sweep: Path, tmp_path: Path) -> None:
    results = read_results(small_sweep, NetworkExperiment())
    experiment = NetworkExperiment()
    summary = write_csv(experiment.summarize(results), tmp_path / "summary.csv")
    compared = write_csv(experiment.compare(results), tmp_path / "comparisons.csv")
    assert len(pd.read_csv(tmp_path / "summary.csv")) == len(summary)
    read = pd.read_csv(tmp_path / "comparisons.csv")
    assert len(read) == len(compared) == 3 + 2 * 2
    assert read["epochs"].eq(1500).all()
    assert read["n_pairs"].eq(12).all()
    rates = summary.set_index(["lr", "hidden", "epochs"])["rate"]
    for row in read[read["key"] == "hidden"].to_dict("records"):
        assert row["rate_b"] == rates[row["lr"], float(row["level_b"]), row["epochs"]]
    assert (small_sweep / "comparisons.csv").read_bytes() == (
        tmp_path / "comparisons.csv"
    ).read_bytes()
