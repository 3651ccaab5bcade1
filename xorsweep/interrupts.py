"""Ctrl-C and SIGTERM: heard once, by the parent alone; and workers that end with their parent."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from time import sleep
from types import FrameType

HEARD = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what Slurm and `kill` send."""
EVERY = 0.5
"""Seconds between two looks of a worker at its parent."""


class Interrupted(KeyboardInterrupt):
    """A signal that asks for the end; `exit_code` is 128 and its number, as shells have it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


_received: list[int] = []


@contextmanager
def heard() -> Iterator[None]:
    """Raise Interrupted in the main thread at the first signal and ignore those that follow.

    What has to be put in order at the end takes a moment, and a second signal must not cut it
    short. A signal that this process was started to ignore stays ignored.
    """
    _received.clear()
    before = {number: signal.getsignal(number) for number in HEARD}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise_once)
    try:
        yield
    finally:
        if not _received:
            for number, handler in before.items():
                signal.signal(number, handler)


def _raise_once(number: int, frame: FrameType | None) -> None:
    if _received:
        return
    _received.append(number)
    raise Interrupted(number)


def raise_if_heard() -> None:
    """Raise Interrupted where a signal was heard and the exception got lost on its way.

    Python drops what is raised while it collects garbage.
    """
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def unheard_by_children() -> Iterator[None]:
    """Start processes and threads that never hear the signals: a terminal sends them to all."""
    resource_tracker.ensure_running()  # started later it would lift the block, up to Python 3.12
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(parent: int) -> None:
    """Let this process end soon after the one that started it, even where that one was killed."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        sleep(EVERY)
    os._exit(1)
