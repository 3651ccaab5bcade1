"""How cost grows: with points, hidden units and epochs; a slope of 1 is in proportion."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.peers.ours import training_of
from benchmarks.points import point_of
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import build_training
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

ENGINES = ("numpy", "numba")
REPEATS = 5


@dataclass(frozen=True)
class Curve:
    """Seconds by size."""

    what: str
    of: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def slope(self) -> float:
        """Return the slope between the two largest sizes, both on log scales."""
        x, y = np.log(self.sizes[-2:]), np.log(self.seconds[-2:])
        return float((y[1] - y[0]) / (x[1] - x[0]))


def growth(quick: bool, say: Callable[[str], None]) -> list[Curve]:
    """Return cost by points, by hidden units and by epochs."""
    most = 3 if quick else None
    curves = []
    for engine in ENGINES:
        say(f"growth with hidden units and epochs, engine={engine}")
        by_hidden = partial(_by_hidden, engine)
        curves.append(_curve("hidden", engine, (2, 4, 8, 16, 32, 64)[:most], by_hidden))
        by_epochs = partial(_engine, engine, 2)
        curves.append(_curve("epochs", engine, (100, 1_000, 10_000, 100_000)[:most], by_epochs))
    say("growth with points")
    _sweep(1_000)  # pandas and SciPy are imported
    sizes = (1_000, 10_000, 100_000, 1_000_000)[:most]
    curves.append(_curve("points", "sweeps of one epoch", sizes, _sweep))
    return curves


def _by_hidden(engine: str, hidden: int) -> float:
    return _engine(engine, hidden, 100)


def _curve(what: str, of: str, sizes: Sequence[int], seconds_of: Callable[[int], float]) -> Curve:
    return Curve(what, of, tuple(sizes), tuple(_median(seconds_of, size) for size in sizes))


def _median(seconds_of: Callable[[int], float], size: int) -> float:
    return median(seconds_of(size) for _ in range(REPEATS))


def _engine(engine: str, hidden: int, epochs: int) -> float:
    train = load_train(Engine(engine))
    training = replace(training_of(hidden, 512), snapshots=(epochs,))
    train(replace(training, snapshots=(1,)))
    started = perf_counter()
    train(training)
    return perf_counter() - started


def _grid(points: int) -> Grid:
    axes = [
        Axis("lr", (0.1, 0.2, 0.3, 0.4, 0.5)),
        Axis("hidden", (2, 3)),
        Axis("seed", tuple(range(points // 10))),
    ]
    return product_grid(NETWORK_SCHEMA, axes, [point_of(epochs=1)])


def _sweep(points: int) -> float:
    """Return the seconds from a grid to results.csv and summary.csv, in one process."""
    grid = _grid(points)
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        run_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid,
                SweepSettings(ExecutionSettings("serial"), report=False),
                Path(folder) / "sweep",
            )
        )
        return perf_counter() - started


def overhead(points: int) -> float:
    """Return the seconds per point that a sweep takes beside drawing weights and training."""
    grid = _grid(points)
    train = load_train(Engine())
    _sweep(1_000)  # pandas and SciPy are imported
    started = perf_counter()
    for batch in NetworkExperiment().plan(grid, np.arange(len(grid)), 1).batches:
        train(build_training(batch))
    alone = perf_counter() - started
    return (_sweep(points) - alone) / points
