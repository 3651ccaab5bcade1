"""The folder of a sweep: its manifest, its lock, and parts that are whole or not there at all."""

from __future__ import annotations

import errno
import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from xorsweep.errors import (
    ConfigError,
    DamagedPartError,
    IrregularFileError,
    ManifestError,
    StoreError,
)
from xorsweep.experiment import Experiment
from xorsweep.storage.atomic import LEFTOVERS, remove_leftovers, write_atomically
from xorsweep.storage.parts import decode, encode
from xorsweep.storage.paths import RUN_FILES
from xorsweep.storage.plain_files import (
    check_is_file,
    files_in,
    is_folder,
    is_there,
    make_folder,
    open_file,
    read_bytes,
)
from xorsweep.storage.records import Record
from xorsweep.storage.run_ahead import run_ahead

MANIFEST = "manifest.json"
PARTS = "parts"
DAMAGED = "damaged"
PARTIAL = "partial"
"""The folder for a report of the points so far; another process may write to it at any time."""
LOCK = ".lock"
BRIEFLY = 0.2
"""Seconds for which a taken lock is waited for: `is_held` takes one for an instant."""
READERS = 2
"""Threads that read parts."""
LONG = 2_000
"""Characters of an entry of the manifest above which it isn't laid out for people."""


@dataclass(frozen=True)
class Store:
    """The folder of one sweep; one process at a time writes to it."""

    folder: Path
    experiment: Experiment[Any]

    @classmethod
    def create(cls, folder: Path, experiment: Experiment[Any]) -> Store:
        """Return the store of a new sweep, in a folder that is made where there is none.

        Raises StoreError where the folder holds one already or can't be written.
        """
        check_unused(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} can't be written: {error.strerror}") from None
        return cls(folder, experiment)

    @property
    def resume_command(self) -> str:
        """Return the command that resumes the sweep."""
        return self.experiment.resume_command(self.folder)

    def write_manifest(self, manifest: Record) -> None:
        """Write manifest.json, whole or not at all."""
        data = manifest.to_data()
        entries = (f"  {_json(key)}: {_shortest(value)}" for key, value in data.items())
        text = ",\n".join(entries)
        # A half surrogate, which JSON may hold, becomes the escape that JSON has for it.
        written = f"{{\n{text}\n}}\n".encode(errors="backslashreplace")
        write_atomically(self.folder / MANIFEST, written)

    def add(self, rows: Sequence[pa.Table]) -> None:
        """Put finished batches on disk, as one part."""
        name, data = encode(rows, self.experiment)
        write_atomically(make_folder(self.folder / PARTS) / name, data)

    def parts(self, points: NDArray[np.uint64] | None = None) -> Iterator[pa.Table]:
        """Yield the parts in the order of their names; of some points where identities are given.

        Raises StoreError for a damaged one.
        """
        return self._in_order(points=None if points is None else np.sort(points))

    def measurements(self) -> Iterator[pa.Table]:
        """Yield the parts without their lists, which take most of the bytes."""
        return self._in_order(lists=False)

    def _in_order(self, **options: Any) -> Iterator[pa.Table]:
        """Yield the parts, read with some options of `decode`, while the next ones are read."""
        read = partial(self._read, **options)
        for path, reading_part in run_ahead(read, self.part_files(), READERS):
            try:
                part = reading_part.result()
            except DamagedPartError as error:
                raise StoreError(
                    f"{path} is damaged: {error}; {self.resume_command} sets it aside and runs "
                    "its points again"
                ) from None
            yield part

    def whole_parts(self) -> Iterator[pa.Table]:
        """Yield the parts that aren't damaged, in the order of their names."""
        for path in self.part_files():
            with suppress(DamagedPartError):
                yield self._read(path)

    def damaged(self) -> Iterator[tuple[Path, str]]:
        """Yield the damaged parts, each with the reason.

        Raises StoreError for a part that can't be read, as it may be whole.
        """
        for path in self.part_files():
            try:
                self._read(path)
            except DamagedPartError as error:
                yield path, str(error)

    def quarantine_damaged_parts(self) -> list[str]:
        """Move damaged parts into `damaged/`, and return a line about each.

        Where one of the parts can't be read, raises StoreError and moves none of them.
        """
        lines = []
        # All are read before the first is moved: where one can't be read, none is moved.
        for path, reason in list(self.damaged()):
            aside = _free_name(make_folder(self.folder / DAMAGED) / path.name)
            path.rename(aside)
            lines.append(f"{PARTS}/{path.name} is damaged: {reason}; moved to {DAMAGED}/")
        return lines

    def remove_leftovers(self) -> None:
        """Remove the temporary files of a process that was killed while it wrote them."""
        remove_leftovers(self.folder)
        for path in self.folder.iterdir():
            # Another process may be writing there; the lock doesn't cover it.
            if is_folder(path) and path.name != PARTIAL:
                remove_leftovers(path)

    def part_files(self) -> list[Path]:
        """Return the files of the parts, whole or not, in the order of their names.

        Raises StoreError where they can't be listed.
        """
        with reading(self.folder / PARTS):
            found = files_in(self.folder / PARTS)
        return [path for path in found if not fnmatch(path.name, LEFTOVERS)]

    def _read(self, path: Path, **options: Any) -> pa.Table:
        with reading(path):
            return decode(path, self.experiment, **options)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise StoreError for a failed read: a faulty disk, a missing right, too little memory."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{error.filename or path} can't be read: {error.strerror or error}"
        ) from None
    except MemoryError:
        raise StoreError(f"{path} can't be read: there isn't enough memory") from None


