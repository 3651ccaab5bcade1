"""How values, levels and exceptions are written, each in one way for all of xorsweep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np


def level_text(key: str, level: object) -> str:
    """Return a level with its key, as a reader would say it."""
    return f"{level_name(level)} {key}" if key == "epochs" else f"{key} {level_name(level)}"


def level_name(level: object) -> str:
    """Return a level as short as it can be said."""
    if isinstance(level, bool | np.bool_):
        return "true" if level else "false"
    if isinstance(level, int | np.integer):
        return f"{int(level):,}"
    if isinstance(level, float | np.floating):
        return f"{level:g}" if level == level else "none"
    return str(level)


def exception_text(error: BaseException) -> str:
    """Return the name of an exception's class and what it says, in UTF-8.

    What isn't UTF-8 in it is escaped; where the exception can't be made a text, that is said.
    """
    name = _name_of(type(error))
    try:
        text = f"{name}: {error!s}"
    except KeyboardInterrupt:
        raise
    except BaseException as another:
        text = f"{name}, whose text can't be made ({_name_of(type(another))})"
    return escape_non_utf8(text)


def escape_non_utf8(text: str) -> str:
    """Return a text with what isn't UTF-8 in it, such as half a surrogate pair, escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Return a text in one line, without what a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def content_digest(content: Mapping[str, Any]) -> str:
    """Return a digest of what JSON has of some entries, whatever their order."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=asdict)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def _name_of(kind: type) -> str:
    return str(type.__dict__["__name__"].__get__(kind))  # whatever its metaclass says
