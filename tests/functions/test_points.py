"""Axes to points: their order, their types, and which of them share a batch."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from xorsweep.functions.points import batches_of, grid_of

from xorsweep.errors import ConfigError


def test_the_last_axis_varies_fastest() -> None:
    grid = grid_of({"a": [1, 2, 3], "b": 0.5, "c": ["x", "y"]})
    points = [tuple(grid.point(row).values()) for row in range(len(grid))]
    assert points == list(product([1, 2, 3], [0.5], ["x", "y"]))
    assert grid.text == "a 3 x b 1 x c 2 = 6 points"
    assert len(set(grid.identities.tolist())) == 6


@pytest.mark.parametrize(
    ("levels", "kind", "values"),
    [
        (range(3), "i", [0, 1, 2]),
        ([0, 0.5], "f", [0.0, 0.5]),
        (np.linspace(0, 1, 3), "f", [0.0, 0.5, 1.0]),
        (np.arange(2), "i", [0, 1]),
        ([np.float64(2), np.float64(2)], "f", [2.0]),
        (True, "b", [True]),
        ("one", "U", ["one"]),
        (["one", "two"], "U", ["one", "two"]),
    ],
)
def test_levels_keep_their_kind(levels: Any, kind: str, values: list[Any]) -> None:
    (batch,) = batches_of(grid_of({"x": levels}), np.arange(len(values)), 10)
    assert batch.columns["x"].dtype.kind == kind
    assert batch.columns["x"].tolist() == values


def test_batches_are_cut_at_the_same_rows_whatever_is_left_of_them() -> None:
    grid = grid_of({"x": range(10)})
    left = np.array([1, 2, 3, 7, 9])
    found = [batch.columns["x"].tolist() for batch in batches_of(grid, left, 4)]
    assert found == [[1, 2, 3], [7], [9]]


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "a sweep needs at least one axis, such as r=0.1,0.2"),
        ({"x": []}, "x=: an axis needs at least one level"),
        ({"x": [1, "a"]}, "x: its levels are int, str, and must all be numbers"),
        ({"x": [True, 1]}, "x: its levels are bool, int, and must all be numbers"),
        ({"x": None}, "x: its levels are NoneType, and must all be numbers"),
        ({"x": [[1], [2]]}, "x: its levels are list, and must all be numbers"),
        ({"x": float("nan")}, "x=nan: x must be a finite number"),
        ({"x": [2**53 + 1, 0.5]}, "x=9007199254740993: other levels are no whole numbers"),
        ({"x": np.array([2**63], np.uint64)}, "x=9223372036854775808: x must be a whole number"),
        ({"x": np.ma.masked_array([1, 2], [0, 1])}, "x: its levels are NoneType, int, and must"),
        ({"x": ["a", "a\0"]}, "x=a: a text can't end in a null character"),
        ({"x": "\ud800"}, "x=\\ud800: x must be a text that isn't empty, in UTF-8"),
        ({"a.b": 1}, "a.b: a key is made of letters, digits and _, and is none of status, message"),
        ({"status": 1}, "status: a key is made of letters"),
        ({"x": range(10**5), "y": range(10**5)}, "x 100,000 x y 100,000 = "),
    ],
)
def test_what_makes_no_points_is_refused(axes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as told:
        grid_of(axes)
    assert str(told.value).startswith(message)
