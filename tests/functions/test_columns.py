"""Columns whose kinds differ between points: the same rows whatever the batches, in any order."""

from typing import Any

import numpy as np
import pytest

from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.functions.points import batches_of
from xorsweep.storage.results import ResultTable, assemble

BIG = 2**53 + 1


def by_number(levels: list[Any]) -> Any:
    """Return a function of values that are found by the number of the point."""

    def f(x: int) -> Any:
        return {"y": levels[x]}

    return f


def tabulated(function: Any, count: int, size: int, backwards: bool = False) -> ResultTable:
    experiment, grid = FunctionExperiment.of(function, [{"x": range(count)}])
    parts = list(map(ExperimentTask(experiment), batches_of(grid, np.arange(count), size)))
    return experiment.tabulate(grid, assemble(grid, parts[::-1] if backwards else parts))


LEVELS: list[tuple[list[Any], list[str | None]]] = [
    ([1, 2, 3], [None, None, None]),
    ([1, 0.5, 2], [None, None, None]),
    ([BIG, 1, 0.5], ["f returned y, a whole number that a float can't hold", None, None]),
    ([0.5, 2**63 - 1, 2], [None, "f returned y, a whole number that a float can't", None]),
    ([1, "a", 2], [None, "f returned y (texts) where the first point has y (whole num", None]),
    (["a", 1, 0.5], [None, "f returned y (whole", "f returned y (numbers)"]),
    ([True, 1, False], [None, "f returned y (whole numbers) where the first", None]),
    ([1, [1, 2], 2], [None, "f returned y (numbers by step) where the first", None]),
    (["b", "\ud800", "a"], [None, "f returned y with '\\ud800', which isn't UTF-8", None]),
    ([1, 2**63, 2], [None, "f returned y=9223372036854775808, which its column", None]),
]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(("levels", "messages"), LEVELS, ids=str)
def test_how_a_point_ends_depends_on_the_points_alone(
    levels: list[Any], messages: list[str | None], size: int, backwards: bool
) -> None:
    table = tabulated(by_number(levels), len(levels), size, backwards)
    values = table.columns["y"](slice(0, len(levels))).to_pylist()
    for row, (level, wanted) in enumerate(zip(levels, messages, strict=True)):
        if wanted is None:
            assert (values[row], row in table.message) == (level, False)
        else:
            assert values[row] is None
            assert table.status[row] == FAILED
            assert table.message[row].startswith(wanted)


@pytest.mark.parametrize("size", [1, 4])
def test_other_columns_than_the_first_points_are_a_failure(size: int) -> None:
    def f(x: int) -> Any:
        return {"a": x, "b": 0.5} if x != 2 else {"a": x}

    table = tabulated(f, 4, size)
    assert list(table.columns) == ["a", "b"]
    wanted = "f returned a (whole numbers) where the first point has a (whole numbers), b (numbers)"
    assert table.message == {2: wanted}
    assert table.pending().tolist() == [2]


def test_a_curve_is_no_column_of_the_table() -> None:
    table = tabulated(lambda x: {"curve": [1.0] * x, "y": x}, 3, 2)
    assert list(table.columns) == ["y"]


def test_where_every_point_fails_there_are_no_columns() -> None:
    def f(x: int) -> Any:
        raise ValueError("no")

    table = tabulated(f, 3, 2)
    assert (dict(table.columns), table.counts(("ok", "failed"))) == (
        {},
        {"planned": 3, "ok": 0, "failed": 3},
    )
