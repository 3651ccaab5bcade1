"""Reads one value; an error names the key, the value and the allowed values."""

from __future__ import annotations

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields.kinds import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    Nullable,
    Real,
    Scalar,
    String,
    not_null,
)
from xorsweep.hints import choice_hint, null_hint, number_hint, truth_hint
from xorsweep.text import shorten

_SWEPT = " here, as only an axis of a sweep has several"


def read_value(key: str, value: object, field: Field) -> Scalar:
    """Return a value as its type.

    Args:
        key: The key as it is typed, for the message.
        value: The value as it was passed.
        field: The allowed values.

    Raises:
        ConfigError: The value isn't allowed; the message names key, value and allowed values.
    """
    try:
        return field.read(value)
    except ValueError:
        raise ConfigError(refusal_message(key, value, field)) from None


def read_whole(key: str, value: object, at_least: int, at_most: int) -> int:
    """Return a whole number within inclusive bounds; raises ConfigError for anything else."""
    found = read_value(key, value, Integer(at_least, at_most))
    assert isinstance(found, int)
    return found


def refusal_message(key: str, value: object, field: Field) -> str:
    """Return the message for a value that isn't allowed, with a suggestion."""
    if isinstance(not_null(field), ListOf) and isinstance(value, list):
        value = f"[{','.join(map(shorten, value))}]"
    return f"{key}={shorten(value)}: {key} must be {field.description}{_hint(key, value, field)}"


def _hint(key: str, value: object, field: Field) -> str:
    """Return a suggestion for a value, as the end of a line, or an empty text."""
    if isinstance(not_null(field), ListOf):
        return ""
    if isinstance(value, list | tuple | range | np.ndarray):
        is_text = isinstance(not_null(field), String)  # such as the name of an axis
        return "; it takes one value" + ("" if is_text else _SWEPT)
    match field:
        case Nullable():
            return _hint(key, value, field.inner) or null_hint(value)
        case Choice() if isinstance(value, str):
            return choice_hint(value, [*field.names, *field.aliases], field.words)
        case Boolean():
            return truth_hint(value)
        case Real() | Integer() if isinstance(value, str):
            return number_hint(key, value)
    return ""
