"""Ctrl-C, SIGTERM and SIGHUP: heard once, by the parent alone; workers that end with it."""

from __future__ import annotations

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
"""Ctrl-C, what Slurm and `kill` send, and what a terminal sends that is closed."""
EVERY = 0.5
"""Seconds between two looks of a worker at its parent."""


class Interrupted(KeyboardInterrupt):
    """A signal that asks for the end; `exit_code` is 128 and its number, as shells have it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


_received: list[int] = []


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise Interrupted in the main thread at the first signal and ignore those that follow.

    What has to be put in order at the end takes a moment, and a second signal must not cut it
    short: once one was heard, all are ignored from then on. A signal that this process was started
    to ignore stays ignored.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise_once)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if _received else handler)
        _received.clear()  # what runs in this process afterwards isn't interrupted by it


def _raise_once(number: int, frame: FrameType | None) -> None:
    if _received:
        return
    _received.append(number)
    raise Interrupted(number)


def raise_pending_interrupt() -> None:
    """Raise Interrupted where a signal was heard and the exception got lost on its way.

    Python drops what is raised while it collects garbage.
    """
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def block_signals_in_children() -> Iterator[None]:
    """Start processes and threads that never hear the signals: a terminal sends them to all."""
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
    def is_parent(self) -> bool:
        """Tell whether it started the process that asks."""
        return self.host == platform.node() and self.number == os.getppid()

    @property
    def is_ancestor(self) -> bool:
        """Tell whether it started the process that asks, or one that did; also far from /proc."""
        return self.host == platform.node() and self.number in _ancestors()


def exit_with_parent(process: Process) -> None:
    """Let this process end soon after one that it descends from, even where that one was killed."""
    threading.Thread(target=_watch, args=(process,), daemon=True).start()


def leave_signals_to(process: Process) -> None:
    """Let this process ignore the signals where the other one started it, and hears them."""
    if process.is_parent:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _watch(process: Process) -> None:
    while process.is_ancestor:
        sleep(EVERY)
    os._exit(1)


def _ancestors() -> Iterator[int]:
    number = os.getppid()
    while number > 1:
        yield number
        try:
            state = Path(f"/proc/{number}/stat").read_bytes()
        except OSError:  # it is gone just now, or this system has no /proc
            return
        number = int(state.rpartition(b")")[2].split()[1])
