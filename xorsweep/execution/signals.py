"""Ctrl-C, SIGTERM and SIGHUP: handled once, by the parent alone; workers end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from time import sleep
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Sent by Ctrl-C, by Slurm and `kill`, and by a terminal that is closed."""
EVERY = 0.5
"""Seconds between a worker's checks that its parent is alive."""


class Interrupted(KeyboardInterrupt):
    """A signal that ends the sweep; `exit_code` is 128 plus its number, as in shells."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


_received: list[int] = []


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise Interrupted in the main thread at the first signal and ignore those that follow.

    Cleaning up takes a moment, and a second signal must not cut it short: after the first, all are
    ignored. A signal that this process was started to ignore stays ignored.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise_once)
    try:
        yield
    finally:
        for number, handler in before.items():
            # After a signal the program ends: a further one must not cut short its last steps.
            signal.signal(number, signal.SIG_IGN if _received else handler)
        _received.clear()  # later code in this process isn't interrupted by it


def _raise_once(number: int, frame: FrameType | None) -> None:
    if _received:
        return
    _received.append(number)
    raise Interrupted(number)


def raise_pending_interrupt() -> None:
    """Raise Interrupted where a signal arrived and its exception was lost.

    Python drops exceptions that are raised while it collects garbage.
    """
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def hold_signals() -> Iterator[None]:
    """Handle signals that arrive in the block after it: some code can't be cut short."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread
        return
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    arrived: list[int] = []
    for number, handler in handlers.items():
        # SIG_IGN and SIG_DFL can't be called, and work without Python: they stay.
        if callable(handler):
            signal.signal(number, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)


@contextmanager
def block_signals_in_children() -> Iterator[None]:
    """Block the signals in processes and threads started here: a terminal sends them to all."""
    resource_tracker.ensure_running()  # started later it would lift the block, up to Python 3.12
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Process:
    """A process of some machine, by default this one; it can be pickled."""

    number: int = field(default_factory=os.getpid)
    host: str = field(default_factory=platform.node)

    @property
    def is_ancestor(self) -> bool:
        """Tell whether this process descends from it; where there is no /proc, as its child."""
        # On another host, as on a cluster, the same number is another process.
        return self.host == platform.node() and self.number in _ancestors()


def exit_with_parent(process: Process) -> None:
    """End this process soon after an ancestor has ended, even where that one was killed."""
    threading.Thread(target=_watch, args=(process,), daemon=True).start()


def exit_if_orphaned() -> None:
    """End this process at once if it is one of a pool whose process has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os._exit(1)


def leave_signals_to(process: Process) -> None:
    """Ignore the signals in this process where the other is its parent, which handles them."""
    if process.host == platform.node() and process.number == os.getppid():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _watch(process: Process) -> None:
    while process.is_ancestor:
        sleep(EVERY)
    # sys.exit would end this thread alone, and the main one may hang in a system call.
    os._exit(1)


def _ancestors() -> Iterator[int]:
    number = os.getppid()
    while number > 1:
        yield number
        try:
            state = Path(f"/proc/{number}/stat").read_bytes()
        except OSError:  # it has just ended, or this system has no /proc
            return
        # The name in brackets may hold brackets and spaces; the state and the parent follow it.
        number = int(state.rpartition(b")")[2].split()[1])
