"""Functions that tests sweep; worker processes import them from here."""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

Columns = Mapping[str, Any]


def train(lr: float, width: int = 8, seed: int = 0) -> dict[str, Any]:
    """Return a number, a flag, a time and a curve that follow from the arguments alone."""
    loss = lr * width / (seed + 1)
    solved = (seed * width) % 3 != 1
    return {"loss": loss, "solved": solved, "steps": 10 * seed + 1, "curve": [loss, loss / 2]}


def refusing_five(x: int) -> dict[str, Any]:
    if x == 5:
        raise ArithmeticError("five, of all numbers")
    return {"square": x * x, "even": x % 2 == 0}


def leaving(x: int) -> dict[str, Any]:
    """Leave Python at the point 5."""
    if x == 5:
        sys.exit()
    return {"y": x * 2}


def deadly(x: int) -> dict[str, Any]:
    """End the process that computes the point 13, unless it is the one that asks for it."""
    if x == 13 and os.environ.get("HOME_PROCESS") != str(os.getpid()):
        os._exit(1)
    return {"y": x * 2}


def slow(x: int, seed: int) -> dict[str, Any]:
    """Take a while, so that a sweep can be killed in the middle."""
    time.sleep(0.02)
    return {"y": x * seed, "even": x * seed % 2 == 0}


def configured(cfg: Any) -> dict[str, Any]:
    """Take all keys as one mapping."""
    return {"sum": cfg.a + cfg["b"]}


def squares(x: Any) -> dict[str, Any]:
    """Return arrays of each kind of number."""
    return {"square": x * 2.0**0.5 * x, "count": x.astype(int), "even": x % 2 == 0}


def labelled(x: Any) -> dict[str, Any]:
    return {"label": np.where(x > 1, 'large, "so to speak"', "small")}
