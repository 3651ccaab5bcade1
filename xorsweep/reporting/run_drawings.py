"""Drawings of typical, best and worst runs, made while tables are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.representative_runs import (
    PartsOf,
    StoredRun,
    best_first,
    read_runs,
)
from xorsweep.analysis.trainings import have_most_epochs_among
from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines.predict import predict
from xorsweep.networks.metrics import error_label, plateaus
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.plugins import PluginSet, extensions_of
from xorsweep.networks.schema import component_of
from xorsweep.networks.trainer import build_training
from xorsweep.reporting.drawing import draws_elsewhere, submit
from xorsweep.reporting.rendering import data_uri
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.svg.decision_surface import decision_surface, describe_surface, has_surface
from xorsweep.reporting.svg.error_curve import error_curve
from xorsweep.reporting.svg.network_diagram import network_diagram
from xorsweep.storage.results import StoredColumns
from xorsweep.text import exception_text

Rows = NDArray[np.int64]

MOST_CELLS = 60
"""Cells whose runs are drawn."""
CHUNK = 30
"""Runs that a process draws in one go, and up to which it isn't worth starting another one."""
PIXELS = 80
MOST_ANSWERS = 8
"""Rows of a task whose outputs are listed where there is no surface."""
MOST_UNITS = 4
"""Outputs of a row that are listed."""


@dataclass(frozen=True)
class RunDrawing:
    """The drawings of a run.

    Attributes:
        row: The run's row of the results.
        curve: The error by epoch as SVG.
        diagram: The network as SVG; empty, like all that follows, where no weights are kept.
        surface: The decision surface as a data URI; empty unless two inputs lead to one output.
        surface_alt: The text alternative of the surface.
        answers: Label, target and output of the task's first rows where there is no surface.
        rows: How many rows the task has.
    """

    row: int
    curve: str
    diagram: str = ""
    surface: str = ""
    surface_alt: str = ""
    answers: Sequence[tuple[str, str, str]] = ()
    rows: int = 0

    @property
    def size(self) -> int:
        """Return the characters that it takes on a page."""
        return len(self.curve) + len(self.diagram) + len(self.surface)


@dataclass(frozen=True)
class RunDrawings:
    """Drawings by row, and the rows (cells, 3) that stand for each cell.

    `error` is the reason where there are none though there are runs.
    """

    rows: Rows
    runs: Mapping[int, RunDrawing]
    error: str = ""

    @classmethod
    def of(cls, rows: Rows, drawn: Future[list[list[RunDrawing]]]) -> Self:
        """Return the drawings as soon as they are there; an exception of these is the `error`."""
        if error := drawn.exception():
            return cls(rows, {}, f"drawing them ended with {exception_text(error)}")
        return cls(rows, {run.row: run for runs in drawn.result() for run in runs})


def submit_run_drawings(
    grid: Grid, stored: StoredColumns, rows: Rows, parts: PartsOf, workers: int
) -> Future[list[list[RunDrawing]]]:
    """Start to draw the typical, best and worst runs of cells.

    The cells are all of them, or MOST_CELLS selected by axis of those with the most epochs. `rows`
    (cells, 3) are those of their runs, and the `parts` hold weights and errors. With several
    workers other processes draw, and the caller continues meanwhile.
    """
    try:
        wanted = np.unique(rows[_cells_drawn(grid, rows, best_first(grid, stored))])
        runs = list(read_runs(grid, stored, parts, wanted).values())
        draw = partial(_draw_runs, extensions_of(grid))
        chunks = [runs[start : start + CHUNK] for start in range(0, len(runs), CHUNK)]
        is_long = len(chunks) > 1 and draws_elsewhere(workers, len(grid))
        return submit(draw, chunks, workers if is_long else 1)
    # Signals end the sweep; whatever else a drawing raises costs only the drawings.
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        failed: Future[list[list[RunDrawing]]] = Future()
        failed.set_exception(error)
        return failed


def _cells_drawn(grid: Grid, rows: Rows, rank: Rows) -> NDArray[np.intp]:
    """Return the places (n,) of the cells that are drawn.

    `rows` (cells, 3) stand for each, and `rank` (cells,) is 0 for the best.
    """
    # -1 where a cell has no run that was trained.
    trained = np.flatnonzero(rows[:, 0] >= 0)
    if len(trained) <= MOST_CELLS:
        return trained
    keys = [key for key, column in grid.columns.items() if len(column.levels) > 1]
    keys = [key for key in keys if key not in ("seed", "epochs")]
    levels = {key: grid.columns[key].array(rows[trained, 0]) for key in ("epochs", *keys)}
    cells = pd.DataFrame(levels, index=trained)
    longest = cells[have_most_epochs_among(cells, keys)]
    shown = select_cells(longest, keys, MOST_CELLS, rank[longest.index], thin=True)
    return shown.cells.index.to_numpy()


def _draw_runs(plugins: PluginSet, runs: Sequence[StoredRun]) -> list[RunDrawing]:
    # In a worker the components of other packages aren't registered yet.
    plugins.install()
    return [_draw_run(run) for run in runs]


def _draw_run(run: StoredRun) -> RunDrawing:
    task = component_of("task", run.point)
    levels = {error_label(level): level for level in plateaus(task.targets()).values()}
    curve = error_curve(run.epochs, run.half_sse, levels, run.converged_epoch)
    if not len(run.parameters):
        return RunDrawing(run.row, curve)
    # (P, 1): a batch of one network.
    training = build_training(batch_of_one(run.point, run.epochs[-1:]), run.parameters[:, None])
    weights = Weights(*(view[..., 0] for view in training.network.views(training.parameters)))
    diagram, labels = network_diagram(weights), task.row_labels()
    if has_surface(training.network):
        surface = data_uri("image/png", decision_surface(training, run.parameters, PIXELS))
        alt = describe_surface(training, run.parameters)
        return RunDrawing(run.row, curve, diagram, surface, alt, rows=len(labels))
    outputs = predict(training, run.parameters, training.inputs[:MOST_ANSWERS])
    answers = [
        (label, _numbers(target, "g"), _numbers(output, ".3f"))
        # Outputs are those of the first rows alone.
        for label, target, output in zip(labels, training.targets, outputs, strict=False)
    ]
    return RunDrawing(run.row, curve, diagram, answers=answers, rows=len(labels))


def _numbers(values: FloatArray, form: str) -> str:
    more = " ..." if len(values) > MOST_UNITS else ""
    return " ".join(f"{value:{form}}" for value in values[:MOST_UNITS]) + more
