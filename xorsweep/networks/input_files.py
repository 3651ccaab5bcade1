"""The files outside a sweep's folder that its initial weights are read from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from stat import S_ISREG

from xorsweep.grid.grid import Grid


def input_files(grid: Grid) -> dict[str, str]:
    """Return a digest of the content of each file that the grid's initial weights come from."""
    return {path: _file_digest(path) for path in _input_paths(grid)}


def input_notes(grid: Grid) -> list[str]:
    """Return a line for each file outside a sweep's folder that its points are trained from."""
    return [f"init.path={path}: initial weights are read from there" for path in _input_paths(grid)]


def changed_files(recorded: Mapping[str, str], grid: Grid) -> list[str]:
    """Return the paths of input files whose digests aren't the recorded ones, by path.

    Those that are recorded and not of the grid aren't looked at.
    """
    found = input_files(grid)
    return [path for path, digest in found.items() if recorded.get(path, digest) != digest]


def _input_paths(grid: Grid) -> list[str]:
    paths = grid.columns["init.path"].levels if "init.path" in grid.columns else ()
    return list(map(str, filter(None, paths)))


def _file_digest(path: str) -> str:
    try:
        # To read a pipe or a device might never end.
        if not S_ISREG(os.stat(path).st_mode):
            return "can't be read: it isn't a file"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        return f"can't be read: {error.strerror}"
