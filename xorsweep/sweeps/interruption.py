"""The end of an unfinished sweep: its record, and a message about resuming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import pyarrow as pa

from xorsweep.errors import ExecutionError, StoreError, SweepAborted
from xorsweep.experiment import FAILED, MESSAGE, STATUS
from xorsweep.reporting.console import Console
from xorsweep.storage.environment import now
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.plain_files import is_there
from xorsweep.storage.store import MANIFEST, Store
from xorsweep.text import count_text


def stop_if_failed(rows: pa.Table) -> None:
    """Raise SweepAborted where points of a batch failed."""
    if STATUS not in rows.column_names:
        return
    failed = np.flatnonzero(rows[STATUS].to_numpy() == FAILED)
    if len(failed):
        count, message = count_text(len(failed), "point"), rows[MESSAGE][int(failed[0])]
        raise SweepAborted(f"on_failure=stop: {count} failed: {message}")


@contextmanager
def resume_hint_on_error(store: Store, terminal: Console) -> Iterator[None]:
    """Add the command that resumes a sweep to the error that ends it.

    Raises StoreError, with that, for a disk, a memory or workers that don't suffice, and for a
    sweep that was to stop at a failure; an interrupt propagates.
    """
    try:
        yield
    except (OSError, MemoryError, ExecutionError, SweepAborted) as error:
        raise StoreError(f"{_reason(error, store)}{_hint(store)}") from error
    except KeyboardInterrupt:
        terminal.log(f"interrupted{_hint(store)}")
        raise


@contextmanager
def mark_interrupted_on_error(store: Store, manifest: Manifest) -> Iterator[None]:
    """Let the manifest say where something ended the run before its end."""
    try:
        yield
    except BaseException:
        # The disk may be full, and that may have ended the run: the first error is reported.
        with suppress(OSError):
            store.write_manifest(replace(manifest, state="interrupted", finished=now()))
        raise


def _reason(error: Exception, store: Store) -> str:
    if isinstance(error, MemoryError):
        return f"there isn't enough memory: {error}"
    if not isinstance(error, OSError):
        return str(error)
    reason = error.strerror or str(error)
    return f"{error.filename or store.folder} can't be written: {reason}"


def _hint(store: Store) -> str:
    if not is_there(store.folder / MANIFEST):
        return ""
    return f"; finished batches are kept, resume with {store.resume_command}"
