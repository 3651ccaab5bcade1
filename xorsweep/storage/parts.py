"""A part: the rows of finished batches as a Parquet file named by the digest of its bytes."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xorsweep.errors import DamagedPartError, IrregularFileError
from xorsweep.experiment import FAILED, MESSAGE, OK, POINT_ID, STATUS, STATUSES, Experiment
from xorsweep.storage.plain_files import read_bytes
from xorsweep.versions import FORMAT

SUFFIX = ".parquet"

_TYPES = {POINT_ID: pa.uint64(), STATUS: pa.int8(), MESSAGE: pa.string()}
"""The columns of every part."""
ROWS_READ = 8_192
"""Rows of a part that are read together where only some of its points are wanted."""
LEADING_BITS = 20
"""Bits of an identity that rule out most points that aren't wanted, without a search."""
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


def encode(rows: Sequence[pa.Table], experiment: Experiment[Any]) -> tuple[str, bytes]:
    """Return the file name and the bytes of a part."""
    table = table_of(rows).replace_schema_metadata(_metadata(experiment))
    # In measurements Parquet finds no repeated values.
    repeated = [each.name for each in table.schema if each.type in (pa.int8(), pa.string())]
    sink = pa.BufferOutputStream()
    # Nothing filters a part by its statistics.
    pq.write_table(
        table,
        sink,
        row_group_size=ROWS_READ,
        compression="zstd",
        use_dictionary=repeated,
        write_statistics=False,
    )
    data = sink.getvalue().to_pybytes()
    # The same rows have the same name: a part that is written twice is there once.
    return _digest(data) + SUFFIX, data