def _shortest(value: object) -> str:
    """Return indented JSON, or one line for a long value, which is much faster."""
    in_line = _json(value)
    if len(in_line) > LONG:
        return in_line
    return _json(value, indent=2).replace("\n", "\n  ")


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False, default=str)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder, which a dead process doesn't.

    Raises StoreError where another process that is alive holds it, or where it can't be written.
    """
    lock = FileLock(folder / LOCK, timeout=BRIEFLY)
    try:
        # FileLock would follow a link.
        check_is_file(folder / LOCK)
        lock.acquire()
    except Timeout:
        raise StoreError(f"{folder} is in use: another process is training this sweep") from None
    except (OSError, NotImplementedError) as error:
        where = error.filename if isinstance(error, IrregularFileError) else folder
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"{where} can't be written: {reason}") from None
    try:
        yield
    finally:
        lock.release()


def is_held(folder: Path) -> bool:
    """Tell whether a process that is alive holds a folder; raises StoreError where it can't.

    Others that ask at the same time don't count.
    """
    with reading(folder / LOCK):
        if not is_there(folder / LOCK):
            return False
        with open_file(folder / LOCK) as file:
            try:
                # A shared lock, so that others who ask don't see this one as a holder.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # until the file is closed
            except OSError as error:
                # Without flock, the file is there only while it is held.
                if error.errno in (errno.EAGAIN, errno.EACCES, errno.ENOSYS):
                    return True
                raise
    return False


def check_unused(folder: Path) -> None:
    """Raise StoreError where a folder holds a sweep already.

    The files of a process that was killed before its sweep began are no sweep.
    """
    if is_there(folder / MANIFEST):
        raise StoreError(
            f"hydra.sweep.dir={folder}: already holds a sweep; continue with "
            f"resume={folder}, or choose another folder"
        )
    if (folder / RUN_FILES[0]).exists():
        raise StoreError(f"hydra.sweep.dir={folder}: holds a single run; choose another folder")
    if _holds_parts(folder):
        raise StoreError(
            f"hydra.sweep.dir={folder}: holds the {PARTS} of a sweep without its {MANIFEST}; "
            "put that back, or choose another folder"
        )


def _holds_parts(folder: Path) -> bool:
    parts = folder / PARTS
    return is_there(parts) and (not is_folder(parts) or any(parts.iterdir()))


def _free_name(path: Path) -> Path:
    """Return a path, with a number behind its name where something is there already."""
    candidate, number = path, 1
    while is_there(candidate):
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the entries of manifest.json, whose types `using_manifest` checks.

    Raises StoreError where there are none that can be read.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_bytes(path).decode("utf-8"))
    except FileNotFoundError:
        hint = (
            f"; its {PARTS} can't be used without it"
            if _holds_parts(folder)
            else "; a sweep that ended so early has trained nothing: start it again"
            if folder.is_dir()
            else ""
        )
        raise StoreError(f"{folder} holds no sweep: it has no {MANIFEST}{hint}") from None
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror or error}") from None
    except (RecursionError, MemoryError):
        raise StoreError(f"{path} can't be read: it is too large") from None
    except ValueError as error:
        raise StoreError(f"{path} can't be read: {error}") from None
    if not isinstance(manifest, dict):
        raise StoreError(f"{path} isn't a manifest of xorsweep")
    return manifest


@contextmanager
def using_manifest(folder: Path) -> Iterator[None]:
    """Raise StoreError where an entry of a folder's manifest isn't valid."""
    try:
        yield
    except (ManifestError, ConfigError) as error:
        raise StoreError(f"{folder / MANIFEST} can't be used: {error}") from None
    except (RecursionError, MemoryError):
        raise StoreError(f"{folder / MANIFEST} can't be used: it is too large") from None
