"""The summary: one row a cell, with rates, times, costs, errors and outcomes by hand."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of
from profiles import examples

from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.analysis.intervals import rate_interval
from xorsweep.analysis.summary import MOST_STEPS, NOT_REACHED, summarize, survival_curves
from xorsweep.execution.backends import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import SweepSettings
from xorsweep.storage.parts import decode, encode
from xorsweep.storage.results import assemble, read_results, write_results
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

PointOf = Callable[..., Point]
Run = dict[str, Any]


def solved(epoch: int, error: float = 0.01, **keys: Any) -> Run:
    return {**keys, "converged_epoch": epoch, "final_error": error, "outcome": "solved"}


def unsolved(error: float = 0.25, outcome: str = "two_rows_at_half", **keys: Any) -> Run:
    return {**keys, "converged_epoch": None, "final_error": error, "outcome": outcome}


def lost(status: str, **keys: Any) -> Run:
    """Return a run that diverged or failed."""
    return {**keys, **unsolved(np.nan, status), "status": status}


def results_of(runs: Sequence[Run], epochs: int = 100) -> pd.DataFrame:
    """Return results with the columns that a summary reads, typed as they are read back."""
    keys = [key for key in runs[0] if key not in ("converged_epoch", "final_error", "outcome")]
    keys = [key for key in keys if key != "status"]
    rows = [{"epochs": epochs, "status": "ok", **run, "seed": n} for n, run in enumerate(runs)]
    frame = pd.DataFrame(rows).assign(solution=None)
    columns = [*dict.fromkeys([*keys, "epochs", "seed"]), "final_error", "converged_epoch"]
    frame = frame[[*columns, "outcome", "solution", "status"]]
    texts = [key for key in keys if frame[key].dtype == object or frame[key].dtype == "str"]
    texts += ["outcome", "solution", "status"]
    return frame.astype({"converged_epoch": "Int64"} | dict.fromkeys(texts, "category"))


def only(summary: pd.DataFrame) -> dict[str, Any]:
    """Return the single row of a summary."""
    (row,) = summary.to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_a_cell_is_counted_by_hand() -> None:
    runs = [solved(10, 0.02), solved(30, 0.04), unsolved(0.25), lost("diverged"), lost("failed")]
    row = only(summarize(results_of(runs)))
    assert (row["runs"], row["ok"], row["diverged"], row["failed"]) == (5, 3, 1, 1)
    assert (row["converged"], row["rate"]) == (2, 2 / 4)
    assert (row["rate_low"], row["rate_high"]) == rate_interval(2, 4)
    assert row["unsolved_fraction"] == pytest.approx(0.5)
    assert (row["median_epochs"], row["median_note"]) == (30, "")
    assert row["expected_running_time"] == (10 + 30 + 100 + 100) / 2
    assert row["final_error_q50"] == pytest.approx(0.04)
    assert row["final_error_q25"] == pytest.approx(0.03)
    found = {name: row[f"outcome_{name}"] for name in OUTCOMES}
    wanted = {"solved": 2, "two_rows_at_half": 1, "diverged": 1, "failed": 1}
    assert found == {**dict.fromkeys(OUTCOMES, 0), **wanted}


def test_a_median_that_is_not_reached_is_labelled() -> None:
    row = only(summarize(results_of([solved(10), unsolved(), unsolved()])))
    assert np.isnan(row["median_epochs"])
    assert row["median_note"] == NOT_REACHED
    assert row["expected_running_time"] == 10 + 100 + 100
    assert row["unsolved_fraction"] == pytest.approx(2 / 3)


def test_a_run_that_diverged_early_does_not_count_as_if_it_might_have_been_solved() -> None:
    row = only(summarize(results_of([solved(90), unsolved(), lost("diverged"), lost("diverged")])))
    assert row["unsolved_fraction"] == pytest.approx(3 / 4)
    assert row["rate"] == 1 / 4
    assert row["expected_running_time"] == 90 + 3 * 100


def test_divergence_is_an_event_of_its_own_beside_convergence() -> None:
    runs = [solved(90), unsolved(), unsolved(), *[lost("diverged")] * 3, lost("failed")]
    row = only(summarize(results_of(runs)))
    assert (row["rate"], row["diverged_rate"]) == (1 / 6, 3 / 6)
    assert (row["diverged_rate_low"], row["diverged_rate_high"]) == rate_interval(3, 6)
    assert row["unsolved_fraction"] == pytest.approx(1 - row["rate"])


def test_a_run_that_met_the_criterion_and_left_it_does_not_hold() -> None:
    left = {**unsolved(), "converged_epoch": 20}
    row = only(summarize(results_of([solved(90), solved(10), left, unsolved(), lost("failed")])))
    assert (row["rate"], row["holds_rate"]) == (3 / 4, 2 / 4)
    assert (row["holds_rate_low"], row["holds_rate_high"]) == rate_interval(2, 4)


def test_a_run_that_converged_counts_so_even_if_it_diverged_later() -> None:
    runs = [
        solved(90),
        {**solved(10, np.nan), "status": "diverged", "outcome": "diverged"},
        unsolved(),
    ]
    row = only(summarize(results_of(runs)))
    assert (row["diverged"], row["converged"], row["rate"]) == (1, 2, 2 / 3)
    assert (row["diverged_rate"], row["diverged_rate_low"]) == (0, 0)
    assert row["median_epochs"] == 90
    assert row["expected_running_time"] == (10 + 90 + 100) / 2


def test_stopping_at_convergence_changes_no_rate_time_or_cost(
    grid_of: Callable[..., Any], tmp_path: Path
) -> None:
    """At lr 0.2 some runs meet the lax criterion before they diverge, where they go on."""
    found = []
    for until_converged in (False, True):
        grid = grid_of(
            activation="tanh",
            output="linear",
            hidden=8,
            lr=[0.05, 0.2],
            epochs=400,
            seed=range(12),
            criterion="margin",
            criterion__threshold=3.0,
            until_converged=until_converged,
        )
        folder = tmp_path / str(until_converged)
        run_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid,
                SweepSettings(ExecutionSettings("serial"), report=False),
                folder,
            )
        )
        found.append(pd.read_csv(folder / "summary.csv"))
    on, stopped = found
    same = ["converged", "rate", "rate_low", "rate_high", "diverged_rate", "median_epochs"]
    same += [
        "median_epochs_low",
        "median_epochs_high",
        "unsolved_fraction",
        "expected_running_time",
    ]
    pd.testing.assert_frame_equal(on[same], stopped[same])
    assert (on["converged"][1], on["diverged"][1]) == (5, 12)
    assert (stopped["ok"][1], stopped["diverged"][1]) == (5, 7)
    assert on["diverged_rate"][1] == 7 / 12


def test_a_cell_that_never_converged_has_no_running_time() -> None:
    row = only(summarize(results_of([unsolved(), unsolved(0.5, "all_at_half")])))
    assert np.isnan(row["expected_running_time"])
    assert (row["rate"], row["rate_low"]) == (0, 0)
    assert row["rate_high"] == pytest.approx(1 - 0.025 ** (1 / 2))
    assert row["unsolved_fraction"] == 1


def test_a_cell_whose_runs_all_failed_has_no_convergence_rate() -> None:
    row = only(summarize(results_of([lost("failed"), lost("failed")])))
    assert (row["runs"], row["failed"], row["converged"]) == (2, 2, 0)
    absent = (
        "rate",
        "rate_low",
        "rate_high",
        "diverged_rate",
        "median_epochs",
        "unsolved_fraction",
    )
    assert all(np.isnan(row[name]) for name in absent)
    assert np.isnan(row["expected_running_time"])
    assert np.isnan(row["final_error_q50"])
    assert row["median_note"] == "no run"


@examples(8, 120)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=1, max_size=30),
    st.integers(100, 200),
)
def test_rate_and_running_time_agree_with_their_definitions(
    epochs: list[int | None], budget: int
) -> None:
    runs = [unsolved() if epoch is None else solved(epoch) for epoch in epochs]
    row = only(summarize(results_of(runs, budget)))
    reached = [epoch for epoch in epochs if epoch is not None]
    assert row["rate"] == len(reached) / len(epochs)
    assert row["unsolved_fraction"] == pytest.approx(1 - row["rate"], abs=1e-12)
    if reached:
        spent = sum(reached) + budget * (len(epochs) - len(reached))
        assert row["expected_running_time"] == pytest.approx(spent / len(reached))
    else:
        assert np.isnan(row["expected_running_time"])
    assert sum(row[f"outcome_{name}"] for name in OUTCOMES) == row["runs"] == len(epochs)


def test_cells_come_in_the_order_in_which_they_appear() -> None:
    order = [("tanh", 0.5), ("logistic", 2.0), ("tanh", 0.1), ("logistic", 0.5)]
    cells: list[Run] = [{"activation": activation, "lr": lr} for activation, lr in order]
    runs = [solved(n + 1, **cell) for n, cell in enumerate([*cells, *reversed(cells)])]
    summary = summarize(results_of(runs))
    assert list(zip(summary["activation"], summary["lr"], strict=True)) == order
    assert summary["runs"].tolist() == [2] * 4
    assert summary["median_epochs"].tolist() == [1, 2, 3, 4]


def test_a_key_that_a_cell_lacks_keeps_it_apart() -> None:
    keys: list[Run] = [
        {"optimizer": "sgd", "optimizer.momentum": np.nan},
        {"optimizer": "momentum", "optimizer.momentum": 0.9},
        {"optimizer": "momentum", "optimizer.momentum": 0.5},
    ]
    runs = [solved(10 * (n + 1), **key) for _ in range(2) for n, key in enumerate(keys)]
    summary = summarize(results_of(runs))
    assert summary["optimizer"].tolist() == ["sgd", "momentum", "momentum"]
    assert summary["optimizer.momentum"].tolist() == pytest.approx([np.nan, 0.9, 0.5], nan_ok=True)
    assert summary["runs"].tolist() == [2, 2, 2]
    assert summary["median_epochs"].tolist() == [10, 20, 30]


def test_swept_columns_are_those_that_tell_cells_apart() -> None:
    runs = [
        solved(1, init=init, **{"init.low": low, "hidden": 2, "lr": lr})
        for init, low in (("uniform", 0.0), ("normal", np.nan))
        for lr in (0.1, 0.5)
    ]
    results = results_of(runs)
    keys = ["init", "init.low", "hidden", "lr", "epochs"]
    assert point_columns(results) == [*keys, "seed"]
    assert swept_columns(results) == ["init", "lr"]
    summary = summarize(results)
    assert point_columns(summary) == keys
    assert swept_columns(summary) == ["init", "lr"]
    assert swept_columns(results.iloc[:1]) == []


def test_a_parameter_with_several_levels_in_one_choice_is_swept() -> None:
    runs = [
        solved(1, init=init, **{"init.low": low})
        for init, low in (("uniform", 0.0), ("uniform", -1.0), ("normal", np.nan))
    ]
    assert swept_columns(results_of(runs)) == ["init", "init.low"]


def test_the_summary_of_a_sweep_agrees_with_its_rows(point_of: PointOf, tmp_path: Path) -> None:
    seeds = Axis("seed", tuple(range(10)))
    grid = concatenate(
        [
            product_grid(NETWORK_SCHEMA, [Axis("epochs", (200, 600)), seeds], [point_of(lr=5.0)]),
            product_grid(
                NETWORK_SCHEMA, [seeds], [point_of(optimizer="momentum", lr=1.0, epochs=300)]
            ),
            product_grid(
                NETWORK_SCHEMA,
                [Axis("lr", (0.1, 1e12)), seeds],
                [point_of(activation="relu", output="linear", epochs=50)],
            ),
        ]
    )
    parts = []
    for _, rows in run_serial(plan_of(grid).batches, ExperimentTask(NetworkExperiment())):
        name, data = encode([rows], NetworkExperiment())
        (tmp_path / name).write_bytes(data)
        parts.append(decode(tmp_path / name, NetworkExperiment()))
    write_results(grid, NetworkExperiment().tabulate(grid, assemble(grid, parts)), tmp_path)
    results = read_results(tmp_path, NetworkExperiment())
    summary = summarize(results)
    assert summary["epochs"].tolist() == [200, 600, 300, 50, 50]
    assert summary["runs"].tolist() == [10] * 5
    assert swept_columns(summary) == ["activation", "optimizer", "lr", "epochs"]
    for place, row in enumerate(summary.to_dict("records")):
        rows_of_cell = results.iloc[10 * place : 10 * (place + 1)]
        assert row["converged"] == rows_of_cell["converged"].sum()
        assert row["diverged"] == (rows_of_cell["status"] == "diverged").sum()
        assert row["holds_rate"] == rows_of_cell["converged_at_end"].mean()
        for name in OUTCOMES:
            assert row[f"outcome_{name}"] == (rows_of_cell["outcome"] == name).sum()
        errors = rows_of_cell["final_error"].dropna().to_numpy()
        if len(errors):
            assert row["final_error_q95"] == np.quantile(errors, 0.95)
    assert summary["diverged"].tolist()[-1] == 10


def test_a_survival_curve_starts_at_one_and_ends_at_the_budget() -> None:
    curves = survival_curves(results_of([solved(10), solved(30), unsolved(), unsolved()]), [])
    assert curves["epoch"].tolist() == [0, 10, 30, 100, 100]
    assert curves["unsolved"].tolist() == pytest.approx([1, 0.75, 0.5, 0.5, 0.5])
    assert (curves["low"] <= curves["unsolved"]).all()
    assert (curves["unsolved"] <= curves["high"]).all()


def test_there_is_a_survival_curve_for_each_level_of_the_keys() -> None:
    runs = [solved(10, lr=0.5, hidden=hidden) for hidden in (3, 2)]
    runs += [unsolved(lr=0.1, hidden=hidden) for hidden in (3, 2)]
    runs += [lost("failed", lr=2.0, hidden=2)]
    curves = survival_curves(results_of(runs), ["lr"])
    assert list(curves.columns) == ["lr", "epoch", "unsolved", "low", "high"]
    assert curves["lr"].unique().tolist() == [0.5, 0.1]
    ends = curves.groupby("lr", sort=False)["unsolved"].last()
    assert ends.tolist() == [0, 1]
    assert len(survival_curves(results_of(runs[-1:]), ["lr"])) == 0


def test_a_long_survival_curve_is_thinned_between_its_ends() -> None:
    count = 5 * MOST_STEPS
    results = results_of([solved(epoch) for epoch in range(1, count + 1)], epochs=2 * count)
    curve = survival_curves(results, [])
    assert len(curve) <= MOST_STEPS + 2
    assert curve["epoch"].iloc[[0, 1, -2, -1]].tolist() == [0, 1, count, 2 * count]
    inside = curve.iloc[1:-1]
    np.testing.assert_allclose(inside["unsolved"], 1 - inside["epoch"] / count, atol=1e-12)