def table_of(rows: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of batches as one table of a part; points are ok by default."""
    return pa.concat_tables(map(_complete, rows), promote_options="default")


def _complete(rows: pa.Table) -> pa.Table:
    count = len(rows)
    if STATUS not in rows.column_names:
        rows = rows.append_column(STATUS, pa.array(np.full(count, OK, np.int8)))
    elif rows[STATUS].null_count:  # some of the pieces of a divided batch had no such column
        place = rows.column_names.index(STATUS)
        rows = rows.set_column(place, STATUS, pc.fill_null(rows[STATUS], OK))
    if MESSAGE not in rows.column_names:
        rows = rows.append_column(MESSAGE, pa.nulls(count, pa.string()))
    return rows


def decode(
    path: Path,
    experiment: Experiment[Any],
    lists: bool = True,
    points: NDArray[np.uint64] | None = None,
) -> pa.Table:
    """Return the rows of a part, with or without its columns of lists.

    Args:
        path: The file.
        experiment: The experiment that ran its points.
        lists: Whether there are lists.
        points: The identities, ascending, of the points whose rows are wanted; all where None.

    Raises:
        DamagedPartError: A byte of it, of whatever column, isn't as written.
        OSError: It can't be read.
        MemoryError: There isn't enough memory.
    """
    data = _data(path)
    # Before Arrow parses them: of damaged bytes it may read other numbers without an error.
    if path.name != _digest(data) + SUFFIX:
        raise DamagedPartError("its bytes don't match its name")
    with _arrow_errors():
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_schema(file.schema_arrow, experiment)
        names = [
            each.name for each in file.schema_arrow if lists or not pa.types.is_list(each.type)
        ]
        if points is None:
            part = file.read(names, use_threads=False)
        else:
            part = _rows_of_points(file, names, points)
        _check_values(part)
        experiment.check_part(part)
    return part


def _rows_of_points(
    file: pq.ParquetFile, names: Sequence[str], ascending: NDArray[np.uint64]
) -> pa.Table:
    """Return the rows of some points; lists are read only where such rows are close."""
    identities = file.read([POINT_ID], use_threads=False)
    _check_no_gaps(identities, POINT_ID)
    wanted = are_among(identities[POINT_ID].to_numpy(), ascending)
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    of_group = np.repeat(np.arange(len(sizes)), sizes)
    groups = np.unique(of_group[wanted])
    part = file.read_row_groups(groups.tolist(), names, use_threads=False)
    return part.filter(pa.array(wanted[np.isin(of_group, groups)]))


def are_among(points: NDArray[np.uint64], ascending: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which identities of points (n,) are among others, which ascend."""
    found = np.zeros(len(points), bool)
    if not len(ascending):
        return found
    shift = np.uint64(64 - LEADING_BITS)
    has_others = np.zeros(2**LEADING_BITS, bool)
    has_others[ascending >> shift] = True
    places = np.flatnonzero(has_others[points >> shift])
    left = points[places]
    found[places] = ascending.take(np.searchsorted(ascending, left), mode="clip") == left
    return found


def _check_schema(schema: pa.Schema, experiment: Experiment[Any]) -> None:
    found = schema.metadata or {}
    # Each mark apart, so that the message says which one differs.
    for name, wanted in _metadata(experiment).items():
        if found.get(name) != wanted:
            was = found.get(name, b"none").decode(errors="replace")
            raise DamagedPartError(f"written for {name.decode()} {was}, not {wanted.decode()}")
    if len(set(schema.names)) < len(schema.names):
        raise DamagedPartError("it has a column twice")
    others = [name for name in schema.names if name not in _TYPES]
    for column, type_ in {**_TYPES, **experiment.part_types(others)}.items():
        if column not in schema.names or schema.field(column).type != type_:
            raise DamagedPartError(f"its column {column} isn't of type {type_}")


def _check_values(part: pa.Table) -> None:
    """Raise DamagedPartError where a part has no identity or status for a point."""
    _check_no_gaps(part, POINT_ID)
    _check_no_gaps(part, STATUS)
    status = part[STATUS].to_numpy()
    check_codes(STATUS, part[STATUS], STATUSES)
    part[MESSAGE].validate(full=True)  # that it is UTF-8
    if part[MESSAGE].is_null().to_numpy()[status == FAILED].any():
        raise DamagedPartError(f"its column {MESSAGE} has gaps")


def _check_no_gaps(part: pa.Table, name: str) -> None:
    if part[name].null_count:
        raise DamagedPartError(f"its column {name} has gaps")


def check_codes(name: str, codes: pa.ChunkedArray, names: Sequence[str]) -> None:
    """Raise DamagedPartError where a column has codes that stand for no name."""
    if len(codes) and codes.null_count < len(codes):
        found = pc.min_max(codes).as_py()
        if found["min"] < 0 or found["max"] >= len(names):
            raise DamagedPartError(f"its column {name} has values that mean nothing")


def check_complete(part: pa.Table, names: Sequence[str]) -> None:
    """Raise DamagedPartError where a point that didn't fail has no value in some columns."""
    ended = part[STATUS].to_numpy() != FAILED
    for name in names:
        values = part[name]
        lists = pa.types.is_list(values.type)
        gaps = values.null_count and values.is_null().to_numpy()[ended].any()
        if gaps or (lists and any(chunk.flatten().null_count for chunk in values.chunks)):
            raise DamagedPartError(f"its column {name} has gaps")


def _data(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except IrregularFileError as error:
        if error.errno == errno.ELOOP:  # the target of the link may be whole
            raise
        raise DamagedPartError("not a file") from None


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Raise DamagedPartError where Arrow can't read a part, MemoryError where memory is short."""
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


def _metadata(experiment: Experiment[Any]) -> Mapping[bytes, bytes]:
    """Return the marks of parts, so that those of other experiments can't be mixed with them."""
    marks = {"format": FORMAT, **experiment.fingerprint()}
    return {
        f"xorsweep {key}".encode(): json.dumps(value, sort_keys=True).encode()
        for key, value in marks.items()
    }


def _digest(data: bytes) -> str:
    # Processors have instructions for SHA-256, which makes it the quickest there is.
    return hashlib.sha256(data).hexdigest()[:32]
