"""A part forged so well that only training its points again tells: its digest is right."""

import hashlib
import struct
from collections.abc import Callable
from math import isfinite
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Change = Callable[[pa.Table], pa.Table]


def forge(folder: Path, change: Change) -> list[int]:
    """Replace the first part of a sweep whose first run hasn't diverged by a changed one.

    Its name fits its bytes. Return the identities of its points.
    """
    for path in sorted((folder / "parts").glob("*.parquet")):
        table = pq.ParquetFile(path).read()
        if isfinite(table["mse"][0].as_py()):
            break
    path.unlink()
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    path.rename(path.with_name(f"{digest}.parquet"))
    identities: list[int] = table["point_id"].to_pylist()
    return identities


def with_value(column: str, row: int, value: object) -> Change:
    """Return a change of one value."""

    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = value
        field = table.schema.field(column)
        return table.set_column(
            table.column_names.index(column), field, pa.array(values, field.type)
        )

    return change


def with_bit_flipped(column: str, row: int) -> Change:
    """Return a change of the lowest bit of one float64."""

    def change(table: pa.Table) -> pa.Table:
        return with_value(column, row, last_bit_flipped(table[column][row].as_py()))(table)

    return change


def last_bit_flipped(number: float) -> float:
    """Return a float64 with another last bit."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", number))
    (flipped,) = struct.unpack("<d", struct.pack("<Q", bits ^ 1))
    return float(flipped)
