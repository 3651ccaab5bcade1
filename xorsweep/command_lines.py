"""Commands that repeat one point alone, or resume a sweep."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xorsweep.text import format_value

_PLAIN = re.compile(r"[A-Za-z_./]([\w./ -]*[\w./-])?", re.ASCII)
"""Texts that Hydra's grammar takes as they are, except for the words below."""
_WORDS = {"true", "false", "null", "nan", "inf"}


def single_run_command(point: Mapping[Any, Any]) -> str:
    """Return the command that trains one point alone and writes its page."""
    return shlex.join(["python", "-m", "xorsweep", *_overrides(point)])


def sweep_command(point: Mapping[Any, Any], seeds: int) -> str:
    """Return the command that trains a point from each of several seeds."""
    fixed = {key: value for key, value in point.items() if key != "seed"}
    seed = f"seed=range(0,{seeds})"
    return shlex.join(["python", "-m", "xorsweep", "-m", *_overrides(fixed), seed])


def _overrides(point: Mapping[Any, Any]) -> list[str]:
    # NaN, which isn't equal to itself, is how a table has a null among numbers.
    given = {key: value for key, value in point.items() if value is not None and value == value}
    return [f"{key}={override_value(value)}" for key, value in given.items()]


def resume_command(folder: Path) -> str:
    """Return the command that resumes the sweep in a folder."""
    return shlex.join(["python", "-m", "xorsweep", "-m", f"resume={override_value(str(folder))}"])


def override_value(value: Any) -> str:
    """Return a value as an override has it, in quotes where Hydra would read something else."""
    if not isinstance(value, str) or (_PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        return format_value(value)
    return quote(value)


def quote(text: str) -> str:
    """Return a text in double quotes, as Hydra's grammar reads it back."""
    # Backslashes are escapes in front of a quotation mark alone, also in front of the closing one.
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', text)
    backslashes = len(escaped) - len(escaped.rstrip("\\"))
    return f'"{escaped}{backslashes * chr(92)}"'
