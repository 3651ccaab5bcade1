"""A part: the rows of one finished batch as a Parquet file named by the digest of its bytes."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xorsweep._version import FORMAT, NUMERICS
from xorsweep.errors import DamagedPartError, IrregularFileError
from xorsweep.networks.engines import Engine
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.trainer import STATUSES, PointResults
from xorsweep.storage.plain_files import read_bytes

SUFFIX = ".parquet"

_MEASURED = {
    "identity": pa.uint64(),
    "final_error": pa.float64(),
    "mse": pa.float64(),
    "max_abs_error": pa.float64(),
    "converged_epoch": pa.int64(),
    "holds_at_end": pa.bool_(),
    "outcome": pa.int8(),
    "status": pa.int8(),
    "message": pa.string(),
    "parameters": pa.list_(pa.float64()),
    "course": pa.list_(pa.float32()),
}

LISTS = ("parameters", "course")
"""Columns of lists, which take most of a part's room."""

_NAMES = {"outcome": OUTCOMES, "status": STATUSES}
_OF_FEW_VALUES = ["outcome", "status", "message"]
"""Columns in which Parquet should look for repeated values; in measurements it finds none."""


TypesOf = Callable[[Sequence[str]], Mapping[str, pa.DataType]]
"""From the columns that a file has to the types of those that it must have."""

_OF_MEMORY = re.compile("memory|alloc", re.IGNORECASE)


@contextmanager
def release_arrow_memory() -> Iterator[None]:
    """Let Arrow return memory as soon as it is free; a pool of its own would keep it."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def encode(rows: Sequence[PointResults], engine: Engine) -> tuple[str, bytes]:
    """Return the file name and the bytes of a part."""
    return encode_table(table_of(rows), _schema_metadata(engine), _OF_FEW_VALUES)


def table_of(rows: Sequence[PointResults]) -> pa.Table:
    """Return rows as a part holds them, a row a point."""
    return pa.concat_tables([_table(some) for some in rows], promote_options="default")


def decode(path: Path, engine: Engine, left_out: Sequence[str] = ()) -> pa.Table:
    """Return the rows of a part, but for some of LISTS.

    Raises DamagedPartError where any byte of it, whether left out or not, isn't as written.
    """
    table = decode_table(path, _schema_metadata(engine), _types, left_out)
    with _arrow_errors():
        for column in set(_MEASURED) & set(table.column_names):
            _check_values(column, table[column])
    return table


def _types(columns: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the type of each column of a part; raises DamagedPartError for one it hasn't."""
    outputs = [column for column in columns if column not in _MEASURED]
    if set(outputs) != {f"output_{place}" for place in range(len(outputs))}:
        raise DamagedPartError("its columns aren't those of a part")
    return {**_MEASURED, **dict.fromkeys(outputs, pa.float64())}


def _check_values(column: str, values: pa.ChunkedArray) -> None:
    """Raise DamagedPartError where a part holds nothing, or what means nothing, for a point."""
    lists = column in LISTS
    if values.null_count or (lists and any(chunk.flatten().null_count for chunk in values.chunks)):
        raise DamagedPartError(f"its column {column} has gaps")
    if column == "message":
        values.validate(full=True)  # that it is UTF-8
    names = _NAMES.get(column)
    if names and len(values):
        codes = values.to_numpy()
        if codes.min() < 0 or codes.max() >= len(names):
            raise DamagedPartError(f"its column {column} has values that mean nothing")


def encode_table(
    table: pa.Table, stamp: Mapping[bytes, bytes], few_values: list[str]
) -> tuple[str, bytes]:
    """Return the file name and the bytes of a table; `stamp` says what it is a part of.

    In the columns `few_values` Parquet looks for repetitions.
    """
    table, sink = table.replace_schema_metadata(stamp), pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=few_values, write_statistics=False
    )
    data = sink.getvalue().to_pybytes()
    return _digest(data) + SUFFIX, data


def decode_table(
    path: Path,
    stamp: Mapping[bytes, bytes],
    types_of: TypesOf,
    left_out: Sequence[str] = (),
) -> pa.Table:
    """Return what was packed, but for some columns.

    Raises DamagedPartError where a byte, the stamp or one of the columns' types is another, and
    OSError or MemoryError where it can't be told.
    """
    data = _data(path)
    if path.name != _digest(data) + SUFFIX:
        raise DamagedPartError("its bytes don't match its name")
    with _arrow_errors():
        file = pq.ParquetFile(pa.BufferReader(data))
        _check(file.schema_arrow, stamp, types_of)
        columns = [name for name in file.schema_arrow.names if name not in left_out]
        return file.read(columns, use_threads=False)


def _data(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except IrregularFileError as error:
        if error.errno == errno.ELOOP:  # what the link leads to may be whole
            raise
        raise DamagedPartError("not a file") from None


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Tell what Arrow can't read from what it has no memory for."""
    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DamagedPartError):
            raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        # The decompressors and Thrift have no other way to say that memory doesn't suffice.
        if _OF_MEMORY.search(reason):
            raise MemoryError(reason) from None
        raise DamagedPartError(f"not a Parquet file ({reason})") from None


def _check(schema: pa.Schema, stamp: Mapping[bytes, bytes], types_of: TypesOf) -> None:
    found = schema.metadata or {}
    for name, wanted in stamp.items():
        if found.get(name) != wanted:
            was = found.get(name, b"none").decode(errors="replace")
            raise DamagedPartError(f"written for {name.decode()} {was}, not {wanted.decode()}")
    if len(set(schema.names)) < len(schema.names):
        raise DamagedPartError("it has a column twice")
    for column, type_ in types_of(schema.names).items():
        if column not in schema.names or schema.field(column).type != type_:
            raise DamagedPartError(f"its column {column} isn't of type {type_}")


def _schema_metadata(engine: Engine) -> dict[bytes, bytes]:
    return {
        b"xorsweep format": str(FORMAT).encode(),
        b"xorsweep numerics": str(NUMERICS).encode(),
        b"xorsweep engine": engine.name.encode(),
        b"xorsweep dtype": engine.dtype.encode(),
    }


def _digest(data: bytes) -> str:
    # Processors have instructions for SHA-256, which makes it the quickest there is.
    return hashlib.sha256(data).hexdigest()[:32]


def _table(rows: PointResults) -> pa.Table:
    lists = {"parameters": _parameters(rows), "course": _courses(rows)}
    measured = {
        name: lists[name] if name in lists else pa.array(getattr(rows, name), type_)
        for name, type_ in _MEASURED.items()
    }
    return pa.table(measured | {f"output_{i}": values for i, values in enumerate(rows.outputs)})


def _parameters(rows: PointResults) -> pa.Array:
    """Return the parameters of each point, empty where they aren't kept."""
    points, size = rows.parameters.shape
    offsets = np.arange(points + 1, dtype=np.int32) * size
    return pa.ListArray.from_arrays(offsets, pa.array(rows.parameters.ravel()))


def _courses(rows: PointResults) -> pa.Array:
    """Return the course of each point, empty where a longer point of its trajectory has it."""
    has_course = rows.course_of >= 0
    lengths = np.where(has_course, rows.courses.shape[0], 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = rows.courses.T[rows.course_of[has_course]].ravel()
    return pa.ListArray.from_arrays(offsets, pa.array(values, pa.float32()))
