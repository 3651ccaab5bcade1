"""Files that are whole or not there at all."""

import errno
import os
from pathlib import Path

import pytest

from xorsweep.storage.atomic import atomic_path, remove_leftovers, write_atomically


def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.csv"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device"):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def write_half_of(path: Path, error: type[BaseException]) -> None:
    with atomic_path(path) as file:
        file.write(b"ne")
        assert path.read_text() == "old"
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_while_writing_leaves_the_old_file_and_no_other(
    error: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "summary.csv"
    path.write_text("old")
    with pytest.raises(error):
        write_half_of(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_temporary_files_are_leftovers(tmp_path: Path) -> None:
    kept = [tmp_path / "mine.tmp", tmp_path / ".hidden", tmp_path / "results.csv"]
    for path in (*kept, tmp_path / ".results.csv.tmp"):
        path.touch()
    (tmp_path / ".folder.tmp").mkdir()
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / ".folder.tmp"])
