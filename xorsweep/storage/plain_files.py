"""Files and folders inside a sweep's folder, which may be somebody else's: no link is followed.

Each function is about the last name of a path: a link, pipe, device or socket of that name is
refused before it is opened. The sweep's own folder may be reached by links.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Collection
from contextlib import suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path

from xorsweep.errors import IrregularFileError

# Windows lacks some of them.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def open_file(path: Path) -> BufferedReader:
    """Open a file for reading; raises OSError where it isn't a plain one or can't be opened."""
    _refuse(path, os.lstat(path).st_mode)
    # Without O_NONBLOCK, a pipe put there since would be waited for until somebody writes to it.
    descriptor = os.open(path, os.O_RDONLY | _NO_LINK | _NO_WAIT)
    try:
        _refuse(path, os.fstat(descriptor).st_mode)  # the file may have changed since
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_bytes(path: Path) -> bytes:
    """Return all that a plain file holds; raises OSError."""
    with open_file(path) as file:
        try:
            return file.read()
        except OSError as error:
            error.filename = error.filename or str(path)
            raise


def create_file(path: Path) -> BufferedRandom:
    """Create a file for writing and reading; raises OSError where anything of the name is there."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666), "w+b")


def check_is_file(path: Path) -> None:
    """Raise OSError where a path isn't a plain file, before others open it."""
    with suppress(FileNotFoundError):
        _refuse(path, os.lstat(path).st_mode)


def make_folder(path: Path) -> Path:
    """Return a folder, made where it isn't there; raises OSError where it isn't a plain one."""
    try:
        path.mkdir()
    except FileExistsError:
        _refuse(path, os.lstat(path).st_mode, folder=True)
    return path


def files_in(folder: Path) -> list[Path]:
    """Return the entries of a folder by name; none where it is missing, else raises OSError."""
    try:
        _refuse(folder, os.lstat(folder).st_mode, folder=True)
    except FileNotFoundError:
        return []
    return sorted(folder.iterdir())


def is_folder(path: Path) -> bool:
    """Tell whether something is a folder and no link to one."""
    return stat.S_ISDIR(os.lstat(path).st_mode)


def is_there(path: Path) -> bool:
    """Tell whether anything has a name, a link to nowhere too."""
    return os.path.lexists(path)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, or the link or file in its place; raises OSError."""
    with suppress(FileNotFoundError):
        if is_folder(path):
            shutil.rmtree(path)
        else:
            path.unlink()


def copy_tree(source: Path, target: Path, left_out: Collection[str] = ()) -> None:
    """Copy the entries of a folder, except some names, into another, overwriting files there.

    Raises OSError for anything that is neither a plain file nor a folder, here or there.
    """
    for path in sorted(source.iterdir()):
        if path.name in left_out:
            continue
        if is_folder(path):
            copy_tree(path, make_folder(target / path.name), left_out)
        else:
            _copy_file(path, target / path.name)


def _copy_file(source: Path, target: Path) -> None:
    with open_file(source) as old:
        check_is_file(target)
        # A new file, since the old one may be a hard link whose bytes another folder has, too.
        target.unlink(missing_ok=True)
        with create_file(target) as new:
            shutil.copyfileobj(old, new)


def _refuse(path: Path, mode: int, folder: bool = False) -> None:
    """Raise IrregularFileError where a mode isn't that of a plain file, or of a folder."""
    if stat.S_ISLNK(mode):
        reason = "it is a link, and no link inside a sweep is followed"
        raise IrregularFileError(errno.ELOOP, reason, str(path))
    if folder and not stat.S_ISDIR(mode):
        raise IrregularFileError(errno.ENOTDIR, "it isn't a folder", str(path))
    if not folder and not stat.S_ISREG(mode):
        raise IrregularFileError(errno.EINVAL, "it isn't a file", str(path))
