"""Axes to points: their order, their types, their batches."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from xorsweep.errors import ConfigError
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.functions.points import batch_of, batches_of
from xorsweep.grid.grid import Grid
from xorsweep.grid.serialization import grid_from_data, grid_to_data


def anything(**keys: Any) -> int:
    return 0


def grid_of(axes: Any, function: Any = anything, **options: Any) -> Grid:
    return FunctionExperiment.of(function, [axes], **options)[1]


def test_the_last_axis_varies_fastest() -> None:
    grid = grid_of({"a": [1, 2, 3], "b": 0.5, "c": ["x", "y"]})
    points = [tuple(grid.point(row).values()) for row in range(len(grid))]
    assert points == list(product([1, 2, 3], [0.5], ["x", "y"]))
    assert grid.text == "3 values of a x 2 values of c: 6 results"
    assert len(set(grid.identities.tolist())) == 6


def test_a_level_alone_in_its_block_has_the_type_of_the_others() -> None:
    experiment, grid = FunctionExperiment.of(anything, [{"a": 1, "b": 2}, {"a": 0.5, "b": 2}])
    assert [grid.point(row) for row in range(2)] == [{"a": 1.0, "b": 2}, {"a": 0.5, "b": 2}]
    assert [type(grid.point(0)[key]) for key in "ab"] == [float, int]
    again = grid_from_data(experiment.schema, grid_to_data(grid))
    assert again.identities.tolist() == grid.identities.tolist()


def test_defaults_are_keys_with_one_level() -> None:
    def function(lr: float, width: int = 8, mode: str = "a", more: Any = None) -> int:
        return 0

    grid = grid_of({"lr": [1, 2]}, function)
    assert grid.point(1) == {"lr": 2.0, "width": 8, "mode": "a"}


def test_a_key_that_was_a_default_keeps_its_points() -> None:
    def function(lr: float, width: int = 8) -> int:
        return 0

    before = set(grid_of({"lr": [1, 2]}, function).identities.tolist())
    assert before <= set(grid_of({"width": [4, 8], "lr": [1, 2]}, function).identities.tolist())


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
    batch = batch_of(grid_of({"x": levels}), np.arange(len(values)))
    assert batch.columns["x"].dtype.kind == kind
    assert batch.columns["x"].tolist() == values


def test_a_real_argument_has_real_levels_whatever_is_given() -> None:
    def annotated(x: float) -> int:
        return 0

    def defaulted(x=1.5) -> int:  # type: ignore[no-untyped-def]
        return 0

    for function in (annotated, defaulted):
        assert grid_of({"x": [1, 2]}, function).point(0) == {"x": 1.0}


def test_halves_of_a_batch_hold_its_points() -> None:
    (batch,) = batches_of(grid_of({"x": range(7)}), np.arange(7), 10)
    halves = batch.split()
    assert [half.columns["x"].tolist() for half in halves] == [[0, 1, 2], [3, 4, 5, 6]]
    assert not halves[0].split()[0].split()


def test_where_zip_and_blocks_make_points_as_in_any_sweep() -> None:
    grid = grid_of({"a": [1, 2, 3], "b": [1, 2, 3]}, where="a * b < 4")
    assert [grid.point(row) for row in range(len(grid))] == [
        {"a": a, "b": b} for a in (1, 2, 3) for b in (1, 2, 3) if a * b < 4
    ]
    grid = grid_of({"a": [1, 2], "b": [3, 4]}, zipped=[("a", "b")])
    assert [tuple(grid.point(row).values()) for row in range(len(grid))] == [(1, 3), (2, 4)]
    blocks = [{"a": [1, 2], "b": 0.5}, {"a": 9, "b": 1.0}]
    grid = FunctionExperiment.of(anything, blocks)[1]
    assert [grid.point(row) for row in range(len(grid))] == [
        {"a": 1, "b": 0.5},
        {"a": 2, "b": 0.5},
        {"a": 9, "b": 1.0},
    ]


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"x": []}, "x=: an axis needs at least one level"),
        ({"x": [1, "a"]}, "x: its levels are int, str, and must all be numbers"),
        ({"x": [True, 1]}, "x: its levels are bool, int, and must all be numbers"),
        ({"x": None}, "x: its levels are NoneType, and must all be numbers"),
        ({"x": [[1], [2]]}, "x=[1]: is nested; a level is a number, true or false, or a text"),
        ({"x": {"a": 1}}, "x={'a': 1}: is nested; a level is a number"),
        ({"x": {1, 2}}, "x={1, 2}: a set has no order; give a list"),
        ({"x": float("nan")}, "x=nan: x must be a finite number"),
        ({"x": [2**53 + 1, 0.5]}, "x=9007199254740993: other levels aren't integers"),
        ({"x": np.array([2**63], np.uint64)}, "x=9223372036854775808: x must be a whole number"),
        ({"x": np.ma.masked_array([1, 2], [0, 1])}, "x: its levels are NoneType, int, and must"),
        ({"x": ["a", "a\0"]}, "x=a: a text can't end in a null character"),
        ({"x": "\ud800"}, "x=\\ud800: x must be a text that isn't empty, in UTF-8"),
        ({"a.b": 1}, "a.b: a key is made of letters, digits and _"),
        ({"status": 1}, "anything: status is a key of the sweep itself"),
        ({"x": range(10**5), "y": range(10**5)}, "x 100,000 x y 100,000 = "),
        ([1, 2], "axes=[1, 2]: must be a dictionary of keys and their levels"),
    ],
)
def test_a_grid_without_points_is_refused(axes: Any, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        grid_of(axes)
    named = str(told.value).removeprefix("anything: ")
    assert named.startswith(message.removeprefix("anything: "))


@pytest.mark.parametrize("blocks", [[{"a": 1}, {"b": 2}], [{"a": 1, "b": 1}, {"a": 2}]])
def test_blocks_have_the_same_keys(blocks: Any) -> None:
    with pytest.raises(ConfigError, match=r"^blocks: "):
        FunctionExperiment.of(anything, blocks)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"where": "a < q"}, "grid.where=a < q: "),
        ({"zipped": [("a", "q")]}, "zip: q: unknown key"),
        ({"zipped": [("a", "b")]}, "grid.zip=[[a,b]]: a has 2, b has 3"),
    ],
)
def test_a_selection_without_points_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        grid_of({"a": [1, 2], "b": [1, 2, 3]}, **options)
    assert str(told.value).startswith(message)
