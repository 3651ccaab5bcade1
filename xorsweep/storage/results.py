"""From stored parts to results.csv and results.parquet: one row a point, in grid order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.schema import component_of
from xorsweep.networks.trainer import FAILED, MOST_OUTPUTS, STATUSES
from xorsweep.storage.plain_files import open_file
from xorsweep.storage.table_writer import PARQUET, key_array, level_texts, parquet_of, write_table

if TYPE_CHECKING:
    import pandas as pd


_TaskOutputs = tuple[tuple[str, ...], NDArray[np.bool_]]
"""The names of a task's outputs, and which of the grid's points (N,) have that task."""


@dataclass(frozen=True)
class ResultColumns:
    """The results of the N points of a grid, in its order; `present` (N,) says which are there.

    Arrays are as in `trainer.PointResults`; outputs is (K, N), `message` maps a row to its text.
    """

    present: NDArray[np.bool_]
    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray
    outputs: FloatArray
    converged_epoch: NDArray[np.int64]
    converged_at_end: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    status: NDArray[np.int8]
    message: dict[int, str]

    @classmethod
    def empty(cls, grid: Grid) -> ResultColumns:
        """Return places for every point, none of them taken."""
        count = len(grid)
        kept = max((len(names) for names, _ in _outputs_by_task(grid)), default=0)
        return cls(
            present=np.zeros(count, bool),
            final_error=np.full(count, np.nan),
            mse=np.full(count, np.nan),
            max_abs_error=np.full(count, np.nan),
            outputs=np.full((kept, count), np.nan),
            converged_epoch=np.full(count, -1, np.int64),
            converged_at_end=np.zeros(count, bool),
            outcome=np.zeros(count, np.int8),
            status=np.zeros(count, np.int8),
            message={},
        )

    def add_part(self, rows: NDArray[np.int64], part: pa.Table) -> None:
        """Put a stored part into the places (n,) of its points; a failure replaces nothing."""
        failed = part["status"].to_numpy() == FAILED
        wanted = np.flatnonzero((rows >= 0) & ~(failed & self.present[rows]))
        if len(wanted) < len(rows):
            rows, part = rows[wanted], part.take(wanted)
        self.present[rows] = True
        for name in _STORED:
            getattr(self, name)[rows] = part[name].to_numpy()
        for index, values in enumerate(self.outputs):
            if f"output_{index}" in part.column_names:
                values[rows] = part[f"output_{index}"].to_numpy()
        for row in self.message.keys() & set(rows.tolist() if self.message else ()):
            del self.message[row]
        failures = np.flatnonzero(part["status"].to_numpy() == FAILED)
        self.message.update({int(rows[i]): part["message"][int(i)].as_py() for i in failures})

    def pending(self) -> NDArray[np.int64]:
        """Return the rows that are still to be trained: the absent ones and those that failed."""
        return np.flatnonzero(~self.present | (self.status == FAILED))

    def counts(self) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        found = np.bincount(self.status[self.present], minlength=len(STATUSES))
        return {"planned": len(self.present), **dict(zip(STATUSES, found.tolist(), strict=True))}


def assemble(grid: Grid, parts: Iterable[pa.Table]) -> ResultColumns:
    """Return the stored parts, in any order, in the places of the grid's points."""
    assembled = ResultColumns.empty(grid)
    for part in parts:
        assembled.add_part(grid.rows_of(part["point_id"].to_numpy()), part)
    return assembled


_STORED = (
    "final_error",
    "mse",
    "max_abs_error",
    "converged_epoch",
    "converged_at_end",
    "outcome",
    "status",
)


def write_results(grid: Grid, assembled: ResultColumns, folder: Path) -> str:
    """Write results.csv and results.parquet and return the SHA-256 of the latter.

    Where one can't be written, both stay as they were.
    """
    return write_table(
        folder,
        len(grid),
        _batches(grid, assembled),
        few_values=_of_few_values(grid),
        texts=(*level_texts(grid), *assembled.message.values()),
    )


def read_results(folder: Path, whole: bool = False) -> pd.DataFrame:
    """Return what tables and pictures are made from: all of results.parquet but the outputs.

    `whole` has those, too. Texts are categorical, whole numbers with gaps Int64. It is for a file
    that was just written; `stored_results` looks at others first.
    """
    with open_file(folder / PARQUET) as file:
        return frame_of(pyarrow.parquet.ParquetFile(file), whole)


