"""How kernels are compiled, and where what was compiled is kept."""

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
"""Multiplications and additions may fuse. More would let LLVM reorder sums, and with them break
the rounding to a whole number inside the exponential."""
LANES = 64
"""Networks that one tile trains. Loops over them have this fixed length, a multiple of every
vector, so that each network passes through the same vector instructions in any company."""


def compile_function(function: Callable[..., Any]) -> Any:
    """Compile a part of a kernel, which is kept with the kernel."""
    return njit(**FLAGS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile what Python calls, once for each precision, and keep it where that can be done."""
    if not is_kept():
        return njit(**FLAGS)(function)
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        return njit(cache=True, **FLAGS)(function)
    finally:
        config.CACHE_DIR = before


@cache
def cache_folder() -> Path:
    """Return the folder of compiled kernels: another for each state of their sources.

    Numba looks at the file of the kernel alone, and not at those of the functions it calls.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return _root() / digest.hexdigest()


def _root() -> Path:
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xorsweep"


@cache
def is_kept() -> bool:
    """Tell whether kernels can be kept on disk after they were compiled."""
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=cache_folder()).close()
    except OSError:
        return False
    return True


@contextmanager
def announce_compilation(say: Callable[[], None]) -> Iterator[None]:
    """Call `say` once, before anything is compiled rather than read from disk."""
    with event.install_listener("numba:compile", _Once(say)):
        yield


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let other processes wait, so that they find on disk what this one compiles."""
    if not is_kept():
        yield
        return
    with FileLock(cache_folder() / ".lock"):
        yield


class _Once(event.Listener):  # type: ignore[misc]
    """Calls a function at the first start of an event."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def on_start(self, event: Any) -> None:
        call, self._call = self._call, None
        if call:
            call()

    def on_end(self, event: Any) -> None:
        pass
