"""Finished sweeps of functions, for tests of tables, figures and reports of columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.column_summary import ColumnCells
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import read_results
from xorsweep.storage.store import Store
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep


@dataclass(frozen=True)
class ColumnSweep:
    """A finished sweep of a function, its rows, and its cells."""

    store: Store
    grid: Grid
    results: pd.DataFrame
    cells: ColumnCells


def sweep_columns(
    function: Callable[..., Any],
    axes: Mapping[str, Any],
    folder: Path,
    report: bool = False,
    **options: Any,
) -> ColumnSweep:
    """Return a sweep of a function, in this process."""
    experiment, grid = FunctionExperiment.of(function, [axes], **options)
    settings = SweepSettings(ExecutionSettings("serial"), report=report)
    run_sweep(SweepRequest(experiment, grid, settings, folder), Console.silent())
    results = read_results(folder, experiment)
    cells = ColumnCells.of(
        results, experiment.summarize(results), list(experiment.schema.keys), experiment.times
    )
    return ColumnSweep(Store(folder, experiment), grid, results, cells)


AXES = {"lr": [0.01, 0.1, 1.0], "model": ["tree", "linear"], "epochs": [5, 9], "seed": range(12)}
"""A key of numbers, one of texts, one that networks have, too, and seeds."""
TIMES = {"steps": "solved"}


def measured(lr: float, model: str, epochs: int, seed: int) -> dict[str, Any]:
    """Return a column of each kind, and fail at two points of one cell."""
    if (lr, model, epochs) == (1.0, "linear", 9) and seed < 2:
        raise ValueError("too large")
    random = np.random.default_rng([seed, len(model), epochs, int(1000 * lr)])
    steps = int(random.exponential(10 / lr**0.5)) + 1
    loss = np.exp(-lr * np.arange(epochs)) + random.random() / 10
    return {
        "error": float(loss[-1]),
        "solved": steps < 20,
        "steps": min(steps, 20),
        "label": "quick" if steps < 5 else "slow",
        "loss": loss,
    }


def deterministic(x: float, y: int) -> dict[str, Any]:
    """Return columns that need no seed."""
    return {"product": x * y, "inside": x * x + y * y < 4, "path": [x, y]}
