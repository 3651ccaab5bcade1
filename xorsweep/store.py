"""The folder of a sweep: its manifest, its lock, and parts that are whole or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from xorsweep.engines import Engine
from xorsweep.grid import Grid
from xorsweep.manifest import ManifestError, unsealed
from xorsweep.parts import DamagedPartError, decode, encode
from xorsweep.rules import ConfigError
from xorsweep.worker import Rows

MANIFEST = "manifest.json"
PARTS = "parts"
DAMAGED = "damaged"
LOCK = ".lock"


class StoreError(RuntimeError):
    """A sweep's folder that can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Store:
    """The folder of one sweep; one process at a time writes to it."""

    folder: Path
    engine: Engine

    @classmethod
    def create(cls, folder: Path, engine: Engine) -> Store:
        """Return the store of a new sweep.

        Raises StoreError where the folder holds one already or can't be written.
        """
        refuse_used(folder)
        try:
            (folder / PARTS).mkdir(parents=True)
        except OSError as error:
            raise StoreError(f"{folder} can't be written: {error.strerror}") from None
        return cls(folder, engine)

    @classmethod
    def open(cls, folder: Path) -> tuple[Store, Grid, dict[str, Any]]:
        """Return the store of a sweep that was begun, its grid and its manifest.

        Raises StoreError where the folder holds none or its manifest can't be trusted.
        """
        manifest = read_manifest(folder)
        try:
            grid, engine = unsealed(manifest)
        except (ManifestError, ConfigError, TypeError) as error:
            raise StoreError(f"{folder / MANIFEST} can't be used: {error}") from None
        (folder / PARTS).mkdir(exist_ok=True)
        return cls(folder, engine), grid, manifest

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; raises StoreError where another process that is alive holds it."""
        try:
            with FileLock(self.folder / LOCK, timeout=0):
                yield
        except Timeout:
            raise StoreError(
                f"{self.folder} is in use: another process is training this sweep"
            ) from None

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write manifest.json, whole or not at all."""
        text = json.dumps(manifest, indent=2, ensure_ascii=False, default=str)
        write_atomically(self.folder / MANIFEST, (text + "\n").encode())

    def add(self, rows: Sequence[Rows]) -> None:
        """Put a finished batch on disk."""
        name, data = encode(rows, self.engine)
        write_atomically(self.folder / PARTS / name, data)

    def parts(self) -> Iterator[pa.Table]:
        """Yield the parts in the order of their names; raises DamagedPartError."""
        for path in self.part_files():
            yield decode(path, self.engine)

    def damaged(self) -> Iterator[tuple[Path, str]]:
        """Yield what isn't a whole part, and in which way it isn't."""
        for path in self.part_files():
            try:
                decode(path, self.engine)
            except DamagedPartError as error:
                yield path, str(error)

    def set_aside_damaged(self) -> list[str]:
        """Move what isn't a whole part into `damaged/` and say, a line each, what it was."""
        lines = []
        for path, reason in self.damaged():
            (self.folder / DAMAGED).mkdir(exist_ok=True)
            path.replace(self.folder / DAMAGED / path.name)
            lines.append(f"{PARTS}/{path.name} is damaged: {reason}; moved to {DAMAGED}/")
        return lines

    def part_files(self) -> list[Path]:
        """Return the files of the parts, whole or not, in the order of their names."""
        return sorted(
            path
            for path in (self.folder / PARTS).iterdir()
            if not (path.name.startswith(".") and path.suffix == ".tmp")
        )


def refuse_used(folder: Path) -> None:
    """Raise StoreError where a folder holds a sweep already."""
    if (folder / MANIFEST).exists() or (folder / PARTS).exists():
        raise StoreError(
            f"hydra.sweep.dir={folder}: holds a sweep already; go on with it by "
            f"resume={folder}, or choose another folder"
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return manifest.json; raises StoreError where there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{folder} holds no sweep: there is no {MANIFEST} in it") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / MANIFEST} can't be read: {error}") from None
    if not isinstance(manifest, dict):
        raise StoreError(f"{folder / MANIFEST} isn't a manifest of xorsweep")
    return manifest


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees all of it or none of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
