"""What is printed, for terminals and pipes of any encoding."""

from __future__ import annotations

import codecs
import io
import sys

_BYTES_OR_ESCAPES = "xorsweep.bytes_or_escapes"


def escape_unprintable() -> None:
    """Let what the encoding of stdout has no bytes for be printed as an escape, and never raise.

    Where Python hands on the bytes of names that it can't decode, as in the locale C, it does so
    still.
    """
    if not isinstance(sys.stdout, io.TextIOWrapper):  # a test's or a notebook's
        return
    if sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    elif sys.stdout.errors == "surrogateescape":
        codecs.register_error(_BYTES_OR_ESCAPES, _bytes_or_escape)
        sys.stdout.reconfigure(errors=_BYTES_OR_ESCAPES)


def _bytes_or_escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the byte that the first character stands for, or else its escape."""
    assert isinstance(error, UnicodeEncodeError)
    error.end = error.start + 1
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeEncodeError:
        return codecs.lookup_error("backslashreplace")(error)
