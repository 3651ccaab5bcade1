"""Sentences made from the numbers: each figure in them is one of the tables'."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from xorsweep.comparisons import PairedComparisons
from xorsweep.config import Parallel, Sweep
from xorsweep.findings import MOST_FINDINGS, findings, remarks
from xorsweep.grid import Grid, concatenated
from xorsweep.orchestrator import run_sweep
from xorsweep.rates import rate_interval
from xorsweep.results import read_results
from xorsweep.summary import summarise

GridOf = Callable[..., Grid]


@pytest.fixture(scope="module")
def results(small_sweep: Path) -> pd.DataFrame:
    return read_results(small_sweep)


def findings_of(results: pd.DataFrame) -> str:
    return "\n".join(findings(results, summarise(results), PairedComparisons()(results)))


def remarks_of(results: pd.DataFrame) -> str:
    return "\n".join(remarks(results, summarise(results)))


def times_over(results: pd.DataFrame, times: int) -> pd.DataFrame:
    """Return the same runs so many times, each time with other seeds."""
    return pd.concat(
        [results.assign(seed=results["seed"] + 100 * n) for n in range(times)], ignore_index=True
    )


def interval_text(converged: int, runs: int) -> str:
    low, high = rate_interval(converged, runs)
    return f"[{100 * low:.1f}, {100 * high:.1f}".replace(".0,", ",").removesuffix(".0")


def test_it_opens_with_the_share_that_fails_at_each_size(results: pd.DataFrame) -> None:
    rows = results.query("epochs == 1500")
    best = rows.groupby("lr")["converged"].sum().idxmax()
    first = findings_of(results).splitlines()[0]
    assert first.startswith("Runs that don't solve XOR within 1,500 epochs at lr")
    assert f"at lr {best:g}, the best of 3: " in first
    for hidden in (2, 4):
        runs = rows[(rows["lr"] == best) & (rows["hidden"] == hidden)]["converged"]
        part = next(p for p in re.split("[:;]", first) if f"with {hidden} hidden" in p)
        assert interval_text(int((~runs).sum()), 12) in part


def test_each_finding_has_an_interval_or_a_test(results: pd.DataFrame) -> None:
    found = findings_of(times_over(results, 5)).splitlines()
    assert 3 <= len(found) <= MOST_FINDINGS
    assert all(re.search(r"\[[-\d.,]+, [-\d.,]+( %)?]|Holm", each) for each in found)


def test_a_learning_rate_that_is_too_large_is_named(results: pd.DataFrame) -> None:
    text = findings_of(results)
    assert "From lr 2 to lr 1000 the share of runs" in text
    assert "to 0 % [0, 26.5]" in text


def test_where_most_of_the_failures_sit_is_said_if_the_interval_says_most(
    results: pd.DataFrame,
) -> None:
    cell = results.query("epochs == 1500 and lr == 1000 and hidden == 2")
    constant = int((cell["outcome"] == "constant_output").sum())
    share = constant / len(cell)
    assert rate_interval(constant, len(cell))[0] > 0.5  # or the test shows nothing
    words = "all 12" if share == 1 else f"{100 * share:.1f} %".replace(".0 %", " %")
    assert f"of the others, {words} {interval_text(constant, 12)}" in findings_of(results)
    spread = results.copy()
    names = ["constant_output", "all_at_half", "two_rows_at_half"]
    spread["outcome"] = [names[place % 3] for place in range(len(spread))]
    assert "of the others" not in findings_of(spread)


def test_a_rate_that_falls_within_the_intervals_is_not_said_to_fall(results: pd.DataFrame) -> None:
    few = results[results["seed"] < 2]
    assert "falls" not in findings_of(few)
    assert "sooner" not in findings_of(few)


def test_times_are_said_to_differ_by_what_their_intervals_leave(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    cells = summarise(many).query("epochs == 1500 and hidden == 2").set_index("lr")
    slow, fast = cells.loc[0.5], cells.loc[2.0]
    least = slow["median_epochs_low"] / fast["median_epochs_high"]
    most = slow["median_epochs_high"] / fast["median_epochs_low"]
    assert least > 1
    assert f"{least:.1f} to {most:.1f} times sooner" in findings_of(many)


def test_the_cheapest_cell_has_its_cost_with_an_interval(results: pd.DataFrame) -> None:
    many = times_over(results, 5)
    summary = summarise(many)
    best = summary.loc[summary["expected_running_time"].idxmin()]
    found = re.search(r"fewest epochs with (.*): ([\d,]+) \[([\d,]+), ([\d,]+)]", findings_of(many))
    assert found
    cost, low, high = (int(text.replace(",", "")) for text in found.groups()[1:])
    assert cost == round(best["expected_running_time"])
    assert low < cost < high
    assert f"lr {best['lr']:g}" in found[1]


def test_too_few_solutions_have_no_cost(results: pd.DataFrame) -> None:
    assert "fewest epochs" not in findings_of(results)  # no cell has thirty of them


def test_runs_that_diverge_are_told_where_they_do_so_most_surely(results: pd.DataFrame) -> None:
    rows = results.copy()
    here = (rows["lr"] == 1000) & (rows["hidden"] == 4) & (rows["epochs"] == 1500)
    rows.loc[here, "status"] = "diverged"
    rows.loc[here, "converged"] = False
    rows.loc[here, "converged_epoch"] = pd.NA
    assert (
        "Runs diverge most surely with lr 1000, 4 hidden units, 1,500 epochs: all 12 [73.5, 100 %]"
        in findings_of(rows)
    )


def test_the_remarks_count_the_runs(results: pd.DataFrame) -> None:
    first = remarks_of(results).splitlines()[0]
    assert first == (
        f"Of 144 runs trained, {results['converged'].sum()} met the criterion within their epochs."
    )


def test_few_runs_are_called_few(results: pd.DataFrame) -> None:
    low, high = rate_interval(6, 12)
    assert f"an interval is up to {100 * (high - low):.0f} points wide" in remarks_of(results)


def test_nothing_is_said_that_a_single_run_cannot_show(grid_of: GridOf, tmp_path: Path) -> None:
    run_sweep(grid_of(epochs=5), Sweep(Parallel("serial"), report=False), tmp_path, {})
    results = read_results(tmp_path)
    assert findings_of(results) == ""
    assert remarks_of(results).startswith("Of 1 run trained, 0 met the criterion")


def test_runs_that_left_the_criterion_again_are_counted(results: pd.DataFrame) -> None:
    left = results.assign(holds_at_end=False)
    converged = int(results["converged"].sum())
    assert f"{converged} runs met the criterion and no longer did" in remarks_of(left)


def test_where_every_run_failed_no_rate_is_made_up(results: pd.DataFrame) -> None:
    failed = results.assign(
        status="failed", outcome="failed", converged=False, converged_epoch=pd.NA, final_error=None
    ).astype({"converged_epoch": "Int64"})
    assert findings_of(failed) == ""
    assert remarks_of(failed) == "144 runs couldn't be trained."


def test_blocks_with_keys_of_their_own_have_findings(grid_of: GridOf, tmp_path: Path) -> None:
    momentum: dict[str, object] = {"optimizer": "momentum", "optimizer__momentum": [0.5, 0.9]}
    blocks: list[dict[str, object]] = [{"task": "xor"}, {"task": "xnor"}, momentum]
    grid = concatenated(
        [grid_of(lr=[1.0, 4.0], epochs=300, seed=range(8), **block) for block in blocks]
    )
    run_sweep(grid, Sweep(Parallel("serial"), report=False), tmp_path / "sweep", {})
    results = read_results(tmp_path / "sweep")
    text = findings_of(results)
    assert "don't meet the criterion within 300 epochs" in text
    assert "with optimizer sgd: " in text
    assert "with task xor" in text
    assert "none," not in text
    assert "Of 64 runs trained" in remarks_of(results)
