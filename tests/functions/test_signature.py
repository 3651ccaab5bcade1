"""The arguments of a function: keys, defaults, one mapping, and functions that are refused."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from xorsweep.errors import ConfigError
from xorsweep.functions.signature import RESERVED, Settings, Signature


def plain(lr: float, width: int = 8, *, mode: str = "a", note: Any = None) -> None: ...


def starred(lr: float, *more: float) -> None: ...


def anything(lr: float, **more: Any) -> str:
    return f"{lr} {more}"


def by_position(lr: float, width: int, /, seed: int = 0) -> str:
    return f"{lr} {width} {seed}"


def test_keys_and_defaults_are_those_of_the_signature() -> None:
    signature = Signature.of(plain, "plain")
    assert signature.names == ("lr", "width", "mode", "note")
    assert signature.with_defaults(["lr"]) == {"width": 8, "mode": "a"}
    assert signature.floats == {"lr"}


async def later(lr: float) -> float:
    return lr


def one_by_one(lr: float) -> Iterator[float]:
    yield lr


@pytest.mark.parametrize(
    ("function", "keys", "message"),
    [
        (plain, ["lr", "wdith"], "f: wdith: unknown key; did you mean width?; its arguments are "),
        (math.sqrt, ["lr"], "f: lr: unknown key; its arguments are x"),
        (plain, ["width"], "f: lr has no default, so it needs a value or an axis"),
        (lambda lr, plan: 0, ["lr", "plan"], "f: plan is a key of the sweep itself"),
        (lambda lr, report=0: 0, ["lr"], "f: report is a key of the sweep itself"),
    ],
)
def test_keys_that_it_cannot_be_called_with_are_one_line(
    function: Callable[..., Any], keys: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as told:
        Signature.of(function, "f").check(keys, "f")
    assert str(told.value).startswith(message)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (starred, "f: takes *more, and a sweep passes each argument by its name"),
        (3, "function=3: must be a function"),
        (dict, "f: its parameters can't be read"),
        (later, "f: is a generator or a coroutine, and must return its values"),
        (
            one_by_one,
            "f: is a generator or a coroutine, and must return its values",
        ),
    ],
)
def test_an_unsweepable_value_is_refused_in_one_line(function: Any, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        Signature.of(function, "f")
    assert str(told.value) == message


@pytest.mark.parametrize(
    ("function", "values", "wanted"),
    [
        (anything, {"lr": 1, "b": 2}, "1 {'b': 2}"),
        (by_position, {"lr": 1, "width": 2}, "1 2 0"),
        (by_position, {"seed": 5, "width": 2, "lr": 1}, "1 2 5"),
        (lambda cfg: cfg.a + cfg["b"], {"a": 1, "b": 2}, 3),
        (lambda a: a, {"a": 4}, 4),
    ],
)
def test_it_is_called_as_it_wants(
    function: Callable[..., Any], values: dict[str, Any], wanted: Any
) -> None:
    assert Signature.of(function, "f").caller(function, tuple(values))(values) == wanted


def test_a_missing_key_of_the_mapping_names_those_there_are() -> None:
    with pytest.raises(AttributeError, match="no key 'c'; the keys are a, b"):
        _ = Settings(a=1, b=2).c


def test_the_keys_of_a_sweep_are_no_arguments() -> None:
    named = {"plan", "resume", "report", "parallel", "grid", "figures", "status", "message"}
    assert named <= RESERVED
