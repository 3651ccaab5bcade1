"""One table as results.csv and as results.parquet, in chunks, both or neither."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import file_digest
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from xorsweep.storage.atomic import atomic_path, error_with_path

if TYPE_CHECKING:
    from xorsweep.grid.columns import Column
    from xorsweep.grid.grid import Grid

CSV, PARQUET = "results.csv", "results.parquet"
CHUNK = 32_768
"""Rows that are turned into text at a time, so that memory stays bounded."""


def write_table(
    folder: Path,
    count: int,
    batch_of: Callable[[slice], pa.RecordBatch],
    few_values: list[str],
    texts: Iterable[str],
) -> str:
    """Write `count` rows to both and return the SHA-256 of results.parquet.

    Where one can't be written, both stay as they were. `batch_of` returns the rows of a slice,
    always of one schema; in the columns `few_values` Parquet looks for repetitions; `texts` are all
    that the table may hold, by which it is known whether some need quotes.
    """
    text, typed = folder / CSV, folder / PARQUET
    schema = batch_of(slice(0, 0)).schema
    lines_of = _Texts(_quoting(texts))
    batches = (batch_of(chunk) for chunk in _chunks(count))
    with atomic_path(text) as csv, atomic_path(typed) as new:
        with error_with_path(text):
            csv.write(f"{','.join(schema.names)}\n".encode())
        with _parquet(new, schema, few_values) as parquet, ThreadPoolExecutor(1) as writer:
            for batch, lines in lines_of.beside(batches):
                written = writer.submit(_write, csv, lines)
                parquet.write_batch(batch)
                with error_with_path(text):
                    written.result()
        return digest_of(new)


def write_parquet(
    folder: Path, count: int, batch_of: Callable[[slice], pa.RecordBatch], few_values: list[str]
) -> str:
    """Write results.parquet as `write_table` does, remove results.csv, and return its SHA-256."""
    with atomic_path(folder / PARQUET) as new:
        with _parquet(new, batch_of(slice(0, 0)).schema, few_values) as parquet:
            for chunk in _chunks(count):
                parquet.write_batch(batch_of(chunk))
        digest = digest_of(new)
    (folder / CSV).unlink(missing_ok=True)
    return digest


def parquet_of(
    count: int, batch_of: Callable[[slice], pa.RecordBatch], few_values: list[str]
) -> pa.Buffer:
    """Return the table that `write_table` writes to results.parquet."""
    sink = pa.BufferOutputStream()
    with _parquet(sink, batch_of(slice(0, 0)).schema, few_values) as parquet:
        for chunk in _chunks(count):
            parquet.write_batch(batch_of(chunk))
    return sink.getvalue()


def digest_of(file: BufferedRandom | BufferedReader) -> str:
    """Return the SHA-256 of all that a file holds, and leave it at its beginning."""
    file.seek(0)
    digest = file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _parquet(
    sink: BinaryIO | pa.NativeFile, schema: pa.Schema, few_values: list[str]
) -> pyarrow.parquet.ParquetWriter:
    return pyarrow.parquet.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=few_values
    )


@dataclass(frozen=True)
class _Texts:
    """Turns rows into lines of CSV, in threads: Arrow doesn't hold Python's lock meanwhile."""

    quoting: str

    def beside(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, Future[pa.Buffer]]]:
        """Yield each batch with its lines to come, while the next ones are under way."""
        threads = pa.cpu_count()
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


def _write(file: BinaryIO, lines: Future[pa.Buffer]) -> None:
    file.write(lines.result())


def level_texts(grid: Grid) -> Iterator[str]:
    """Yield the texts of all levels of a grid."""
    return (str(level) for column in grid.columns.values() for level in column.levels)


def key_array(column: Column, rows: slice, type_: pa.DataType | None = None) -> pa.Array:
    """Return a key of some points, of a type that its levels have by default.

    Texts are written once a level.
    """
    levels = pa.array(column.levels, type_)
    codes = np.ascontiguousarray(column.codes[rows])
    if pa.types.is_string(levels.type):
        present = [level for level in column.levels if level is not None]
        place = np.cumsum([level is not None for level in column.levels]) - 1
        absent = np.array([level is None for level in column.levels])
        return pa.DictionaryArray.from_arrays(
            pa.array(place[codes].astype(np.int32), mask=absent[codes]), pa.array(present)
        )
    return levels.take(pa.array(codes))


def _quoting(texts: Iterable[str]) -> str:
    """Return `none` unless a text holds characters that would break a line of CSV."""
    return "needed" if any(mark in text for text in texts for mark in ',"\r\n') else "none"


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))
