"""Returned values as columns of four kinds; a value is stored exactly or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import FunctionError, PointError
from xorsweep.fields import FloatArray
from xorsweep.text import count_text, shorten

DTYPES: Mapping[str, type] = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}
"""The stored types of numbers, by the kind of a returned array; texts keep their type."""
WORDS = {"f": "numbers", "i": "whole numbers", "b": "true and false", "U": "texts"}
"""The kinds of columns."""
_NUMBERS = {"i", "f"}
LONG = 128
"""Bits of a whole number above which its digits aren't shown."""


def column_of(name: str, values: Any, count: int) -> NDArray[Any]:
    """Return the values of `count` points as one of the four kinds (count,).

    Raises FunctionError without one value per point, PointError for a value that would be
    altered: masked, beyond int64 or float64, or a text that isn't UTF-8.
    """
    is_list = isinstance(values, Sequence) and not isinstance(values, str)
    array = _array_of(name, list(values)) if is_list else np.asarray(values)
    if array.shape != (count,):
        raise FunctionError(
            f"returned {name} of shape {array.shape} for {count_text(count, 'point')}, and must "
            f"return a value a point, ({count},)"
        )
    if np.ma.is_masked(values):
        raise _masked(name)
    if array.dtype.kind == "U":
        return _in_utf8(name, array)
    if array.dtype.kind not in DTYPES:
        value = next((each for each in array if _kind(each) == "O"), array[0])
        shown = f"{name}=None" if value is None else f"{name} of type {type(value).__name__}"
        hint = "; a missing number is NaN" if value is None else ""
        raise FunctionError(
            f"returned {shown}, and must return numbers, true and false, or texts{hint}"
        )
    return _unaltered(name, array, array.astype(DTYPES[array.dtype.kind]))


def _array_of(name: str, elements: list[Any]) -> NDArray[Any]:
    """Return a list as an array; NumPy alone would make 1 of true, and texts of numbers."""
    if any(isinstance(each, np.ma.MaskedArray) and np.ma.is_masked(each) for each in elements):
        raise _masked(name)
    kinds = set(map(_kind, elements))
    if kinds == {"i"}:
        return np.array([_fitting(name, int(each), int, "i") for each in elements], np.int64)
    if kinds == _NUMBERS:  # Python's own whole numbers are compared with floats exactly
        exact = [int(each) if isinstance(each, np.integer) else each for each in elements]
        return np.array([_fitting(name, each, float, "f") for each in exact])
    if "U" in kinds and any(isinstance(each, str) and each.endswith("\0") for each in elements):
        raise PointError(f"returned {name}, a text that ends in a null character")
    if len(kinds) > 1 and kinds <= set(WORDS):
        found = " and ".join(WORDS[kind] for kind in sorted(kinds))
        raise FunctionError(f"returned {name} with {found} in one column; choose one of them")
    return np.asarray(elements)


def _kind(value: object) -> str:
    for kind, types in (
        ("b", (bool, np.bool_)),
        ("i", (int, np.integer)),
        ("f", (float, np.floating)),
        ("U", str),
    ):
        if isinstance(value, types):
            return kind
    return "O"


def _fitting(name: str, value: Any, type_: type, kind: str) -> Any:
    """Return a number as a type; raises PointError where that, or its column, has no such value."""
    try:
        found = type_(value)
        # NaN isn't equal to itself, and is kept.
        fits = found == value or value != value
        # Raises OverflowError for an int beyond int64.
        np.array(found, DTYPES[kind])
    except OverflowError:
        fits = False
    if not fits:
        raise _beyond(name, value, kind)
    return found


def _unaltered(name: str, array: NDArray[Any], kept: NDArray[Any]) -> NDArray[Any]:
    # Without NaN, which isn't equal to itself.
    altered = (kept != array) & (array == array)
    if altered.any():
        raise _beyond(name, array[altered][0], kept.dtype.kind)
    return kept


def _in_utf8(name: str, texts: NDArray[Any]) -> NDArray[Any]:
    try:
        "".join(texts.tolist()).encode()
    except UnicodeEncodeError as error:
        character = ascii(error.object[error.start])
        raise PointError(f"returned {name} with {character}, which isn't UTF-8") from None
    return texts


def _masked(name: str) -> PointError:
    return PointError(f"returned {name} masked; use NaN for a missing number")


def _beyond(name: str, value: Any, kind: str) -> PointError:
    is_long = isinstance(value, int) and value.bit_length() > LONG
    shown = f"a whole number of {value.bit_length():,} bits" if is_long else value
    return PointError(
        f"returned {name}={shown!s}, which its column of {WORDS[kind]} can't hold exactly "
        f"({np.dtype(DTYPES[kind])})"
    )


CURVE = "l"
"""The kind of a column with a list of numbers per point, such as the loss by step."""
_NUMERIC = "iufb"


def is_curve(value: Any) -> bool:
    """Tell whether a point returned several values under one name."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, list | tuple)


def curve_of(name: str, value: Any) -> FloatArray:
    """Return a one-dimensional array of numbers (steps,); raises FunctionError for other values."""
    if np.ma.is_masked(value):
        raise _masked(name)
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.empty((0, 0))
    if array.ndim != 1 or array.dtype.kind not in _NUMERIC:
        raise FunctionError(
            f"returned {name}={shorten(value):.60}, and must return a number, true or false, a "
            "text, or a one-dimensional array of numbers"
        )
    return array.astype(np.float64)
