"""Standard output that goes away, is full or is slow: the program goes on, and reports it."""

import fcntl
import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from xorsweep.reporting.console import Console
from xorsweep.reporting.standard_output import lasting_output

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@contextmanager
def standard_output(descriptor: int) -> Iterator[None]:
    """Have `sys.stdout` be a descriptor, which is closed at the end."""
    before, stream = sys.stdout, io.TextIOWrapper(io.BufferedWriter(io.FileIO(descriptor, "w")))
    sys.stdout = stream
    try:
        yield
    finally:
        sys.stdout = before
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), descriptor)  # takes the rest of the stream
        stream.close()


def unread_pipe() -> int:
    """Return a pipe whose reader has quit."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def full_disk() -> int:
    return os.open(FULL, os.O_WRONLY)


@lasting_output()
def program(code: int | str | None) -> None:
    """Print a lot, also without flushing, and end with an exit code."""
    for line in range(10_000):
        print("line", line, flush=True)
    print("another")
    if code is not None:
        sys.exit(code)


def code_of(output: int, code: int | str | None) -> int | str | None:
    """Return the exit code of the program with this output, whose own code would be this."""
    try:
        with standard_output(output):
            program(code)
    except SystemExit as ending:
        return ending.code
    return None


@pytest.mark.parametrize("code", [None, 0, 1, "what is wrong"])
def test_a_reader_that_has_quit_changes_no_exit_code(code: int | str | None) -> None:
    assert code_of(unread_pipe(), code) == code


@needs_full
@pytest.mark.parametrize("code", [None, 0, 1, "what is wrong"])
def test_a_full_disk_is_reported_at_the_end_of_a_run_without_errors(code: int | str | None) -> None:
    line = "standard output can't be written: No space left on device"
    assert code_of(full_disk(), code) == (code or line)


def test_a_reader_that_is_slow_gets_everything() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, fcntl.fcntl(writer, fcntl.F_GETFL) | os.O_NONBLOCK)
    found = bytearray()

    def read() -> None:
        while data := os.read(reader, 1000):
            found.extend(data)

    thread = threading.Thread(target=read)
    thread.start()
    with standard_output(writer), lasting_output():
        print("x" * 1_000_000, flush=True)
    thread.join()
    os.close(reader)
    assert len(found) == 1_000_001


def test_output_that_a_caller_has_replaced_is_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lasting_output():
        print("line")
    assert capsys.readouterr().out == "line\n"


def test_closed_output_is_no_error() -> None:
    with redirect_stdout(None), lasting_output():
        print("line")
        Console().log("line")


@needs_full
def test_a_stream_that_python_has_not_got_can_be_flushed() -> None:
    with redirect_stdout(None):
        with lasting_output():
            print("nowhere")
            sys.stdout.flush()
        assert sys.stdout is None


def test_a_terminal_drops_unwritable_text() -> None:
    """As in a script that calls xorsweep, whose output is its own."""
    terminal = Console()
    with standard_output(unread_pipe()):
        for _ in range(3):
            terminal.log("line")
            terminal.table(["head"], [["field"]])
            terminal.failures([])
    with standard_output(full_disk()):
        terminal.log("line")
    assert not terminal.console.quiet
