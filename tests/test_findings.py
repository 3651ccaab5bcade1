"""Sentences made from the numbers: each figure in them is one of the tables'."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from xorsweep.comparisons import PairedComparisons
from xorsweep.config import Parallel, Sweep
from xorsweep.findings import findings
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


def test_the_first_sentence_counts_the_runs(results: pd.DataFrame) -> None:
    first = findings_of(results).splitlines()[0]
    assert first.startswith(f"Of 144 runs trained, {results['converged'].sum()} met the criterion")


def test_rates_by_hidden_size_come_with_their_intervals(results: pd.DataFrame) -> None:
    rows = results.query("epochs == 1500")
    best = rows.groupby("lr")["converged"].sum().idxmax()
    small = rows[(rows["lr"] == best) & (rows["hidden"] == 2)]["converged"]
    low, high = rate_interval(int(small.sum()), 12)
    wanted = f"hidden 2: {100 * small.mean():.1f}".removesuffix(".0")
    assert f"{wanted} % [{100 * low:.1f}, {100 * high:.1f}]" in findings_of(results)


def test_a_learning_rate_that_is_too_large_is_named(results: pd.DataFrame) -> None:
    assert "at lr 2 to 0 % [0, 26.5] at lr 1000: steps that large overshoot" in findings_of(results)


def test_stuck_runs_are_counted_by_level(results: pd.DataFrame) -> None:
    rows = results.query("epochs == 1500 and outcome != 'solved'")
    constant = int((rows["outcome"] == "constant_output").sum())
    text = findings_of(results)
    assert f"{len(rows)} runs ended without solving the task" in text
    assert f"{constant} at 1, where the output is 0 or 1 whatever the input" in text


def test_few_runs_are_called_few(results: pd.DataFrame) -> None:
    low, high = rate_interval(6, 12)
    assert f"an interval is up to {100 * (high - low):.0f} points wide" in findings_of(results)


def test_nothing_is_said_that_a_single_run_cannot_show(grid_of: GridOf, tmp_path: Path) -> None:
    run_sweep(grid_of(epochs=5), Sweep(Parallel("serial"), report=False), tmp_path, {})
    text = findings_of(read_results(tmp_path))
    assert text.startswith("Of 1 run trained, 0 met the criterion")
    assert "cheapest" not in text
    assert "sooner" not in text


def test_runs_that_left_the_criterion_again_are_counted(results: pd.DataFrame) -> None:
    left = results.assign(holds_at_end=False)
    converged = int(results["converged"].sum())
    assert f"{converged} runs met the criterion and no longer did" in findings_of(left)


def test_where_every_run_failed_no_rate_is_made_up(results: pd.DataFrame) -> None:
    failed = results.assign(
        status="failed", outcome="failed", converged=False, converged_epoch=pd.NA, final_error=None
    )
    assert findings_of(failed.astype({"converged_epoch": "Int64"})) == (
        "144 runs couldn't be trained."
    )


def test_blocks_with_keys_of_their_own_have_findings(grid_of: GridOf, tmp_path: Path) -> None:
    momentum: dict[str, object] = {"optimizer": "momentum", "optimizer__momentum": [0.5, 0.9]}
    blocks: list[dict[str, object]] = [{"task": "xor"}, {"task": "xnor"}, momentum]
    grid = concatenated(
        [grid_of(lr=[1.0, 4.0], epochs=300, seed=range(8), **block) for block in blocks]
    )
    run_sweep(grid, Sweep(Parallel("serial"), report=False), tmp_path / "sweep", {})
    text = findings_of(read_results(tmp_path / "sweep"))
    assert "Of 64 runs trained" in text
    assert "optimizer sgd, training converged at task xor: " in text
    assert "none" not in text
