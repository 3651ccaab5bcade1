"""Standard output of any encoding that may be closed or full: the program continues without it."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EIO
from io import BufferedWriter, FileIO, TextIOWrapper
from select import select
from typing import IO, Any

NAMES = ("stdout", "stderr")
_BYTES_OR_ESCAPES = "xorsweep.bytes_or_escapes"


class _Lasting(FileIO):
    """A file descriptor that accepts everything: data after its first error is dropped."""

    def __init__(self, descriptor: int) -> None:
        # The descriptor belongs to Python's own stream, which is put back at the end.
        super().__init__(descriptor, "w", closefd=False)
        self._is_terminal = self.isatty()  # none any more once it has been closed
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write as many bytes as there is room for, and return their number."""
        if self.error is None:
            try:
                return self._written(data)
            except OSError as error:
                self.error = error
        # As if all had been written, so that the buffer above is emptied.
        return memoryview(data).nbytes

    def _written(self, data: Any) -> int:
        while (count := super().write(data)) is None:  # another process made it non-blocking
            select([], [self.fileno()], [])
        return count

    @property
    def complaint(self) -> str | None:
        """Return the message about its error; none where nobody reads it any more."""
        error = self.error
        # A broken pipe: the reader, such as `head`, has read enough.
        if error is None or isinstance(error, ConnectionError):
            return None
        # The terminal was closed.
        if error.errno == EIO and self._is_terminal:
            return None
        return f"standard output can't be written: {error.strerror}"


@contextmanager
def lasting_output() -> Iterator[None]:
    """Let no print of this program raise: neither for a reader that has quit nor for a full disk.

    Work continues and keeps its exit code. At its end a full disk, but not a reader that has quit,
    ends a program that would have ended well with one line and exit code 1.
    """
    before = {name: getattr(sys, name) for name in NAMES}
    lasting = {name: raw for name in NAMES if (raw := _replaced(name))}
    # Libraries flush streams that are None where a descriptor was closed before Python started.
    absent = [name for name in NAMES if before[name] is None]
    for name in absent:
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - closed below
    try:
        yield
    except SystemExit as ending:
        if not ending.code:
            _complain(lasting)
        raise
    else:
        _complain(lasting)
    finally:
        # The buffers are written, or dropped, before they are replaced.
        for name, stream in before.items():
            _flush(name)
            if name in absent:
                getattr(sys, name).close()
            setattr(sys, name, stream)


def _replaced(name: str) -> _Lasting | None:
    """Put a lasting stream in place of `sys.stdout` or `sys.stderr`, where that is a file."""
    stream = getattr(sys, name)
    try:
        raw = _Lasting(stream.fileno())
    except (AttributeError, OSError):  # closed, or something that a caller has put there
        return None
    # Earlier output comes first.
    _flush(name)
    lasting = TextIOWrapper(
        BufferedWriter(raw),
        stream.encoding,
        stream.errors,
        # `python -u` has write_through; a line at a time comes close.
        line_buffering=stream.line_buffering or stream.write_through,
    )
    setattr(sys, name, lasting)
    return raw


def _flush(name: str) -> None:
    with suppress(OSError, AttributeError, ValueError):
        getattr(sys, name).flush()


def _complain(lasting: dict[str, _Lasting]) -> None:
    _flush("stdout")
    if "stdout" in lasting and (complaint := lasting["stdout"].complaint):
        sys.exit(complaint)


class Dropping:
    """A text stream that drops text that can't be written."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, if that is possible."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, if that is possible."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def escape_unprintable() -> None:
    """Print characters that stdout's encoding lacks as escapes.

    Bytes of names that Python can't decode, as in the locale C, are still passed on.
    """
    if not isinstance(sys.stdout, TextIOWrapper):  # a test's or a notebook's
        return
    if sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    elif sys.stdout.errors == "surrogateescape":
        codecs.register_error(_BYTES_OR_ESCAPES, _bytes_or_escape)
        sys.stdout.reconfigure(errors=_BYTES_OR_ESCAPES)


def _bytes_or_escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the byte of the first character, or else its escape."""
    assert isinstance(error, UnicodeEncodeError)
    # One character at a time, as the next one may be of the other kind.
    error.end = error.start + 1
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeEncodeError:
        return codecs.lookup_error("backslashreplace")(error)
