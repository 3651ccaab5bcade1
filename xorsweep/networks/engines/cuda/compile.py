"""Compiles kernels for the GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba import cuda
from numba.cuda.core import config, event

from xorsweep.networks.engines.numba.compile import Once

SIMULATED = bool(config.ENABLE_CUDASIM)
"""Whether kernels run in Numba's simulator, thread by thread in Python: NUMBA_ENABLE_CUDASIM=1."""
THREADS = 128
"""Threads per block."""

# A batch that is too small for the device still has to be trained.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0


def compile_function(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call; it becomes a part of them."""
    return cuda.jit(device=True, **({} if SIMULATED else {"forceinline": True}))(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that the host launches, at its first launch in each process.

    It isn't cached on disk: numba-cuda's key of a kernel that calls an intrinsic differs between
    processes, so that each would add a kernel and none would find one.
    """
    return cuda.jit(function)


def launch(compiled: Any, threads: int, *arguments: Any) -> None:
    """Run `threads` threads of a kernel."""
    compiled[-(-threads // THREADS), THREADS](*arguments)


@contextmanager
def announce_compilation(log: Callable[[], None]) -> Iterator[None]:
    """Call `log` once, before the first compilation."""
    with event.install_listener("numba-cuda:run_pass", _Once(log)):
        yield


class _Once(Once, event.Listener):  # type: ignore[misc]
    """The same for the events of numba-cuda, which has a class of listeners of its own."""
