"""From stored parts to results.csv and results.parquet: one row per point, in grid order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import DTypeLike, NDArray

from xorsweep.experiment import FAILED, MESSAGE, POINT_ID, STATUS, STATUSES, Experiment
from xorsweep.storage.compact_columns import compact
from xorsweep.storage.mapped_arrays import IN_MEMORY, full, release_pages
from xorsweep.storage.plain_files import open_file
from xorsweep.storage.table_writer import (
    PARQUET,
    key_arrays,
    level_texts,
    parquet_of,
    write_parquet,
    write_table,
)

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.grid.grid import Grid

ABSENT = -1
"""Stands for a whole number, or for the code of a text, of a point that has none."""

READ_AT_ONCE = 2**16
"""Values of a table that are read together: a column alone takes longer than its few values."""

RELEASED_EVERY = 2**18
"""Rows after which the pages of large columns are given back."""

ArrayOf = Callable[[slice], pa.Array]
"""Returns a column of some points."""


@dataclass(frozen=True)
class StoredColumns:
    """The columns of the parts at the N points of a grid, in its order.

    Attributes:
        present: Which points (N,) have a row.
        status: Their statuses (N,), codes into STATUSES.
        message: Why points failed, by row.
        columns: Other columns (N,) by name: NaN, False and ABSENT where a point has no value.
            Texts are codes.
        texts: The texts of such codes, by column.
        folder: Where large columns lie in temporary files, until they aren't used any more; the
            system's folder for such files where None.
        in_memory: Bytes below which a column lies in memory.
    """

    present: NDArray[np.bool_]
    status: NDArray[np.int8]
    message: dict[int, str] = field(default_factory=dict)
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    texts: dict[str, dict[str, int]] = field(default_factory=dict)
    folder: Path | None = None
    in_memory: int = IN_MEMORY

    @classmethod
    def empty(cls, points: int, folder: Path | None = None) -> StoredColumns:
        """Return columns for a number of points, all of them still absent."""
        return cls(np.zeros(points, bool), np.zeros(points, np.int8), folder=folder)

    def column(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        """Return a column (N,), empty where no part has it."""
        if name in self.columns:
            return self.columns[name]
        return self._empty_column(np.dtype(dtype))

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Return which points (N,) have a result: those present that didn't fail."""
        ended: NDArray[np.bool_] = self.present & (self.status != FAILED)
        return ended

    def add_part(self, rows: NDArray[np.int64], part: pa.Table) -> None:
        """Put a part into the places (n,) of its points; a failure replaces nothing."""
        failed = part[STATUS].to_numpy() == FAILED
        kept = rows >= 0
        if failed.any():
            # The row of a point that isn't in the grid is -1, the last one: `kept` leaves it out.
            self._add_failures(rows, part, kept & failed & ~self.present[rows])
            kept &= ~failed
        if not kept.all():
            wanted = np.flatnonzero(kept)
            rows, part = rows[wanted], part.take(wanted)
        # These points failed in a part before and have ended in this one.
        for row in self.message.keys() & set(rows.tolist() if self.message else ()):
            del self.message[row]
        self.present[rows] = True
        self.status[rows] = part[STATUS].to_numpy()
        for name in part.column_names:
            if name not in (POINT_ID, STATUS, MESSAGE) and not pa.types.is_list(part[name].type):
                self._fill(name, rows, part[name])

    def _add_failures(
        self, rows: NDArray[np.int64], part: pa.Table, chosen: NDArray[np.bool_]
    ) -> None:
        places = np.flatnonzero(chosen)
        self.present[rows[places]] = True
        self.status[rows[places]] = FAILED
        messages = part[MESSAGE].take(places).to_pylist()
        self.message.update(zip(rows[places].tolist(), messages, strict=True))

    def _fill(self, name: str, rows: NDArray[np.int64], values: pa.ChunkedArray) -> None:
        if pa.types.is_string(values.type):
            array = self._codes(name, values)
        else:
            # Arrow makes floats of integers with nulls, which would lose digits.
            array = values.to_numpy() if not values.null_count else _without_nulls(values)
        if name not in self.columns:
            self.columns[name] = self._empty_column(array.dtype)
        self.columns[name][rows] = array

    def _empty_column(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        return full(len(self.present), _fill_of(dtype), dtype, self.folder, self.in_memory)

    def _codes(self, name: str, values: pa.ChunkedArray) -> NDArray[np.int32]:
        known = self.texts.setdefault(name, {})
        encoded = values.combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        texts = encoded.dictionary.to_pylist()
        table = np.array([*(known.setdefault(text, len(known)) for text in texts), ABSENT])
        codes: NDArray[np.int32] = table.astype(np.int32)[
            encoded.indices.fill_null(len(texts)).to_numpy()
        ]
        return codes


def _fill_of(dtype: np.dtype[Any]) -> float:
    return {"f": np.nan, "b": False}.get(dtype.kind, ABSENT)


def _without_nulls(values: pa.ChunkedArray) -> NDArray[Any]:
    dtype = np.dtype(values.type.to_pandas_dtype())
    array: NDArray[Any] = values.fill_null(_fill_of(dtype)).to_numpy().astype(dtype)
    return array


@dataclass(frozen=True)
class ResultTable:
    """The columns of results.csv between the keys and the messages, for the N points of a grid.

    Attributes:
        present: Which points (N,) have a row.
        status: Their statuses (N,), codes into STATUSES.
        message: Why points failed, by row.
        columns: The experiment's columns by name, in order, some points at a time.
        few_values: Those of them in which Parquet should look for repeated values.
        texts: All texts in them, by which it is known whether some need quotes.
        key_types: The types of keys that are null at every point.
    """

    present: NDArray[np.bool_]
    status: NDArray[np.int8]
    message: Mapping[int, str]
    columns: Mapping[str, ArrayOf]
    few_values: Sequence[str] = ()
    texts: Sequence[str] = ()
    key_types: Mapping[str, pa.DataType] = field(default_factory=dict)

    def pending(self) -> NDArray[np.int64]:
        """Return the rows that are still to be run: the absent ones and those that failed."""
        return np.flatnonzero(~self.present | (self.status == FAILED))

    def counts(self, statuses: Sequence[str] = STATUSES) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        found = np.bincount(self.status[self.present], minlength=len(STATUSES)).tolist()
        by_name = dict(zip(STATUSES, found, strict=True))
        return {"planned": len(self.present), **{name: by_name[name] for name in statuses}}


def assemble(grid: Grid, parts: Iterable[pa.Table], folder: Path | None = None) -> StoredColumns:
    """Return the columns of parts, in any order, in the places of the grid's points.

    Large columns lie in temporary files of `folder`, or of the system's for such files.
    """
    stored, added = StoredColumns.empty(len(grid), folder), 0
    for part in parts:
        stored.add_part(grid.rows_of(part[POINT_ID].to_numpy()), part)
        added += len(part)
        if added >= RELEASED_EVERY:
            release_pages()
            added = 0
    release_pages()
    return stored


def write_results(grid: Grid, table: ResultTable, folder: Path, csv: bool = True) -> str:
    """Write results.csv and results.parquet and return the SHA-256 of the latter.

    Where one can't be written, both stay as they were. Without `csv` there is the latter alone, and
    a results.csv of earlier rows is removed.
    """
    rows, few_values = _batches(grid, table), _of_few_values(grid, table)
    if not csv:
        return write_parquet(folder, len(grid), rows, few_values)
    texts = (*level_texts(grid), *table.texts, *table.message.values())
    return write_table(folder, len(grid), rows, few_values, texts)


def read_results(folder: Path, experiment: Experiment[Any], whole: bool = False) -> pd.DataFrame:
    """Return the rows that tables and figures are made from, of a file that was just written.

    With `whole` all columns are returned, also those that no table needs.
    """
    with open_file(folder / PARQUET) as file:
        return frame_of(pyarrow.parquet.ParquetFile(file), experiment, whole, folder)


def results_of(
    grid: Grid, table: ResultTable, experiment: Experiment[Any], whole: bool = False
) -> pd.DataFrame:
    """Return the frame of `read_results`, without writing the rows to disk."""
    data = parquet_of(len(grid), _batches(grid, table), _of_few_values(grid, table))
    return frame_of(pyarrow.parquet.ParquetFile(pa.BufferReader(data)), experiment, whole)


def frame_of(
    file: pyarrow.parquet.ParquetFile,
    experiment: Experiment[Any],
    whole: bool,
    folder: Path | None = None,
    in_memory: int = IN_MEMORY,
) -> pd.DataFrame:
    """Return an open results.parquet: categorical texts, Int64 where some are missing."""
    import pandas as pd

    excluded = () if whole else tuple(experiment.rarely_read)
    # startswith(()) is false, so without a prefix all columns are read.
    names = [name for name in file.schema_arrow.names if not name.startswith(excluded)]
    columns: Iterable[pd.Series[Any]] = _columns(file, names, experiment)
    if not whole:  # a user can write to the frame
        columns = (compact(column, folder, in_memory) for column in columns)
    return pd.DataFrame(dict(zip(names, columns, strict=True)), copy=False)


def _columns(
    file: pyarrow.parquet.ParquetFile, names: Sequence[str], experiment: Experiment[Any]
) -> Iterator[pd.Series[Any]]:
    """Yield columns; of a large table each is read alone, so that no other is in memory twice."""
    at_once = max(1, READ_AT_ONCE // max(1, file.metadata.num_rows))
    for start in range(0, len(names), at_once):
        table = file.read(names[start : start + at_once], use_threads=False)
        schema = table.schema  # the conversion takes the table apart
        # Each column is freed once it is converted, and has a block of its own, so that it can be.
        frame = table.to_pandas(self_destruct=True, split_blocks=True)
        for column in schema:
            yield _nullable(frame[column.name], column, experiment)


def _nullable(
    series: pd.Series[Any], column: pa.Field, experiment: Experiment[Any]
) -> pd.Series[Any]:
    """Return a column as Int64 or boolean where some of its values are missing."""
    if column.name in experiment.nullable_integers or (
        pa.types.is_integer(column.type) and series.dtype.kind == "f"
    ):
        return series.astype("Int64")
    if pa.types.is_boolean(column.type) and series.dtype.kind == "O":
        return series.astype("boolean")
    return series


def _of_few_values(grid: Grid, table: ResultTable) -> list[str]:
    return [*grid.columns, *table.few_values, STATUS, MESSAGE]


def _batches(grid: Grid, table: ResultTable) -> Callable[[slice], pa.RecordBatch]:
    arrays = {
        **{k: key_arrays(column, table.key_types.get(k)) for k, column in grid.columns.items()},
        **table.columns,
    }

    def batch_of(rows: slice) -> pa.RecordBatch:
        # RELEASED_EVERY is a multiple of the writer's chunks, so some slices start there.
        if rows.start % RELEASED_EVERY == 0:
            release_pages()
        return pa.record_batch(
            {
                **{name: array_of(rows) for name, array_of in arrays.items()},
                STATUS: names_of(table.status[rows], STATUSES),
                MESSAGE: _messages(table.message, rows),
            }
        )

    return batch_of


def names_of(codes: NDArray[Any], names: Sequence[str]) -> pa.Array:
    """Return the texts that codes stand for."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names))


def _messages(message: Mapping[int, str], rows: slice) -> pa.Array:
    count = rows.stop - rows.start
    if not message:
        return pa.nulls(count, pa.string())
    return pa.array([message.get(row) for row in range(rows.start, rows.stop)], pa.string())
