"""The estimate: made of what is measured, and near to what a sweep then takes on disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from xorsweep.analysis.cells import CellIndex
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks import estimate as estimates
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.estimate import Cost, estimate
from xorsweep.networks.planning import make_plan
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


def test_bytes_are_those_of_a_sweep(point_of: Callable[..., Point], tmp_path: Path) -> None:
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
    found = estimate(grid, plan, Engine(), 1, len(CellIndex.of_grid(grid)))
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path,
        )
    )
    real = {
        "parts": sum(path.stat().st_size for path in (tmp_path / "parts").iterdir()),
        "results.csv": (tmp_path / "results.csv").stat().st_size,
        "results.parquet": (tmp_path / "results.parquet").stat().st_size,
        "tables": sum((tmp_path / f"{n}.csv").stat().st_size for n in ("summary", "comparisons")),
    }
    assert set(found.sizes) == set(real)
    assert {name: size / real[name] for name, size in found.sizes.items()} == pytest.approx(
        dict.fromkeys(real, 1), rel=0.5
    )


def test_seconds_are_counted_in_epochs_and_networks(grid_of: GridOf) -> None:
    (batch,) = make_plan(grid_of(epochs=200, seed=range(50)), load_capacity(Engine()), 1).batches
    assert Cost(start=0.01, epoch=0.0001).of(batch) == pytest.approx(50 * (0.01 + 0.02))


def test_a_worker_takes_the_next_batch_as_soon_as_it_is_free() -> None:
    assert estimates._longest_share([4.0, 3.0, 2.0, 1.0], 2) == 5.0
    assert estimates._longest_share([9.0, 1.0, 1.0], 2) == 9.0
    assert estimates._longest_share([], 2) == 0.0


def test_kinds_that_had_no_turn_are_told_by_the_others(grid_of: GridOf) -> None:
    grid = grid_of(hidden=[2, 3, 4], epochs=[20, 40], seed=range(5))
    batches = make_plan(grid, load_capacity(Engine()), 1).batches
    samples = estimates._kinds(batches)
    assert len(samples) == 3
    costs = {next(iter(samples)): Cost(start=0.0, epoch=0.001)}
    seconds = estimates._seconds(batches, costs)
    rates = [each / batch.cost for each, batch in zip(seconds, batches, strict=True)]
    assert rates == pytest.approx([rates[0]] * len(rates))


def test_nothing_to_train_takes_nothing(grid_of: GridOf) -> None:
    grid = grid_of(seed=range(3))
    nothing = make_plan(grid, load_capacity(Engine()), 1, pending=grid.rows_of(grid.identities[:0]))
    assert estimate(grid, nothing, Engine(), 1, 1).seconds == 0
