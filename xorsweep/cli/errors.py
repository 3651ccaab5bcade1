"""The end of a command: one line for an error, or the code of a signal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xorsweep.errors import XorsweepError
from xorsweep.execution.signals import Interrupted, handle_signals


def error_line(error: Exception) -> str | None:
    """Return the message for an error of the input or a folder; None for an error of the code."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"there isn't enough memory: {error}".removesuffix(": ")
    return str(error) if isinstance(error, XorsweepError | OSError) else None


@contextmanager
def errors_in_one_line(
    explain: Callable[[Exception], str | int | None] = error_line,
) -> Iterator[None]:
    """End the program with one line and exit code 1 where `explain` has a line for the error.

    `explain` may also return an exit code; with None the error propagates. A signal ends the
    program with 128 and the signal's number.
    """
    try:
        with handle_signals():
            yield
    except Interrupted as interrupt:
        sys.exit(interrupt.exit_code)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        # A text goes to stderr, with exit code 1.
        sys.exit(line)
