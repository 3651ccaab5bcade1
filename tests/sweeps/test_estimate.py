"""The estimate: made of what is measured, and near to what a sweep then takes on disk."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from xorsweep.execution.interface import FinishedBatches
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.planning import make_plan
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import Trainer
from xorsweep.settings import SweepSettings
from xorsweep.sweeps import estimate as estimates
from xorsweep.sweeps.estimate import Cost, estimate
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


def size_of(folder: Path, *names: str) -> int:
    return sum(os.path.getsize(folder / name) for name in names)


def test_bytes_are_those_of_a_sweep(
    point_of: Callable[..., Point], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "PROBE", 0.001)
    seeds = Axis("seed", tuple(range(100)))
    grid = concatenate(
        [
            product_grid(
                NETWORK_SCHEMA,
                [Axis("lr", (0.5, 2.0)), Axis("epochs", (50, 300)), seeds],
                [point_of()],
                where="lr < 1 or epochs < 100",
            ),
            product_grid(
                NETWORK_SCHEMA,
                [Axis("hidden", (3,)), Axis("lr", (1.0,)), seeds],
                [point_of(epochs=80)],
            ),
        ]
    )
    plan = make_plan(grid, load_capacity(Engine()), 1)
    found = estimate(grid, plan, Trainer(Engine()), run_serial, 1)
    run_sweep(
        SweepRequest(grid, SweepSettings(ExecutionSettings("serial"), report=False), tmp_path)
    )
    real = {
        "parts": sum(path.stat().st_size for path in (tmp_path / "parts").iterdir()),
        "results.csv": size_of(tmp_path, "results.csv"),
        "results.parquet": size_of(tmp_path, "results.parquet"),
        "tables": size_of(tmp_path, "summary.csv", "comparisons.csv"),
    }
    assert set(found.sizes) == set(real)
    assert {name: size / real[name] for name, size in found.sizes.items()} == pytest.approx(
        dict.fromkeys(real, 1), rel=0.5
    )


def test_seconds_are_counted_in_epochs_and_networks() -> None:
    cost = Cost(members=100, start=1.0, epoch=0.01)

    class Half:
        members, snapshots = 50, (20, 200)

    assert cost.of(Half()) == 1.5  # type: ignore[arg-type]


def test_a_worker_takes_the_next_batch_as_soon_as_it_is_free() -> None:
    assert estimates._longest_share([4.0, 3.0, 2.0, 1.0], 2) == 5.0
    assert estimates._longest_share([9.0, 1.0, 1.0], 2) == 9.0
    assert estimates._longest_share([], 2) == 0.0


def test_workers_that_hold_each_other_up_are_measured(grid_of: GridOf) -> None:
    """Workers that take a second to start, and half of one for what takes a tenth alone."""
    seconds = [1.5, 0.5 * estimates.TURNS]

    def slow(batches: Sequence[Any], work: Any) -> FinishedBatches[Any, Any]:
        sleep(seconds.pop(0))
        yield from ((batch, []) for batch in batches)

    grid = grid_of(epochs=1_000, seed=range(8))
    (batch,) = make_plan(grid, load_capacity(Engine()), 2).batches
    cost = Cost(members=8, start=0.0, epoch=0.1 / 1_000)
    start, slowdown = estimates._company(batch, cost, Trainer(Engine()), slow, 2)
    assert start == pytest.approx(1.0, abs=0.3)
    assert slowdown == pytest.approx(5.0, rel=0.3)
    assert estimates._company(batch, cost, Trainer(Engine()), slow, 1) == (0.0, 1.0)


def test_kinds_that_had_no_turn_are_told_by_the_others(
    grid_of: GridOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "BUDGET", 0.0)
    monkeypatch.setattr(estimates, "PROBE", 0.01)
    grid = grid_of(hidden=[2, 3, 4], epochs=[20, 40], seed=range(5))
    batches = make_plan(grid, load_capacity(Engine()), 1).batches
    samples = estimates._kinds(batches)
    costs = dict(estimates._measured(samples, Engine()))
    assert len(costs) == 1
    assert len(samples) == 3
    seconds = estimates._seconds(batches, costs)
    rates = [each / batch.work for each, batch in zip(seconds, batches, strict=True)]
    assert rates == pytest.approx([rates[0]] * len(rates))


def test_nothing_to_train_takes_nothing(grid_of: GridOf) -> None:
    grid = grid_of(seed=range(3))
    nothing = make_plan(grid, load_capacity(Engine()), 1, pending=grid.rows_of(grid.identities[:0]))
    assert estimate(grid, nothing, Trainer(Engine()), run_serial, 1).seconds == 0
