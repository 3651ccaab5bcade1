"""Compiles kernels and caches the machine code on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from filelock import FileLock
from numba import config, njit
from numba.core import event

FLAGS: dict[str, Any] = {"fastmath": {"contract", "nsz"}, "error_model": "numpy", "nogil": True}
"""Multiplications and additions may fuse. Full fastmath would let LLVM reorder sums, which would
break reproducible bits and the rounding to a whole number inside the exponential."""
LANES = 64
"""Networks per tile. Loops over them have this fixed length, a multiple of every vector register:
each network goes through the same vector instructions regardless of its batch."""


def compile_function(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call; it is cached as a part of them."""
    return njit(**FLAGS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls, once per precision; cache it where that is possible."""
    if not is_kept():
        return njit(**FLAGS)(function)
    # Numba reads it when a function is decorated: other packages' caches stay where they are.
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        return njit(cache=True, **FLAGS)(function)
    finally:
        config.CACHE_DIR = before


@cache
def cache_folder() -> Path:
    """Return the folder of compiled kernels, named by a digest of their sources.

    Numba invalidates its cache when the file of a kernel changes, but not when those of the
    functions that it calls do.
    """
    digest = hashlib.blake2b(digest_size=8)
    # Sorted, since the order of a glob is that of the file system.
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return _root() / digest.hexdigest()


def _root() -> Path:
    # Set by NUMBA_CACHE_DIR.
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xorsweep"


@cache
def is_kept() -> bool:
    """Tell whether compiled kernels can be cached on disk."""
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        # mkdir succeeds where the folder is there; only a file tells whether it is writable.
        TemporaryFile(dir=cache_folder()).close()
    except OSError:
        return False
    return True


@contextmanager
def announce_compilation(log: Callable[[], None]) -> Iterator[None]:
    """Call `log` once, before the first compilation; code that is read from disk needs none."""
    with event.install_listener("numba:compile", Once(log)):
        yield


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Make other processes wait, so that they read from disk the code that this one compiles."""
    if not is_kept():
        yield
        return
    with FileLock(cache_folder() / ".lock"):
        yield


class Once(event.Listener):  # type: ignore[misc]
    """Calls a function at the first event, and never again."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def on_start(self, event: Any) -> None:
        """Call the function, where it wasn't called yet."""
        call, self._call = self._call, None
        if call:
            call()

    def on_end(self, event: Any) -> None:
        """Do nothing."""
