"""Files that are whole or not there at all, for any reader and after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from secrets import token_hex

from xorsweep.storage.plain_files import create_file, is_folder

LEFTOVERS = ".*.tmp"
"""The form of temporary names."""


@contextmanager
def atomic_path(path: Path) -> Iterator[BufferedRandom]:
    """Yield a new file to write to; at the end it is synced and moved to `path`.

    It has a name of its own, which nobody can have put a link under. Where writing raises or is
    interrupted, `path` stays unchanged and nothing else is left; an OSError names it.
    """
    # In the same folder, since a move is atomic within one file system only.
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        with error_with_path(path):
            with create_file(temporary) as file:
                yield file
                file.flush()
                # Before the move: after a power cut the new name could stand for an empty file.
                os.fsync(file.fileno())
            temporary.replace(path)
    # Also for Ctrl-C, which may arrive anywhere.
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    # The move itself is safe once the folder is.
    sync(path.parent)


@contextmanager
def error_with_path(path: Path) -> Iterator[None]:
    """Let an OSError that doesn't say which file it is about name this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees all of it or none of it."""
    with atomic_path(path) as file:
        file.write(data)


def remove_leftovers(folder: Path) -> None:
    """Remove a killed process's unfinished files from a folder; no other process may be writing."""
    for path in folder.glob(LEFTOVERS):
        if not is_folder(path):
            path.unlink()


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
