"""The estimate: made of measurements, and near to the size of a sweep on disk."""

from collections.abc import Callable
from pathlib import Path

import pytest
from planned_batches import plan_of

from xorsweep.analysis.cells import CellIndex
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks import estimate as estimates
from xorsweep.networks.engines import Engine
from xorsweep.networks.estimate import estimate
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
    plan = plan_of(grid)
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


def test_a_kind_takes_its_cost_as_measured_and_others_as_those_on_average(grid_of: GridOf) -> None:
    grid = grid_of(hidden=[2, 3, 4], epochs=[20, 40], seed=range(5))
    batches = plan_of(grid).batches
    samples = estimates.largest_of_kinds(batches)
    assert [samples[kind].fixed["hidden"] for kind in samples] == [4, 3, 2]
    first, second, _ = samples
    seconds = estimates.scaled_costs(batches, {first: 2.0, second: 4.0})
    scales = {4: 2.0, 3: 4.0, 2: 3.0}
    expected = [batch.cost * scales[int(str(batch.fixed["hidden"]))] for batch in batches]
    assert seconds == pytest.approx(expected)


def test_nothing_to_train_takes_nothing(grid_of: GridOf) -> None:
    grid = grid_of(seed=range(3))
    nothing = plan_of(grid, pending=grid.rows_of(grid.identities[:0]))
    assert estimate(grid, nothing, Engine(), 1, 1).seconds == 0
