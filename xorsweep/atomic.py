"""Files that are whole or not there at all, for any reader and after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEFTOVERS = ".*.tmp"
"""What temporary names look like."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name to write to; what is there at the end is synced and moved to `path`.

    Where writing raises or is interrupted, `path` stays what it was and nothing else is left; an
    OSError names it.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with named(path):
            yield temporary
            sync(temporary)
            temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Let an OSError that doesn't say which file it is about name this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees all of it or none of it."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process was writing to a folder; there must be no other that writes."""
    for path in folder.glob(LEFTOVERS):
        if path.is_file():
            path.unlink()


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
