"""The values that a function may return, and the isolation of points that fail."""

import asyncio
from collections.abc import Callable
from typing import Any

import functions_to_sweep as some
import numpy as np
import pyarrow as pa
import pytest

from xorsweep.experiment import ExperimentTask
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.functions.points import batch_of


def rows_of(function: Callable[..., Any], levels: Any, vectorized: bool = False) -> list[Any]:
    """Return the rows of parts of one axis, a dictionary each, without empty values."""
    experiment, grid = FunctionExperiment.of(function, [{"x": levels}], vectorized=vectorized)
    table: pa.Table = ExperimentTask(experiment)(batch_of(grid, np.arange(len(grid))))
    order = np.argsort(grid.rows_of(table["point_id"].to_numpy()))
    rows = table.take(order).to_pylist()
    hidden = ("point_id", "returned", "status")
    return [
        {key: value for key, value in row.items() if value is not None and key not in hidden}
        for row in rows
    ]


def test_columns_come_back_with_their_kinds() -> None:
    def kinds(x: int) -> Any:
        return {"f": np.float32(x), "i": np.int8(x), "b": x > 1, "t": str(x), "l": [x, 0.5]}

    assert rows_of(kinds, [1, 2]) == [
        {"f.f": 1.0, "i.i": 1, "b.b": False, "t.U": "1", "l.l": [1.0, 0.5]},
        {"f.f": 2.0, "i.i": 2, "b.b": True, "t.U": "2", "l.l": [2.0, 0.5]},
    ]


@pytest.mark.parametrize(("value", "name"), [(0.5, "f"), (3, "i"), (True, "b"), ("a", "U")])
def test_a_scalar_is_a_column_of_its_own(value: Any, name: str) -> None:
    assert rows_of(lambda x: value, [0]) == [{f"value.{name}": value}]


def test_arrays_have_a_value_or_a_curve_per_point() -> None:
    def arrays(x: Any) -> Any:
        return {"y": x * 2, "curve": np.stack([x, x + 1], axis=1)}

    assert rows_of(arrays, [1, 2], vectorized=True) == [
        {"y.i": 2, "curve.l": [1.0, 2.0]},
        {"y.i": 4, "curve.l": [2.0, 3.0]},
    ]


def test_an_array_that_a_function_uses_again_is_copied() -> None:
    buffer = np.zeros(2)

    def reusing(x: float) -> Any:
        buffer[:] = x
        return {"curve": buffer}

    assert [row["curve.l"] for row in rows_of(reusing, [1.0, 2.0])] == [[1.0, 1.0], [2.0, 2.0]]


def test_a_vectorized_function_gets_copies_of_its_arguments() -> None:
    def greedy(x: Any) -> Any:
        x += 1
        return {"y": x}

    assert [row["y.i"] for row in rows_of(greedy, [0, 1], vectorized=True)] == [1, 2]


REFUSED = [
    (None, "f returned None, and must return a number, true or false, a text, or a dictionary"),
    ({}, "f returned {}, which has no column"),
    (
        {"y": None},
        "f returned y=None, and must return numbers, true and false, or texts; a missing number "
        "is NaN",
    ),
    ({"y": {"z": 1}}, "f returned y of type dict"),
    ({"y": 1j}, "f returned y of type complex128, and must return numbers"),
    ({"y": np.zeros((2, 2))}, "f returned y=[[0. 0.]  [0. 0.]], and must return a number"),
    ({"y": ["a", "b"]}, "f returned y=['a', 'b'], and must return a number, true or false, a"),
    ({"y": [[1], [2, 3]]}, "f returned y=[[1], [2, 3]], and must return a number"),
    ({"x": 1}, "f returned x, which is the name of an argument"),
    ({"status": 1}, "f returned status, which is a column of every sweep"),
    ({3: 1}, "f returned 3, and a name is letters, digits and _"),
    ({"a b": 1}, "f returned a b, and a name is letters, digits and _"),
    ({"y": 2**63}, "f returned y=9223372036854775808, which its column of whole numbers can't"),
    ({"y": "\ud800"}, "f returned y with '\\ud800', which isn't UTF-8"),
]


@pytest.mark.parametrize(("returned", "message"), REFUSED, ids=[text for _, text in REFUSED])
def test_a_value_that_no_row_can_hold_is_its_points_failure(returned: Any, message: str) -> None:
    def f(x: int) -> Any:
        return returned if x == 1 else {"y": x}

    rows = rows_of(f, [0, 1, 2])
    assert [set(rows[place]) for place in (0, 2)] == [{"y.i"}, {"y.i"}]
    assert set(rows[1]) == {"message"}
    assert rows[1]["message"].startswith(message)
    assert "\n" not in rows[1]["message"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"y": 1.0}, "f returned y of shape () for 1 point,"),
        ({"y": np.zeros((1, 1, 1))}, "f returned y of shape (1, 1, 1) for 1 point,"),
        (None, "f returned value of shape () for 1 point,"),
    ],
)
def test_arrays_of_another_shape_are_refused(returned: Any, message: str) -> None:
    def f(x: Any) -> Any:
        return returned

    for row in rows_of(f, [0, 1, 2], vectorized=True):
        assert row["message"].startswith(message)


def test_each_point_is_called_once_whatever_the_others_do() -> None:
    calls: list[int] = []

    def moody(x: int) -> Any:
        calls.append(x)
        if x % 3 == 0:
            raise ValueError(x)
        return {"y": x} if x % 3 == 1 else {"z": "text"}

    rows = rows_of(moody, range(9))
    assert calls == list(range(9))
    assert [set(row) for row in rows[:3]] == [{"message"}, {"y.i"}, {"z.U"}]


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raising(error: BaseException) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SystemExit(0), "SystemExit: 0"),
        (GeneratorExit(), "GeneratorExit: "),
        (asyncio.CancelledError("late"), "CancelledError: late"),
        (Unspeakable(), "Unspeakable, whose text can't be made (RuntimeError)"),
        (ValueError("half a \ud83d pair"), "ValueError: half a \\ud83d pair"),
    ],
)
def test_whatever_is_raised_is_the_message_of_the_points(
    error: BaseException, message: str, vectorized: bool
) -> None:
    rows = rows_of(raising(error), [0, 1], vectorized)
    assert [row["message"] for row in rows] == [message] * 2


@pytest.mark.parametrize("vectorized", [False, True])
def test_an_interrupt_is_no_failure(vectorized: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        rows_of(raising(KeyboardInterrupt()), [0, 1], vectorized)


def test_all_keys_may_be_one_mapping() -> None:
    experiment, grid = FunctionExperiment.of(some.configured, [{"a": 1, "b": [2, 3]}])
    table = experiment.run(batch_of(grid, np.arange(2)))
    assert table["sum.i"].to_pylist() == [3, 4]
