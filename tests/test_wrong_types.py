"""Values of types that nothing can be made of, from Python: a ConfigError at once, in one line."""

from collections.abc import Callable, Iterator
from itertools import count, cycle, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xorsweep as xs

axes: dict[str, Any] = {"lr": 1, "hidden": 2, "epochs": 3, "seed": [0, 1]}


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


class BytesPath:
    def __fspath__(self) -> bytes:
        return b"folder"


def endless() -> Iterator[float]:
    while True:
        yield 0.1


def doubled(x: Any) -> Any:
    return {"y": x * 2}


NO_FOLDER = (5, b"folder", "", "a\0b", True, 3.5, ["a"], BytesPath(), endless())
NO_NUMBER = (b"0.1", object(), 1j, print, Unprintable(), 10**5000, "0.1", "a\nb", [[1]], None, [])

SWEEP = {
    "where": (5, True, b"lr < 1", ["lr < 1"], "", " or ".join(["lr < 1"] * 50_000)),
    "zip": (5, "lr", ["lr"], [5], [("lr", 5)], {"lr": "epochs"}, [{"lr", "hidden"}], endless()),
    "zip ": ([("lr", None)], [range(3)], [("lr,hidden",)], [("lr", "]")]),
    "blocks": (5, {"lr": 1}, [5], ["lr"], [{5: 1}], [{"lr": endless()}], repeat({"lr": 1}), []),
    "folder": NO_FOLDER,
    "resume": (*NO_FOLDER, "lastest"),
    "report": ("yes", 1, None),
    "progress": (5, "no"),
    "n_jobs": (2.5, "4", [1, 2], object(), True),
    "lr": (*NO_NUMBER, endless(), cycle([1, 2]), {0.1, 1}, range(0), np.ones((2, 2)), {"a": 1}),
    "seed": (count(), range(10**9), range(10**30), 0.5),
    "hidden": (range(1, 10**9), [2, "4"]),
    "task": (5, True, b"xor", ["xor", 5], {"name": 5}, {5: 1}),
    "study": (5, ["a", "b"], object()),
    "engine": (5, {"name": 5}, {"dtype": endless()}, ["numpy", "numba"]),
    "precision": ("x", [0.1, 0.2]),
    "max_seeds": (2.5,),
    "lr=1,hidden": (2,),
    "": (1,),
}
TRAIN = {
    "lr": (*NO_NUMBER, [0.1, 1], endless(), np.ones((2, 2)), "x" * 100_000),
    "seed": (range(10**9), "0-100", count()),
    "task": (5, [], b"xor", {"name": {"a": 1}}, {5: 1}, {"name": "xor", "levels": 5}),
    "init": (5, {"name": "file", "path": 5}),
    "engine": (5, None, ["numpy"], {5: 1}, {"dtype": 5}),
    "skip": (1, "yes", None),
    "learning_rate": (0.1,),
    "lr=1": (1,),
}
FUNCTION = {
    "function": (5, None, "module:function"),
    "axes": (5, None, [("x", 1)], {}, {5: [1]}, {None: [1]}),
    "folder": NO_FOLDER,
    "blocks": (5, [5], [{}, 5]),
    "zip": (5, "x", [5]),
    "where": (5, ["x"]),
    "vectorized": (1, "yes", None),
    "times": (5, [1], {"y": 5}),
    "rate": (5, ["y"]),
    "precision": (2, "0.1", True),
    "n_jobs": (2.5, "3", 0, True),
    "parallel": ("threads", 2, None, {"n_job": 2}),
}
LEVELS = (endless(), count(), range(10**9), range(10**30), b"a", {1, 2}, object(), None)
LEVELS_TOO = (Unprintable(), {"a": 1}, 10**5000, [1, "a"])
REGISTER = [
    (5, "name", int),
    ([], "name", int),
    (None, None, None),
    ("task", 5, int),
    ("task", ["name"], int),
    ("task", "", int),
    ("task", "name", 5),
    ("task", "name", Unprintable()),
    ("task", "name", dict),
]


def cases(table: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(key, value, id=f"{key}-{place}")
        for key, values in table.items()
        for place, value in enumerate(values)
    ]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(call: Callable[[], object], folder: Path) -> str:
    with pytest.raises(xs.ConfigError) as raised:
        call()
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 800
    assert not list(folder.iterdir())
    return message


@pytest.mark.parametrize(("key", "value"), cases(SWEEP))
def test_a_sweep(key: str, value: Any, cache: Path) -> None:
    key = key.strip()
    assert key in refused(lambda: xs.sweep(**{**axes, key: value}), cache)


@pytest.mark.parametrize(("key", "value"), cases(TRAIN))
def test_a_run(key: str, value: Any, cache: Path) -> None:
    refused(lambda: xs.train(**{key: value}), cache)


@pytest.mark.parametrize(("key", "value"), cases(FUNCTION))
def test_a_sweep_of_a_function(key: str, value: Any, cache: Path) -> None:
    good: dict[str, Any] = {"function": doubled, "axes": {"x": [1, 2]}, "folder": "kept"}
    refused(lambda: xs.sweep_function(**{**good, key: value}), cache)


@pytest.mark.parametrize("levels", [*LEVELS, *LEVELS_TOO], ids=lambda v: type(v).__name__)
def test_levels_of_a_function(levels: Any, cache: Path) -> None:
    assert "x" in refused(lambda: xs.sweep_function(doubled, {"x": levels}, "kept"), cache)


@pytest.mark.parametrize("folder", [None, *NO_FOLDER, "lastest"])
def test_a_folder_that_is_opened(folder: Any, cache: Path) -> None:
    assert "folder=" in refused(lambda: xs.load(folder), cache)


@pytest.mark.parametrize("arguments", REGISTER)
def test_a_choice_that_is_registered(arguments: Any, cache: Path) -> None:
    refused(lambda: xs.register(*arguments), cache)


def test_a_run_is_saved_into_a_folder(cache: Path) -> None:
    run = xs.train(epochs=2)
    for folder in NO_FOLDER:
        refused(lambda folder=folder: run.save(folder), cache)


@pytest.mark.parametrize(
    ("lr", "said"),
    [
        ("0,1", "a decimal number has a point, lr=0.1"),
        ("0.1", "this is a text; leave out the quotes, lr=0.1"),
        ([0.1, 1], "it takes one value here, as only an axis of a sweep has several"),
    ],
)
def test_a_mistake_gets_its_correction(lr: Any, said: str) -> None:
    with pytest.raises(xs.ConfigError, match=said):
        xs.train(lr=lr)


def test_levels_from_whatever_ends_are_taken() -> None:
    rates = {0.5: "a", 2.0: "b"}
    for levels in ((rate for rate in rates), rates.keys(), rates.keys() and iter(rates), (0.5, 2)):
        assert xs.sweep(**{**axes, "lr": levels}).results["lr"].unique().tolist() == [0.5, 2.0]
    assert len(xs.sweep(**{**axes, "lr": range(1, 2)})) == 2
