"""Rows to disk and back: one file a finished batch, whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xorsweep.worker import Rows

MANIFEST = "manifest.json"
PARTS = "parts"


class StoreError(RuntimeError):
    """A sweep's folder that can't be used; the message says why and what to do."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees all of it or none of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Store:
    """The folder of one sweep; its parent process alone writes to it."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Store:
        """Return the store of a new sweep; raises StoreError where the folder holds one already."""
        if (folder / MANIFEST).exists() or (folder / PARTS).exists():
            raise StoreError(f"{folder} holds a sweep already; choose another folder")
        try:
            (folder / PARTS).mkdir(parents=True)
        except OSError as error:
            raise StoreError(f"{folder} can't be written: {error.strerror}") from None
        return cls(folder)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write manifest.json."""
        text = json.dumps(manifest, indent=2, ensure_ascii=False, default=str)
        write_atomically(self.folder / MANIFEST, (text + "\n").encode())

    def add(self, rows: Sequence[Rows]) -> None:
        """Write a finished batch as one part, named by the digest of its bytes."""
        tables = [_table(part) for part in rows]
        table = pa.concat_tables(tables, promote_options="default")
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        data = sink.getvalue().to_pybytes()
        write_atomically(self.folder / PARTS / f"{_digest(data)}.parquet", data)

    def parts(self) -> Iterator[pa.Table]:
        """Yield the parts, in the order of their names."""
        for path in sorted((self.folder / PARTS).glob("*.parquet")):
            yield pq.read_table(pa.BufferReader(path.read_bytes()))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _table(rows: Rows) -> pa.Table:
    outputs = {f"output_{i}": values for i, values in enumerate(rows.outputs)}
    return pa.table(
        {
            "identity": rows.identity,
            "final_error": rows.final_error,
            "mse": rows.mse,
            "max_abs_error": rows.max_abs_error,
            "converged_epoch": rows.converged_epoch,
            "holds_at_end": rows.holds_at_end,
            "outcome": rows.outcome,
            "status": rows.status,
            "message": pa.array(rows.message, pa.string()),
            "course": _list_array(rows),
            **outputs,
        }
    )


def _list_array(rows: Rows) -> pa.Array:
    has_course = rows.course_of >= 0
    lengths = np.where(has_course, rows.courses.shape[0], 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = rows.courses.T[rows.course_of[has_course]].ravel()
    return pa.ListArray.from_arrays(offsets, pa.array(values, pa.float32()))
