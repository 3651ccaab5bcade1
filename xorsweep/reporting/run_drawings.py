"""Which of the runs that stand for cells a report draws, and their pictures, made meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from joblib import delayed
from numpy.typing import NDArray

from xorsweep.analysis.representative_runs import StoredRun, best_first, read_runs, representatives
from xorsweep.execution.pool import pool_of, start_pool
from xorsweep.grid.columns import Column
from xorsweep.grid.grid import Grid
from xorsweep.networks.planning import combined_codes
from xorsweep.networks.plugins import PluginSet, extensions_of
from xorsweep.reporting.run_pictures import RunPictures, draw_run
from xorsweep.reporting.selection import select
from xorsweep.storage.results import ResultColumns
from xorsweep.text import exception_text

Rows = NDArray[np.int64]

MOST_CELLS = 60
"""Cells whose runs are drawn."""
AT_A_TIME = 30
"""Runs that a process draws in one go, and up to which it isn't worth to start another one."""


@dataclass(frozen=True)
class DrawnRuns:
    """Pictures of runs by row, and the rows (cells, 3) that stand for each cell.

    Where there are no pictures though there are runs, `why_not` says why.
    """

    rows: Rows
    runs: Mapping[int, RunPictures]
    why_not: str = ""


Drawing = Callable[[], DrawnRuns]
"""Waits for pictures that are being made."""


def submit_run_drawings(
    grid: Grid, assembled: ResultColumns, parts: Iterable[pa.Table], workers: int
) -> Drawing:
    """Begin to draw the runs that stand for cells; return what waits for their pictures.

    The cells are all of them, or at most MOST_CELLS chosen by axis of those with the most epochs.
    With several workers, drawing goes on beside whatever is done meanwhile.
    """
    rows = representatives(grid, assembled)
    try:
        wanted = np.unique(rows[_cells_drawn(grid, rows, best_first(grid, assembled))])
        runs = list(read_runs(grid, assembled, parts, wanted).values())
        draw = _Draw(extensions_of(grid))
        chunks = [runs[start : start + AT_A_TIME] for start in range(0, len(runs), AT_A_TIME)]
        pool = pool_of(workers if len(chunks) > 1 else 1)
        return partial(
            _finished, rows, start_pool(pool, [delayed(draw)(chunk) for chunk in chunks])
        )
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return partial(DrawnRuns, rows, {}, _reason(error))


def _finished(rows: Rows, results: Iterator[list[RunPictures]]) -> DrawnRuns:
    try:
        return DrawnRuns(rows, {run.row: run for runs in results for run in runs})
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return DrawnRuns(rows, {}, _reason(error))


def _reason(error: BaseException) -> str:
    """Return why pictures are missing, which is no reason for a report to be."""
    return f"drawing them ended with {exception_text(error)}"


def _cells_drawn(grid: Grid, rows: Rows, rank: Rows) -> NDArray[np.intp]:
    """Return the places (n,) of the cells that are drawn.

    `rows` (cells, 3) stand for each, and `rank` (cells,) is 0 for the best.
    """
    trained = np.flatnonzero(rows[:, 0] >= 0)
    if len(trained) <= MOST_CELLS:
        return trained
    columns = {key: column for key, column in grid.columns.items() if len(column.levels) > 1}
    keys = [key for key in columns if key not in ("seed", "epochs")]
    settings = combined_codes(grid, keys, rows[trained, 0])
    epochs = grid.columns["epochs"].array(rows[trained, 0])
    _, setting = np.unique(settings, return_inverse=True)
    most = np.zeros(setting.max() + 1, np.int64)
    np.maximum.at(most, setting, epochs)
    longest: NDArray[np.intp] = trained[epochs == most[setting]]
    if not keys:
        return longest
    codes = np.column_stack([columns[key].codes[rows[longest, 0]] for key in keys])
    numeric = [place for place, key in enumerate(keys) if _is_numeric(columns[key])]
    places = select(codes.astype(np.int64), rank[longest], MOST_CELLS, numeric).places
    found: NDArray[np.intp] = longest[places]
    return found


def _is_numeric(column: Column) -> bool:
    return all(type(level) in (int, float) for level in column.levels)


@dataclass(frozen=True)
class _Draw:
    """Draws some runs, in whatever process."""

    extensions: PluginSet

    def __call__(self, runs: Sequence[StoredRun]) -> list[RunPictures]:
        self.extensions.install()
        return [draw_run(run) for run in runs]
