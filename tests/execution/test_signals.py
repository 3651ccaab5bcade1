"""Signals that wait for the end of code that can't be cut short."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from xorsweep.execution.signals import hold_signals


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def held() -> AbstractContextManager[None]:
    """Return two blocks, one in the other."""
    blocks = ExitStack()
    blocks.enter_context(hold_signals())
    blocks.enter_context(hold_signals())
    return blocks


@pytest.mark.parametrize("block", [hold_signals, held], ids=["one", "nested"])
def test_a_signal_waits_for_the_end_of_the_outermost_block(
    block: Callable[[], AbstractContextManager[None]],
) -> None:
    reached = []

    def work() -> None:
        with block():
            send(signal.SIGINT)
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["end"]
    with pytest.raises(KeyboardInterrupt):  # and none of a later one
        send(signal.SIGINT)


def test_an_error_of_the_block_is_kept_beside_the_signal() -> None:
    def work() -> None:
        with hold_signals():
            send(signal.SIGINT)
            raise ValueError("in the block")

    with pytest.raises(KeyboardInterrupt) as raised:
        work()
    assert isinstance(raised.value.__context__, ValueError)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with hold_signals():
            send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_leaves_signals_to_the_main_thread() -> None:
    reached = []

    def work() -> None:
        with hold_signals():
            reached.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reached == [signal.getsignal(signal.SIGINT)]


ORPHAN = """
import multiprocessing, os, time
from xorsweep.execution.signals import exit_if_orphaned

def train(parent, started):
    exit_if_orphaned()
    print("with its parent", flush=True)
    started.set()
    while os.getppid() == parent:
        time.sleep(0.01)
    exit_if_orphaned()
    print("without", flush=True)

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    started = fork.Event()
    fork.Process(target=train, args=(os.getpid(), started)).start()
    started.wait()
    os._exit(0)  # as after a kill: nothing waits for the child
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="leaves an orphan")
@pytest.mark.slow
def test_a_process_of_a_pool_ends_where_its_parent_was_killed() -> None:
    # The pipe is closed once the child has ended, too.
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True, timeout=60
    )
    assert done.stdout.splitlines() == ["with its parent"]
