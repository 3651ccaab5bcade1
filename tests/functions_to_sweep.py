"""Functions that tests sweep; worker processes import them from here."""

import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

Columns = Mapping[str, Any]


def squares(columns: Columns) -> dict[str, Any]:
    """Return numbers of each kind."""
    x = columns["x"]
    return {"square": x * 2.0**0.5 * x, "count": x.astype(int), "even": x % 2 == 0}


def refusing_five(columns: Columns) -> dict[str, Any]:
    if (columns["x"] == 5).any():
        raise ArithmeticError("five, of all numbers")
    return squares(columns)


def noisy(columns: Columns) -> dict[str, Any]:
    """Return a number that follows from x and seed alone."""
    return {"value": columns["x"] + np.sin(columns["seed"] * 12.9898) * 0.5}


def labelled(columns: Columns) -> dict[str, Any]:
    return {"label": np.where(columns["x"] > 1, 'large, "so to speak"', "small")}


def deadly(columns: Columns) -> dict[str, Any]:
    """End the process that computes the point 13, unless it is the one that asks for it."""
    if (columns["x"] == 13).any() and os.environ.get("HOME_PROCESS") != str(os.getpid()):
        os._exit(1)
    return {"y": columns["x"] * 2}


def leaving(columns: Columns) -> dict[str, Any]:
    """Leave Python at the point 5."""
    if (columns["x"] == 5).any():
        sys.exit()
    return {"y": columns["x"] * 2}
