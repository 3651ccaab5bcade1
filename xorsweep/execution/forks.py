"""A fork server: a process that imports modules once, and whose copies work on tasks.

Processes of a pool would each import them.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from select import select
from subprocess import PIPE, Popen
from threading import Lock, Thread
from typing import Any, TypeVar

from xorsweep.execution.signals import Process, exit_with_parent

Item = TypeVar("Item")
Value = TypeVar("Value")

IDLE_SECONDS = 300
"""Seconds without a task after which the process ends."""


class ForkServer:
    """A process that imports modules as soon as it is made, and ends with this one."""

    def __init__(self, *modules: str) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; import {__name__} as forks; "
        self._process: Popen[bytes] = Popen(
            [sys.executable, "-c", f"{code}forks.serve({modules!r})"],
            stdin=PIPE,
            stdout=PIPE,
            # NumPy's threads wouldn't survive in copies, of which each has a core.
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            process_group=0,  # a terminal sends Ctrl-C to the group of this process
        )
        self._lock = Lock()

    def close(self) -> None:
        """End the process and its copies, which are a group of processes."""
        with suppress(BrokenPipeError), self._process as process:  # of a request it didn't read
            if self.is_alive:
                os.killpg(process.pid, signal.SIGKILL)

    @property
    def is_alive(self) -> bool:
        """Tell whether the process hasn't ended."""
        return self._process.poll() is None

    def map(
        self, function: Callable[[Item], Value], items: Iterable[Item], workers: int
    ) -> Future[list[Value]]:
        """Start to call a function with each item, in as many copies of the process as `workers`.

        Returns:
            The values in the order of the items. It raises BrokenProcessPool where a process dies.
        """
        future: Future[list[Value]] = Future()
        request = (function, [*items], workers, Process(), os.getcwd())
        # The process may still import, and read nothing meanwhile.
        Thread(target=self._exchange, args=(request, future), daemon=True).start()
        return future

    def _exchange(self, request: tuple[Any, ...], future: Future[list[Any]]) -> None:
        assert self._process.stdin
        assert self._process.stdout
        try:
            from joblib.externals.loky.cloudpickle_wrapper import dumps

            # Unlike pickle's, it sends classes of scripts and notebooks by value.
            data = dumps(request)
            with self._lock:
                self._process.stdin.write(data)
                self._process.stdin.flush()
                values, error = pickle.load(self._process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            values, error = [], BrokenProcessPool("the fork server has ended")
        except BaseException as found:
            values, error = [], found
        if error:
            future.set_exception(error)
        else:
            future.set_result(values)


def serve(modules: Sequence[str]) -> None:
    """Import modules, and answer requests until there are none or the other process has ended."""
    # A text that a task prints isn't an answer.
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.disable()  # what modules define stays: it would be visited again and again
    for name in modules:
        import_module(name)
    gc.enable()
    # Arrow has a thread that frees memory, and copies do without it.
    warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
    with suppress(EOFError, BrokenPipeError):  # the other process has ended
        while select([requests], [], [], IDLE_SECONDS)[0]:
            pickle.dump(_answer(*pickle.load(requests)), answers)
            answers.flush()


def _answer(*request: Any) -> tuple[list[Any], Exception | None]:
    try:
        return _map(*request), None
    except Exception as error:
        return [], error


def _map(
    function: Callable[[Any], Any], items: Sequence[Any], workers: int, parent: Process, folder: str
) -> list[Any]:
    os.chdir(folder)  # for paths that are relative
    gc.freeze()  # copies share the memory of objects that their garbage collector never visits
    # A copy inherits the function and its arguments without pickling.
    begin, copies = (parent, function), min(workers, len(items)) or 1
    try:
        if sys.platform == "darwin":
            raise OSError("Apple's libraries don't survive in a copy")
        pool = ProcessPoolExecutor(copies, get_context("fork"), _begin, begin)
    except OSError:  # there may be no room for locks, either
        return [*map(function, items)]
    with pool:
        return [*pool.map(_call, items)]


_functions: list[Callable[[Any], Any]] = []


def _begin(parent: Process, function: Callable[[Any], Any]) -> None:
    exit_with_parent(parent)
    _functions.append(function)


def _call(item: Any) -> Any:
    return _functions[0](item)
