"""What a function may return, and how points that it can't do are kept apart."""

import asyncio
from collections.abc import Mapping
from typing import Any

import functions_to_sweep as some
import numpy as np
import pytest
from xorsweep.functions.contract import Batch, Caller, Function, call_batch

from xorsweep.errors import FunctionError


def batch(count: int) -> Batch:
    return Batch({"x": np.arange(count)}, np.arange(count, dtype=np.uint64))


def test_columns_come_back_as_the_four_kinds() -> None:
    def kinds(columns: Mapping[str, Any]) -> dict[str, Any]:
        x = columns["x"]
        small = {"f": x.astype(np.float32), "i": x.astype(np.int8), "u": x.astype(np.uint16)}
        return {**small, "b": x > 1, "listed": x.tolist(), "text": x.astype(str)}

    found = call_batch(kinds, batch(3))
    assert [values.dtype.kind for values in found.values()] == ["f", "i", "i", "b", "i", "U"]
    assert {values.dtype.itemsize for values in found.values()} == {8, 1, 4 * 21}
    assert found["u"].tolist() == [0, 1, 2]


def test_what_a_function_is_given_is_its_own() -> None:
    given = batch(3)

    def greedy(columns: dict[str, Any]) -> dict[str, Any]:
        columns["x"] += 1
        return {"y": columns.pop("x")}

    assert call_batch(greedy, given)["y"].tolist() == [1, 2, 3]
    assert given.columns["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "returned NoneType None, and must return a dictionary of columns"),
        ({}, "returned dict {}, and must return a dictionary of columns"),
        (np.zeros(3), "returned ndarray array([0., 0., 0.]), and must return a dictionary"),
        ({"y": 1.0}, "returned y of shape () for 3 points, and must return a value a point, (3,)"),
        ({"y": [1, 2]}, "returned y of shape (2,) for 3 points"),
        ({"y": np.zeros((3, 1))}, "returned y of shape (3, 1) for 3 points"),
        ({"y": np.zeros(3, complex)}, "returned y of dtype complex128, and must return numbers"),
        ({"y": [None, 1, 2]}, "returned y of dtype object"),
        ({"x": np.zeros(3)}, "returned a column x, and there is one of that name already"),
        ({"status": np.zeros(3)}, "returned a column status, and there is one of that name"),
        ({3: np.zeros(3)}, "returned a column 3, and a name is letters, digits and _"),
    ],
)
def test_anything_else_is_refused_in_one_line(returned: Any, message: str) -> None:
    with pytest.raises(FunctionError) as told:
        call_batch(lambda columns: returned, batch(3))
    assert str(told.value).startswith(message)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("count", [6, 7, 40])
def test_a_point_that_raises_costs_the_others_nothing(count: int) -> None:
    rows = Caller(some.refusing_five)(batch(count))
    good = np.concatenate([each.columns["count"] for each in rows if each.message is None])
    assert good.tolist() == [x for x in range(count) if x != 5]
    assert [(each.identities.tolist(), each.message) for each in rows if each.message] == [
        ([5], "ArithmeticError: five, of all numbers")
    ]


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class Numbered(Exception):
    def __str__(self) -> str:
        return 3  # type: ignore[return-value]


def raising(error: BaseException) -> Function:
    def function(columns: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SystemExit(0), "SystemExit: 0"),
        (SystemExit(), "SystemExit: "),
        (GeneratorExit(), "GeneratorExit: "),
        (asyncio.CancelledError("late"), "CancelledError: late"),
        (Unspeakable(), "Unspeakable, whose text can't be made (RuntimeError)"),
        (Numbered(), "Numbered, whose text can't be made (TypeError)"),
        (ValueError("half a \ud83d pair"), "ValueError: half a \\ud83d pair"),
    ],
)
def test_whatever_is_raised_is_the_message_of_the_points(
    error: BaseException, message: str
) -> None:
    assert [each.message for each in Caller(raising(error))(batch(2))] == [message] * 2


def test_an_interrupt_is_no_failure() -> None:
    with pytest.raises(KeyboardInterrupt):
        Caller(raising(KeyboardInterrupt()))(batch(2))
