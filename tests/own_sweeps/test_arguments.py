"""Wrong levels, options and functions are refused in one line."""

import threading
from pathlib import Path
from typing import Any

import functions_to_sweep as some
import pytest

import xorsweep as xs
from xorsweep.errors import ConfigError

from .calls import sweep


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], "refusing_five: x=: an axis needs at least one level"),
        ({1, 2}, "refusing_five: x={1, 2}: a set has no order; give a list"),
        ([[1, 2]], "refusing_five: x=[1, 2]: is nested; a level is a number"),
        ([1, "a"], "refusing_five: x: its levels are int, str, and must all be numbers"),
        ("range(0,3)", "refusing_five: x=range(0,3): is a text; in Python, range() without"),
        ("linspace(0,1)", "refusing_five: x=linspace(0,1): "),
    ],
)
def test_a_level_that_is_none_names_function_and_key(
    levels: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as told:
        sweep(tmp_path / "s", some.refusing_five, {"x": levels})
    assert str(told.value).startswith(message)


def test_levels_by_number_are_read_as_on_the_command_line(tmp_path: Path) -> None:
    found = sweep(tmp_path / "s", some.refusing_five, {"x": "linspace(0,1,3)"}).results
    assert found["x"].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"rate": 3}, "rate=3: must be the name of a column"),
        ({"times": [1]}, "times=[1]: must be a dictionary such as"),
        ({"vectorized": 1}, "vectorized=1: vectorized must be true or false"),
        ({"precision": 2}, "precision=2: precision must be"),
        ({"parallel": "threads"}, "parallel=threads"),
        ({"where": "lr <"}, "where=lr <"),
        ({"zip": 3}, "zip=3: must be"),
        ({"axes": {"lr": [1], "plan": [1]}}, "train: plan is a key of the sweep itself"),
    ],
)
def test_a_wrong_option_is_one_line_and_leaves_nothing(
    more: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as told:
        sweep(tmp_path / "s", **more)
    assert str(told.value).startswith(message)
    assert not (tmp_path / "s").exists()


NETWORK_WORDS = [
    "layers",
    "depth",
    "batch_size",
    "momentum",
    "dropout",
    "n_seeds",
    "lr_schedule",
    "n_samples",
    "engine",
]


@pytest.mark.parametrize("word", NETWORK_WORDS)
@pytest.mark.parametrize(
    "asked",
    [
        lambda word: {"axes": {"x": 1, word: 2}},
        lambda word: {"where": f"{word} < 2"},
        lambda word: {"axes": {"x": [1, 2]}, "zip": [("x", word)]},
        lambda word: {"blocks": [{word: 1}]},
    ],
    ids=["axes", "where", "zip", "blocks"],
)
def test_an_unknown_key_gets_no_hint_of_networks(asked: Any, word: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        sweep(tmp_path / "s", some.refusing_five, **{"axes": {"x": 1}, **asked(word)})
    message = str(told.value)
    prefix = message.partition(f"{word}: unknown key; ")[0]
    assert prefix in ("refusing_five: ", f"where={word} < 2: ", "zip: ")
    assert message.endswith(("its arguments are x", "known keys: x"))


def three() -> int:
    return 3


def test_a_function_without_arguments_has_nothing_to_vary(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="three: x: unknown key; it has no arguments"):
        xs.sweep_function(three, {"x": [1, 2]}, tmp_path / "a")
    with pytest.raises(ConfigError, match="three: has no argument to vary"):
        xs.sweep_function(three, {}, tmp_path / "b", blocks=[{}])


def test_an_unpicklable_function_is_named_before_anything_is_run(tmp_path: Path) -> None:
    lock = threading.Lock()

    def locked(x: int) -> int:
        with lock:
            return x

    with pytest.raises(
        ConfigError, match=r"^locked: lock can't be sent to other processes \(.*lock"
    ):
        sweep(tmp_path / "s", locked, {"x": range(3)}, parallel="loky", n_jobs=2)
    assert not (tmp_path / "s").exists()
    assert sweep(tmp_path / "s", locked, {"x": range(3)}).counts["ok"] == 3
