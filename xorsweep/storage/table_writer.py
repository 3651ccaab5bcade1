"""One table as results.csv and as results.parquet, in chunks, both or neither."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import file_digest
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from xorsweep.storage.atomic import atomic_path, error_with_path
from xorsweep.storage.csv_lines import CsvLines

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
    # No rows are needed to know the columns.
    schema = batch_of(slice(0, 0)).schema
    lines_of = CsvLines.of(few_values, texts)
    batches = (batch_of(chunk) for chunk in _chunks(count))
    with atomic_path(text) as csv, atomic_path(typed) as new:
        with error_with_path(text):
            csv.write(f"{','.join(schema.names)}\n".encode())
        with _parquet(new, schema, few_values) as parquet, ThreadPoolExecutor(1) as writer:
            for batch, lines in lines_of.beside(batches):
                # A thread writes text while this one compresses; a single one, so that lines stay
                # in order.
                written = writer.submit(_write, csv, lines)
                parquet.write_batch(batch)
                with error_with_path(text):
                    written.result()
        # `new` is moved into place first: the rest of the text must be on disk before that.
        with error_with_path(text):
            csv.flush()
            os.fsync(csv.fileno())
        return digest_of(new)


def write_parquet(
    folder: Path, count: int, batch_of: Callable[[slice], pa.RecordBatch], few_values: list[str]
) -> str:
    """Write results.parquet as `write_table` does, remove results.csv, and return its SHA-256."""
    with atomic_path(folder / PARQUET) as new:
        _write_parquet(new, count, batch_of, few_values)
        digest = digest_of(new)
    (folder / CSV).unlink(missing_ok=True)
    return digest


def parquet_of(
    count: int, batch_of: Callable[[slice], pa.RecordBatch], few_values: list[str]
) -> pa.Buffer:
    """Return the table that `write_table` writes to results.parquet."""
    sink = pa.BufferOutputStream()
    _write_parquet(sink, count, batch_of, few_values)
    return sink.getvalue()


def _write_parquet(
    sink: BinaryIO | pa.NativeFile,
    count: int,
    batch_of: Callable[[slice], pa.RecordBatch],
    few_values: list[str],
) -> None:
    with _parquet(sink, batch_of(slice(0, 0)).schema, few_values) as parquet:
        for chunk in _chunks(count):
            parquet.write_batch(batch_of(chunk))


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


def _write(file: BinaryIO, lines: Future[pa.Buffer]) -> None:
    file.write(lines.result())


def level_texts(grid: Grid) -> Iterator[str]:
    """Yield the levels of a grid that are texts."""
    levels = (level for column in grid.columns.values() for level in column.levels)
    return (level for level in levels if isinstance(level, str))


def key_arrays(column: Column, type_: pa.DataType | None = None) -> Callable[[slice], pa.Array]:
    """Return a key as a function of some points, of a type that its levels have by default.

    Texts are written once a level.
    """
    levels = pa.array(column.levels, type_)
    if pa.types.is_string(levels.type):
        levels = levels.dictionary_encode()
    if len(levels) == 1:
        # Made once: each chunk is a slice of it.
        constant = levels.take(pa.array(np.zeros(CHUNK, np.int8)))
        return lambda rows: constant[: rows.stop - rows.start]
    return lambda rows: levels.take(pa.array(column.codes[rows]))


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))
