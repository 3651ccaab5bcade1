"""Sentences made from the numbers: each figure in them is one of the tables'."""

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from xorsweep.analysis.intervals import rate_interval, simultaneous
from xorsweep.analysis.paired_tests import compare_neighbours
from xorsweep.analysis.summary import summarize
from xorsweep.analysis.trainings import are_longest, at_epochs
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.findings import MOST_FINDINGS, findings
from xorsweep.reporting.remarks import dtype_remark, remarks
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import read_results
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]
AXES = ("epochs", "hidden", "lr")


@pytest.fixture(scope="module")
def results(small_sweep: Path) -> pd.DataFrame:
    return read_results(small_sweep, NetworkExperiment())


def findings_of(results: pd.DataFrame) -> str:
    return "\n".join(findings(results, summarize(results), compare_neighbours(results)))


def remarks_of(results: pd.DataFrame) -> str:
    return "\n".join(remarks(results, summarize(results)))


def times_over(results: pd.DataFrame, times: int) -> pd.DataFrame:
    """Return the same runs so many times, each time with other seeds."""
    return pd.concat(
        [results.assign(seed=results["seed"] + 100 * n) for n in range(times)], ignore_index=True
    )


def interval_text(count: int, runs: int, tried: int = 1) -> str:
    low, high = rate_interval(count, runs, simultaneous(tried))
    if (
        high - low >= 0.05
    ):  # as wide as this, tenths say nothing, unless they tell it from 0 and 100
        return f"[{_whole(100 * low)}, {_whole(100 * high)}"
    return f"[{100 * low:.1f}, {100 * high:.1f}".replace(".0,", ",").removesuffix(".0")


def _whole(percent: float) -> str:
    exact = percent in (0, 100) or round(percent) not in (0, 100)
    return f"{percent:.0f}" if exact else f"{percent:.1f}"


def swept(grid: Grid, folder: Path) -> pd.DataFrame:
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            folder,
        )
    )
    return read_results(folder, NetworkExperiment())


