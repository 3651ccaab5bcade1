"""`sigmoid` is another word for `logistic`, and nothing but the word is another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xorsweep as xs
from xorsweep.cli.hydra_compose import resume_from_overrides, sweep_from_overrides
from xorsweep.networks.activations import ACTIVATIONS, Tanh
from xorsweep.storage.store import read_manifest

FEW: dict[str, Any] = {"lr": 2, "hidden": 2, "epochs": 20, "seed": range(3)}
LINES = ["lr=2", "hidden=2", "epochs=20", "seed=range(0,3)"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("activation", ["sigmoid", {"name": "sigmoid"}])
def test_a_run_prints_logistic(activation: Any) -> None:
    run = xs.train(activation=activation, output="sigmoid", epochs=30)
    assert (run.point["activation"], run.point["output"]) == ("logistic", "logistic")
    np.testing.assert_array_equal(run.outputs, xs.train(epochs=30).outputs)


def test_a_sweep_is_the_same_sweep() -> None:
    named = xs.sweep(activation="logistic", output=["logistic", "linear"], **FEW)
    other = xs.sweep(activation="sigmoid", output=["sigmoid", "linear"], **FEW)
    assert other.folder == named.folder
    assert read_manifest(other.folder)["digest"] == read_manifest(named.folder)["digest"]
    assert "sigmoid" not in (other.folder / "results.csv").read_text()


@pytest.mark.parametrize("levels", ["sigmoid,logistic", "logistic,sigmoid,logistic"])
@pytest.mark.parametrize("key", ["activation", "output"])
def test_both_words_are_one_level(key: str, levels: str) -> None:
    grid = sweep_from_overrides([f"{key}={levels}", *LINES]).grid
    assert len(grid) == 3
    assert grid.columns[key].levels == ("logistic",)
    (block,) = grid.blocks
    assert next(axis.levels for axis in block.axes if axis.key == key) == ("logistic",)


def test_levels_in_blocks_and_zips_are_canonical() -> None:
    grid = sweep_from_overrides(
        ["grid.blocks=[{activation: sigmoid}, {activation: 'sigmoid,tanh'}]", *LINES]
    ).grid
    assert grid.columns["activation"].levels == ("logistic", "tanh")
    zipped = sweep_from_overrides(
        ["activation=sigmoid,tanh", "output=sigmoid,linear", *LINES, ZIP]
    ).grid
    assert {(p["activation"], p["output"]) for p in map(zipped.point, range(len(zipped)))} == {
        ("logistic", "logistic"),
        ("tanh", "linear"),
    }


ZIP = "grid.zip=[[activation,output]]"


@pytest.mark.parametrize("word", ["sigmoid", "logistic"])
def test_an_expression_may_use_either_word(word: str) -> None:
    where = f'grid.where=activation == "{word}" and output in ("{word}",)'
    grid = sweep_from_overrides(
        ["activation=logistic,tanh", "output=logistic,linear", *LINES, where]
    ).grid
    assert len(grid) == 3


def test_going_on_with_a_sweep_adds_no_level() -> None:
    (axis,) = resume_from_overrides(["activation=sigmoid"], Path()).more
    assert axis.levels == ("logistic",)


@pytest.mark.parametrize(
    "text",
    [
        "# @package _global_\ndefaults:\n  - override /activation: sigmoid\noutput: sigmoid\n",
        "# @package _global_\ngrid:\n  axes:\n    activation: sigmoid\n    output: sigmoid\n",
    ],
)
def test_a_file_may_use_the_word(text: str, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/mine.yaml").write_text(text)
    grid = sweep_from_overrides(
        ["study=mine", f"hydra.searchpath=['file://{tmp_path}']", *LINES]
    ).grid
    assert grid.columns["activation"].levels == grid.columns["output"].levels == ("logistic",)


def test_a_choice_that_is_registered_by_the_word_is_meant_by_it() -> None:
    @dataclass(frozen=True)
    class Other(Tanh):
        pass

    xs.register("activation", "sigmoid", Other)
    try:
        assert xs.train(activation="sigmoid", epochs=2).point["activation"] == "sigmoid"
        assert sweep_from_overrides(["activation=sigmoid,logistic", *LINES]).grid.columns[
            "activation"
        ].levels == (
            "sigmoid",
            "logistic",
        )
    finally:
        ACTIVATIONS.forget("sigmoid")


def test_the_word_is_not_listed_as_a_choice() -> None:
    assert "sigmoid" not in [*ACTIVATIONS]
    grid = sweep_from_overrides(["activation=glob(*)", *LINES]).grid
    assert sorted(map(str, grid.columns["activation"].levels)) == sorted(ACTIVATIONS)
