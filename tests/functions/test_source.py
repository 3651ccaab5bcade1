"""A function's source: which changes count, and which don't."""

from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xorsweep.errors import ConfigError
from xorsweep.functions.source import load_function, name_of, source_digest


def module_of(folder: Path, text: str, name: str = "made") -> ModuleType:
    import linecache

    path = folder / f"{name}.py"
    path.write_text(text)
    linecache.checkcache()
    module = ModuleType(name)
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def digest(folder: Path, text: str) -> str | None:
    return source_digest(module_of(folder, text).f)


def test_only_its_own_source_counts(tmp_path: Path) -> None:
    before = digest(tmp_path, "def f(x):\n    return x\n")
    assert digest(tmp_path, "LEVELS = range(9)\n\ndef f(x):\n    return x\n") == before
    assert digest(tmp_path, "def f(x):\n    return 2 * x\n") != before
    assert digest(tmp_path, "def f(x, y=1):\n    return x\n") != before


def test_a_lambda_is_distinguished_from_the_levels_beside_it(tmp_path: Path) -> None:
    before = digest(tmp_path, "f, n = (lambda x: x), range(3)\n")
    assert before is not None
    assert digest(tmp_path, "f, n = (lambda x: x), range(30)\n") == before
    assert digest(tmp_path, "f, n = (lambda x: -x), range(3)\n") != before


def make(factor: int) -> Any:
    def scaled(x: int) -> int:
        return factor * x

    return scaled


class Scaled:
    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, x: int) -> int:
        return self.factor * x


@pytest.mark.parametrize("build", [make, Scaled, lambda factor: partial(make(1), y=factor)])
def test_plain_values_that_it_has_captured_count(build: Any) -> None:
    assert source_digest(build(2)) == source_digest(build(2))
    assert source_digest(build(2)) != source_digest(build(3))


def test_a_function_without_source_has_no_digest() -> None:
    assert source_digest(len) is None


def test_it_is_found_by_its_name() -> None:
    assert load_function("functions_to_sweep:train").__name__ == "train"
    assert name_of(load_function("functions_to_sweep:train")) == "functions_to_sweep:train"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("functions_to_sweep.py:train", "; write functions_to_sweep:train"),
        ("functions_to_sweep:trian", "'trian'); did you mean functions_to_sweep:train?"),
        ("functions_to_sweep:nothing_like_it", "'nothing_like_it')"),
    ],
)
def test_a_mistyped_name_is_corrected(name: str, end: str) -> None:
    with pytest.raises(ConfigError) as told:
        load_function(name)
    assert str(told.value).endswith(end)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train", "train: a function is named as package.module:function"),
        ("nowhere_at_all:f", "nowhere_at_all:f: can't be imported (ModuleNotFoundError: No module"),
        ("functions_to_sweep:nope", "functions_to_sweep:nope: can't be imported (AttributeError"),
        ("functions_to_sweep:Columns.x", "functions_to_sweep:Columns.x: can't be imported"),
        ("math:pi", "math:pi: isn't a function"),
    ],
)
def test_a_name_of_nothing_is_one_line(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as told:
        load_function(name)
    assert str(told.value).startswith(message)