@pytest.mark.parametrize(
    "count", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_a_sweep_of_fewer_axes_has_its_sentences_too(count: int, results: pd.DataFrame) -> None:
    some = [rows for keys in combinations(AXES, count) for _, rows in results.groupby(list(keys))]
    for rows in some:
        first = findings_of(rows.reset_index(drop=True)).splitlines()[0]
        if count < len(AXES):
            continue
        solved = int(rows["converged"].sum())
        assert f": {100 * solved / len(rows):.0f} % [" in first


def test_it_opens_with_the_share_that_solves_the_task_at_the_best_rate_of_each_size(
    results: pd.DataFrame,
) -> None:
    rows = results.query("epochs == 1500")
    first = findings_of(results).splitlines()[0]
    assert first.startswith(
        "Runs that solve XOR within 1,500 epochs, at the best of 3 learning rates: "
    )
    for hidden in (2, 4):
        rates = rows[rows["hidden"] == hidden].groupby("lr")["converged"].mean()
        (part,) = [p for p in first.split("; ") if f"with {hidden} hidden" in p]
        best = [f"{lr:g}" for lr in rates.index[rates == rates.max()]]
        assert part.removesuffix(".").endswith(f"(lr {' or '.join(best)})")
        assert interval_text(round(12 * rates.max()), 12, 3) in part


def test_each_finding_has_an_interval_or_a_test(results: pd.DataFrame) -> None:
    found = findings_of(times_over(results, 5)).splitlines()
    assert 3 <= len(found) <= MOST_FINDINGS
    assert all(re.search(r"\[[-\d.,]+, [-\d.,]+( %)?]|Holm", each) for each in found)


def test_a_learning_rate_that_is_too_large_is_named(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    assert re.search(
        r"From lr 2 to lr 1,000 the share of runs with 2 hidden units that solve XOR within 1,500 "
        r"epochs falls from [\d.]+ % to 0 % of the same 60 seeds, by [\d.]+ points \[",
        findings_of(many),
    )


def test_the_most_frequent_failure_is_reported_if_its_interval_is_above_one_half(
    results: pd.DataFrame,
) -> None:
    many = times_over(results, 5)
    cell = many.query("epochs == 1500 and lr == 1000 and hidden == 2")
    constant = int((cell["outcome"] == "constant_output").sum())
    assert rate_interval(constant, len(cell), simultaneous(7))[0] > 0.5  # or nothing is tested
    text = findings_of(many)
    assert (
        f"{interval_text(constant, 60, 7)}" in text.partition("of the unsolved runs at lr 1,000")[2]
    )
    assert "are still at the plateau where all outputs are at the same target after 1,500" in text
    spread = many.copy()
    names = ["constant_output", "all_at_half", "two_rows_at_half"]
    spread["outcome"] = [names[place % 3] for place in range(len(spread))]
    assert "plateau" not in findings_of(spread)


def test_runs_that_diverged_are_among_those_that_do_not_solve_it(results: pd.DataFrame) -> None:
    rows = times_over(results, 5)
    here = (rows["lr"] == 1000) & (rows["hidden"] == 2) & (rows["epochs"] == 1500)
    diverged = here & (rows["seed"] % 100 < 6)  # half of them
    rows["outcome"] = rows["outcome"].astype(str).mask(here, "constant_output")
    rows.loc[diverged, ["outcome", "status"]] = "diverged"
    assert "of the unsolved runs at lr 1,000" not in findings_of(rows)


def test_a_rate_that_falls_by_chance_is_not_reported_to_fall(results: pd.DataFrame) -> None:
    few = results[results["seed"] < 2]
    assert "falls" not in findings_of(few)
    assert "times as many" not in findings_of(few)


def test_the_same_seeds_give_the_ratio_of_times(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    rows = many.query("epochs == 1500 and hidden == 2").dropna(subset=["converged_epoch"])
    times = rows.pivot(index="seed", columns="lr", values="converged_epoch").astype(float)
    ratios = (times[0.5] / times[2.0]).dropna()
    found = re.search(
        r"take ([\d.]+) \[([\d.]+), ([\d.]+)\] times as many epochs at lr 0.5 as at lr 2: the "
        r"median of the ratios over the (\d+) of 60 seeds that converge at both",
        findings_of(many),
    )
    assert found
    assert float(found[1]) == pytest.approx(ratios.median(), abs=0.1)
    assert ratios.quantile(0.2) <= float(found[2]) <= float(found[1]) <= float(found[3])
    assert int(found[4]) == len(ratios)


def test_the_cheapest_cell_has_its_cost_with_an_interval(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    summary = summarize(many).query("epochs == 1500")
    best = summary.loc[summary["expected_running_time"].idxmin()]
    found = re.search(
        r"Cheapest per solution,.*: (.*), at ([\d,]+) \[([\d,]+), ([\d,]+)] epochs",
        findings_of(many),
    )
    assert found
    cost, low, high = (int(text.replace(",", "")) for text in found.groups()[1:])
    assert cost == round(best["expected_running_time"])
    assert low < cost < high
    assert f"lr {best['lr']:g}" in found[1]


def test_the_best_has_the_highest_rate_whatever_the_number_of_its_runs(
    results: pd.DataFrame,
) -> None:
    """As with precision=..., where the clear cell, the better one, has the fewer runs."""
    rows = results.query("hidden == 2 and epochs == 1500 and lr < 100")
    many = pd.concat([times_over(rows[rows["lr"] == 0.5], 4), rows[rows["lr"] == 2]])
    rates = many.groupby("lr")["converged"].agg(["mean", "sum"])
    assert rates["mean"].idxmax() != rates["sum"].idxmax()  # or nothing is tested
    first = findings_of(many).splitlines()[0]
    assert first.endswith(f"(lr {rates['mean'].idxmax():g}).")


def test_a_cell_with_too_few_solutions_is_left_out_aloud(
    point_of: Callable[..., Point], tmp_path: Path
) -> None:
    axes = [Axis("lr", (0.5, 1.0, 5.0)), Axis("seed", tuple(range(40)))]
    base = point_of(hidden=4, epochs=1500)
    rows = swept(
        product_grid(NETWORK_SCHEMA, axes, [base], where="not (lr == 5 and seed >= 25)"),
        tmp_path / "a",
    )
    cost = summarize(rows).set_index("lr")["expected_running_time"]
    solved = int(rows[rows["lr"] == 5]["converged"].sum())
    assert cost[5.0] < cost[1.0]
    assert solved < 30
    text = findings_of(rows)
    assert "Of the 2 settings with at least 30 solutions" in text  # each has one number of epochs
    assert (
        f"1 setting with fewer solutions is excluded; the lowest cost among these is "
        f"{cost[5.0]:,.0f}, from "
        f"{solved} solutions with lr 5."
    ) in text


def test_ties_are_no_best(grid_of: GridOf, tmp_path: Path) -> None:
    rows = swept(grid_of(task="or", lr=[0.5, 5.0], epochs=500, seed=range(30)), tmp_path / "or")
    assert rows["converged"].all()
    text = findings_of(rows)
    assert f"100 % {interval_text(30, 30, 2)}] (the same at all learning rates)." in text


def test_too_few_solutions_have_no_cost(results: pd.DataFrame) -> None:
    assert "Cheapest" not in findings_of(results)  # no cell has thirty of them


def test_diverged_runs_are_reported_for_the_setting_with_most(results: pd.DataFrame) -> None:
    rows = results.copy()
    rows["outcome"] = rows["outcome"].astype(str)
    here = (rows["lr"] == 1000) & (rows["epochs"] == 1500)
    rows.loc[here & (rows["hidden"] == 4), ["outcome", "status"]] = "diverged"
    rows.loc[here, "converged"] = False
    rows.loc[here, "converged_epoch"] = pd.NA
    most = "is with lr 1,000, 4 hidden units, 1,500 epochs: 100 %"
    assert f"{most} {interval_text(12, 12, 6)}]." in findings_of(rows)
    rows.loc[here, ["outcome", "status"]] = "diverged"
    assert "the same share in 1 other setting at 1,500 epochs." in findings_of(rows)


def test_a_run_is_a_training_whatever_its_points(results: pd.DataFrame) -> None:
    last = results.query("epochs == 1500")
    converged = int(last["converged"].sum())
    first = remarks_of(results).splitlines()[0]
    assert first == f"Of 72 runs trained, {converged} met the criterion within their epochs."
    pairs = re.search(r"settings in \w+ of (\d+) pairs", findings_of(results))
    assert pairs
    assert int(pairs[1]) == 3 + 2 * 2


def test_a_training_that_failed_in_its_longest_point_is_counted_before(
    results: pd.DataFrame,
) -> None:
    rows = results.assign(**{key: results[key].astype(str) for key in ("status", "outcome")})
    longest = (rows["epochs"] == 1500) & (rows["seed"] == 3)
    rows.loc[longest, ["status", "outcome", "converged"]] = ["failed", "failed", False]
    assert are_longest(rows).sum() == 72
    assert "couldn't be trained" not in remarks_of(rows)


def test_runs_at_a_plateau_are_followed_to_their_longest_budget(results: pd.DataFrame) -> None:
    early, late = (
        results[results["epochs"] == epochs].set_index(["hidden", "lr", "seed"])["outcome"]
        for epochs in (200, 1500)
    )
    at_half = early[early == "all_at_half"].index
    solved = int((late.loc[at_half] == "solved").sum())
    assert solved > 1
    assert (
        f"After 200 epochs {len(at_half)} runs were still at the plateau where all outputs are at "
        f"one half; {solved} of them were solved after 1,500 epochs."
    ) in remarks_of(results)


def test_other_budgets_are_looked_at_on_request(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    asked = at_epochs(many, 200)
    summary = at_epochs(summarize(many), 200)
    found = "\n".join(findings(many, summary, compare_neighbours(asked)))
    assert "within 200 epochs" in found
    assert "1,500 epochs:" not in found
    # The sentence has the ends of the same runs with more epochs, where most are at a plateau.
    plateau = re.search(r"plateau [^;.]* after 200 epochs \((\d+|none) of them w\w+ solved", found)
    assert plateau
    with pytest.raises(ConfigError, match=r"epochs=300: must be one of the sweep's, 200, 1,500"):
        at_epochs(many, 300)


def test_few_runs_are_called_few(results: pd.DataFrame) -> None:
    low, high = rate_interval(6, 12)
    assert (
        f"With 12 runs per setting, the interval of a rate is up to {100 * (high - low):.0f} points"
        in (remarks_of(results))
    )
    fewer = results.query("hidden == 2 or seed < 5")
    assert "With 5 to 12 runs per setting" in remarks_of(fewer)


def test_a_single_run_gives_no_findings_that_need_several(grid_of: GridOf, tmp_path: Path) -> None:
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid_of(epochs=5),
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path,
        )
    )
    results = read_results(tmp_path, NetworkExperiment())
    assert findings_of(results) == ""
    assert remarks_of(results).startswith("Of 1 run trained, 0 met the criterion")


def test_a_single_run_that_left_the_criterion_again_is_named(results: pd.DataFrame) -> None:
    met = results[results["converged"] & (results["epochs"] == 1500)]
    run = met.iloc[0]
    left = results.assign(converged_at_end=results.index != run.name)
    assert (
        f"Of {len(met)} runs that met the criterion, 1 no longer did after their last epoch: the "
        f"run with lr {run['lr']:g}, {run['hidden']} hidden units, 1,500 epochs, seed "
        f"{run['seed']}."
    ) in remarks_of(left)


def test_few_runs_that_left_the_criterion_again_are_counted(results: pd.DataFrame) -> None:
    met = results["converged"] & (results["epochs"] == 1500)
    here = met & (results["hidden"] == 2) & (results["lr"] == 2)
    left = results.assign(converged_at_end=~here)
    assert 1 < here.sum() < 30
    assert (
        f"{here.sum()} no longer did after their last epoch; the largest share of a setting is "
        f"{here.sum()} of {here.sum()}, with lr 2, 2 hidden units, 1,500 epochs."
    ) in remarks_of(left)


def test_the_share_that_left_the_criterion_again_has_its_interval(results: pd.DataFrame) -> None:
    results = times_over(results, 5)
    here = (results["hidden"] == 2) & (results["lr"] == 2) & (results["epochs"] == 1500)
    left = results.assign(
        converged_at_end=results["converged_at_end"] & ~(here & (results["seed"] < 3))
    )
    gone = int((left["converged"] & ~left["converged_at_end"])[left["epochs"] == 1500].sum())
    of_cell = int((here & left["converged"]).sum())
    converged = int(left[left["epochs"] == 1500]["converged"].sum())
    cells = left[(left["epochs"] == 1500) & left["converged"]].groupby(["hidden", "lr"]).ngroups
    assert 1 < gone < of_cell
    assert (
        f"Of {converged} runs that met the criterion, {gone} no longer did after their last epoch; "
        f"the largest share of a setting is {100 * gone / of_cell:.0f} % "
        f"{interval_text(gone, of_cell, cells)}] of {of_cell}, with lr 2, 2 hidden units, 1,500 "
        "epochs."
    ) in remarks_of(left)


def test_where_every_run_failed_no_rate_is_made_up(results: pd.DataFrame) -> None:
    failed = results.assign(
        status="failed", outcome="failed", converged=False, converged_epoch=pd.NA, final_error=None
    ).astype({"converged_epoch": "Int64"})
    assert findings_of(failed) == ""
    assert remarks_of(failed) == "72 runs couldn't be trained."


def test_blocks_with_keys_of_their_own_have_findings(grid_of: GridOf, tmp_path: Path) -> None:
    momentum: dict[str, object] = {"optimizer": "momentum", "optimizer__momentum": [0.5, 0.9]}
    blocks: list[dict[str, object]] = [{"task": "xor"}, {"task": "xnor"}, momentum]
    grid = concatenate(
        [grid_of(lr=[1.0, 4.0], epochs=300, seed=range(8), **block) for block in blocks]
    )
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path / "sweep",
        )
    )
    results = read_results(tmp_path / "sweep", NetworkExperiment())
    text = findings_of(results)
    rates = results.groupby("optimizer")["converged"].mean()
    assert rates["momentum"] > rates["sgd"]  # so the others are held at a level of momentum
    assert "Runs that meet the criterion within 300 epochs with optimizer momentum, opti" in text
    assert "with task xor" in text
    assert "none," not in text
    assert "Of 64 runs trained" in remarks_of(results)


def test_where_one_cell_was_trained_of_several_its_runs_that_diverge_are_named(
    point_of: Callable[..., Point], tmp_path: Path
) -> None:
    axes = [Axis("lr", (0.5, 2.0)), Axis("seed", (0, 1))]
    rows = swept(
        product_grid(NETWORK_SCHEMA, axes, [point_of(hidden=2, epochs=5)]), tmp_path / "sweep"
    )
    rows = rows.assign(**{key: rows[key].astype(str) for key in ("status", "outcome")})
    for lr, status in ((0.5, "failed"), (2.0, "diverged")):
        rows.loc[rows["lr"] == lr, ["status", "outcome", "converged"]] = [status, status, False]
    (found,) = (each for each in findings_of(rows).splitlines() if "diverge before" in each)
    assert found.startswith("Runs with lr 2 that diverge before they solve XOR: 100 % [")


def test_single_precision_is_remarked_on() -> None:
    (remark,) = dtype_remark({"name": "numpy", "dtype": "float32"})
    assert remark.startswith("The networks were trained in float32")
    assert not [*dtype_remark({"name": "numpy", "dtype": "float64"}), *dtype_remark(None)]
