"""The writer of tables: both files or neither."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xorsweep.grid.columns import Column
from xorsweep.storage.table_writer import CHUNK, CSV, PARQUET, key_arrays, write_table

ROWS = 200
TEXT = "x" * 30


def _batch_of(rows: slice) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array([TEXT] * (rows.stop - rows.start), pa.string())})


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_tables_of_several_chunks_have_every_row_in_order(tmp_path: Path) -> None:
    count = CHUNK + 3
    levels = key_arrays(Column((0.5,), np.zeros(count, np.int64)))

    def batch_of(rows: slice) -> pa.RecordBatch:
        numbers = np.arange(rows.start, rows.stop)
        return pa.record_batch({"lr": levels(rows), "seed": pa.array(numbers)})

    write_table(tmp_path, count, batch_of, ["lr"], [])
    lines = "".join(f"0.5,{row}\n" for row in range(count))
    assert (tmp_path / CSV).read_text() == f"lr,seed\n{lines}"
    table = pa.table({"lr": [0.5] * count, "seed": range(count)})
    assert pq.read_table(tmp_path / PARQUET).equals(table)


def test_both_files_stay_where_the_end_of_the_text_finds_no_room(tmp_path: Path) -> None:
    """The text is shorter than a buffer, so that all of it is written at its end."""
    for name in (CSV, PARQUET):
        (tmp_path / name).write_bytes(b"as it was")
    room = ROWS * len(TEXT) // 2
    with _files_of_at_most(room), pytest.raises(OSError, match=CSV):
        write_table(tmp_path, ROWS, _batch_of, ["text"], [TEXT])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        CSV: b"as it was",
        PARQUET: b"as it was",
    }
    write_table(tmp_path, ROWS, _batch_of, ["text"], [TEXT])
    assert (tmp_path / PARQUET).stat().st_size < room < (tmp_path / CSV).stat().st_size
