"""From stored parts to results.csv and results.parquet: one row a point, in grid order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from joblib import cpu_count
from numpy.typing import NDArray

from xorsweep.atomic import named, replacing
from xorsweep.columns import Column
from xorsweep.config import choose
from xorsweep.grid import Grid
from xorsweep.measures import OUTCOMES
from xorsweep.rules import FloatArray
from xorsweep.worker import FAILED, MOST_OUTPUTS, STATUSES

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 32_768
"""Rows that are turned into text at a time, so that memory stays bounded."""


_TaskOutputs = tuple[tuple[str, ...], NDArray[np.bool_]]
"""The names of a task's outputs, and which of the grid's points (N,) have that task."""


@dataclass(frozen=True)
class Assembled:
    """What became of the N points of a grid, in its order; `present` (N,) says which are there.

    Arrays are as in `worker.Rows`; outputs is (K, N), `message` maps a row to its text.
    """

    present: NDArray[np.bool_]
    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray
    outputs: FloatArray
    converged_epoch: NDArray[np.int64]
    holds_at_end: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    status: NDArray[np.int8]
    message: dict[int, str]

    @classmethod
    def empty(cls, grid: Grid) -> Assembled:
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
            holds_at_end=np.zeros(count, bool),
            outcome=np.zeros(count, np.int8),
            status=np.zeros(count, np.int8),
            message={},
        )

    def take(self, rows: NDArray[np.int64], part: pa.Table) -> None:
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


def assemble(grid: Grid, parts: Iterable[pa.Table]) -> Assembled:
    """Return the stored parts, in any order, in the places of the grid's points."""
    assembled = Assembled.empty(grid)
    for part in parts:
        assembled.take(grid.rows_of(part["identity"].to_numpy()), part)
    return assembled


_STORED = (
    "final_error",
    "mse",
    "max_abs_error",
    "converged_epoch",
    "holds_at_end",
    "outcome",
    "status",
)


def write_results(grid: Grid, assembled: Assembled, folder: Path) -> None:
    """Write results.csv and results.parquet; where one can't be written, both stay as they were."""
    text, typed = folder / "results.csv", folder / "results.parquet"
    tasks = _outputs_by_task(grid)
    schema = _batch(grid, assembled, tasks, slice(0, 0)).schema
    texts = _Texts(_quoting(grid, assembled))
    batches = (_batch(grid, assembled, tasks, chunk) for chunk in _chunks(len(grid)))
    with (
        replacing(text) as new_text,
        replacing(typed) as new_typed,
        new_text.open("wb") as csv,
        pyarrow.parquet.ParquetWriter(
            new_typed,
            schema,
            compression="zstd",
            use_dictionary=[*grid.columns, "outcome", "status", "message"],
        ) as parquet,
    ):
        with named(text):
            csv.write(f"{','.join(schema.names)}\n".encode())
        for batch, lines in texts.beside(batches):
            parquet.write_batch(batch)
            with named(text):
                csv.write(lines.result())


@dataclass(frozen=True)
class _Texts:
    """Turns rows into lines of CSV, in threads: Arrow doesn't hold Python's lock meanwhile."""

    quoting: str

    def beside(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, Future[pa.Buffer]]]:
        """Yield each batch with its lines to come, while the next ones are under way."""
        threads = cpu_count()
        under_way: deque[tuple[pa.RecordBatch, Future[pa.Buffer]]] = deque()
        with ThreadPoolExecutor(threads) as pool:
            for batch in batches:
                under_way.append((batch, pool.submit(self._lines, batch)))
                if len(under_way) > threads:
                    yield under_way.popleft()
            yield from under_way

    def _lines(self, batch: pa.RecordBatch) -> pa.Buffer:
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=self.quoting)
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(batch, sink, options)
        return sink.getvalue()


def _quoting(grid: Grid, assembled: Assembled) -> str:
    """Return `none` unless a text holds what would break a line of CSV."""
    levels = (str(level) for column in grid.columns.values() for level in column.levels)
    texts = (*levels, *assembled.message.values())
    return "needed" if any(mark in text for text in texts for mark in ',"\r\n') else "none"


def read_results(folder: Path) -> pd.DataFrame:
    """Return what tables and pictures are made from: all of results.parquet but the outputs.

    Texts are categorical, whole numbers with gaps Int64.
    """
    file = pyarrow.parquet.ParquetFile(folder / "results.parquet")
    left_out = ("output_", "mse", "max_abs_error")
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


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))


def _batch(
    grid: Grid, assembled: Assembled, tasks: list[_TaskOutputs], rows: slice
) -> pa.RecordBatch:
    columns = {key: _key_array(column, rows) for key, column in grid.columns.items()}
    columns |= {
        name: _real(getattr(assembled, name)[rows])
        for name in ("final_error", "mse", "max_abs_error")
    }
    columns |= _output_arrays(assembled, tasks, rows)
    epoch = assembled.converged_epoch[rows]
    columns |= {
        "converged": pa.array(epoch >= 0),
        "converged_epoch": pa.array(epoch, mask=epoch < 0),
        "holds_at_end": pa.array(assembled.holds_at_end[rows]),
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


def _key_array(column: Column, rows: slice) -> pa.Array:
    levels = pa.array(column.levels)
    codes = np.ascontiguousarray(column.codes[rows])
    if pa.types.is_string(levels.type):
        present = [level for level in column.levels if level is not None]
        place = np.cumsum([level is not None for level in column.levels]) - 1
        absent = np.array([level is None for level in column.levels])
        return pa.DictionaryArray.from_arrays(
            pa.array(place[codes].astype(np.int32), mask=absent[codes]), pa.array(present)
        )
    return levels.take(pa.array(codes))


def _names(codes: NDArray[np.int8], names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names))


def _real(values: FloatArray) -> pa.Array:
    """Return numbers as they are, and nothing where a network has diverged or failed."""
    return pa.array(values, mask=~np.isfinite(values))


def _output_arrays(
    assembled: Assembled, tasks: list[_TaskOutputs], rows: slice
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
        (output_names(choose("task", grid.point(int(row)))), codes == code)
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
