"""Arrays that lie in files without names once they are large, so that memory stays bounded."""

from __future__ import annotations

import mmap
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from weakref import WeakSet

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from xorsweep.storage.atomic import error_with_path

IN_MEMORY = 2**22
"""Bytes below which an array lies in memory."""
PIECE = 2**20
"""Values that are written to a file at a time."""

_MAPPED: WeakSet[mmap.mmap] = WeakSet()


def full(
    count: int,
    fill: float | np.generic,
    dtype: DTypeLike,
    folder: Path | None = None,
    in_memory: int = IN_MEMORY,
) -> NDArray[np.generic]:
    """Return a new array (count,) with a value, in a file of a folder from `in_memory` bytes on.

    Raises OSError where there is no room: a page that can't be written later ends the process.
    """
    dtype = np.dtype(dtype)
    if count * dtype.itemsize < in_memory:
        return np.full(count, fill, dtype)
    folder = folder or Path(gettempdir())
    with error_with_path(folder), TemporaryFile(dir=folder) as file:
        # Written in full: in a sparse file a page is allocated when it is first changed, and a full
        # disk is then no OSError but a SIGBUS.
        piece = np.full(PIECE, fill, dtype)
        for start in range(0, count, PIECE):
            file.write(piece[: count - start].data)
        file.flush()
        # The mapping outlives the closed file, which has no name and goes with it.
        mapped = mmap.mmap(file.fileno(), 0)
    _MAPPED.add(mapped)
    return np.frombuffer(mapped, dtype)


def release_pages() -> None:
    """Return the memory of all these files, and the unused memory of the allocator, to the system.

    Their values are read again where they are needed.
    """
    # A list, as the set may lose members while it is gone through.
    for mapped in list(_MAPPED):
        # The pages of a shared mapping are in its file, so nothing is lost.
        mapped.madvise(mmap.MADV_DONTNEED)
    pa.system_memory_pool().release_unused()