def results_of(grid: Grid, assembled: ResultColumns, whole: bool = False) -> pd.DataFrame:
    """Return what `read_results` would if the rows were written."""
    data = parquet_of(len(grid), _batches(grid, assembled), _of_few_values(grid))
    return frame_of(pyarrow.parquet.ParquetFile(pa.BufferReader(data)), whole)


def frame_of(file: pyarrow.parquet.ParquetFile, whole: bool) -> pd.DataFrame:
    """Return what an open results.parquet holds, as `read_results` does."""
    left_out = () if whole else ("output_", "mse", "max_abs_error")
    names = [name for name in file.schema_arrow.names if not name.startswith(left_out)]
    table = file.read(names, use_threads=False)
    schema = table.schema  # the conversion takes the table apart
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    gaps = [
        field.name
        for field in schema
        if pa.types.is_integer(field.type) and frame[field.name].dtype.kind == "f"
    ]
    return frame.astype(dict.fromkeys([*gaps, "converged_epoch"], "Int64"))


def _batches(grid: Grid, assembled: ResultColumns) -> Callable[[slice], pa.RecordBatch]:
    tasks = _outputs_by_task(grid)
    return lambda rows: _batch(grid, assembled, tasks, rows)


def _of_few_values(grid: Grid) -> list[str]:
    return [*grid.columns, "outcome", "status", "message"]


def _batch(
    grid: Grid, assembled: ResultColumns, tasks: list[_TaskOutputs], rows: slice
) -> pa.RecordBatch:
    columns = {key: key_array(column, rows) for key, column in grid.columns.items()}
    columns |= {
        name: _real(getattr(assembled, name)[rows])
        for name in ("final_error", "mse", "max_abs_error")
    }
    columns |= _output_arrays(assembled, tasks, rows)
    epoch = assembled.converged_epoch[rows]
    columns |= {
        "converged": pa.array(epoch >= 0),
        "converged_epoch": pa.array(epoch, mask=epoch < 0),
        "converged_at_end": pa.array(assembled.converged_at_end[rows]),
        "outcome": _names(assembled.outcome[rows], OUTCOMES),
        "status": _names(assembled.status[rows], STATUSES),
        "message": pa.array(
            [assembled.message.get(row) for row in range(rows.start, rows.stop)]
            if assembled.message
            else [None] * (rows.stop - rows.start),
            pa.string(),
        ),
    }
    return pa.record_batch(columns)


def _names(codes: NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names))


def _real(values: FloatArray) -> pa.Array:
    """Return numbers as they are, and nothing where a network has diverged or failed."""
    return pa.array(values, mask=~np.isfinite(values))


def _output_arrays(
    assembled: ResultColumns, tasks: list[_TaskOutputs], rows: slice
) -> dict[str, pa.Array]:
    arrays: dict[str, FloatArray] = {}
    for names, mine in tasks:
        for name, values in zip(names, assembled.outputs, strict=False):
            others = arrays.get(name, np.full(rows.stop - rows.start, np.nan))
            arrays[name] = np.where(mine[rows], values[rows], others)
    return {name: _real(values) for name, values in arrays.items()}


def _outputs_by_task(grid: Grid) -> list[_TaskOutputs]:
    columns = [column for key, column in grid.columns.items() if key.split(".")[0] == "task"]
    codes = np.zeros(len(grid), np.int64)
    for column in columns:
        codes = codes * len(column.levels) + column.codes
    found, first = np.unique(codes, return_index=True)
    return [
        (output_names(component_of("task", grid.point(int(row)))), codes == code)
        for code, row in zip(found, first, strict=True)
    ]


def output_names(task: Any) -> tuple[str, ...]:
    """Return the columns of a task's outputs, by row and unit; none where they'd be too many."""
    units = task.targets().shape[1]
    labels = task.row_labels()
    if len(labels) * units > MOST_OUTPUTS:
        return ()
    if units == 1:
        return tuple(f"output_{label}" for label in labels)
    return tuple(f"output_{label}_{unit}" for label in labels for unit in range(units))
