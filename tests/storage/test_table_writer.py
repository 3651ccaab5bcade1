"""The writer of tables: both files or neither."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from xorsweep.storage.table_writer import CSV, PARQUET, write_table

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
