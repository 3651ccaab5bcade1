"""A call made again: with the same levels, with more, with fewer, with another function."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import functions_to_sweep as some
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.requests import ResumeRequest
from xorsweep.sweeps.runner import resume_sweep
from xorsweep.sweeps.verify import verify

from .calls import rows_of, sweep

SERIAL = SweepSettings(ExecutionSettings("serial"), report=False)


def test_the_same_call_runs_nothing_and_more_levels_only_new_points(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []

    def counted(a: int, seed: int) -> int:
        calls.append((a, seed))
        return a * seed

    folder = tmp_path / "sweep"
    sweep(folder, counted, {"a": [1, 2], "seed": range(3)})
    sweep(folder, counted, {"a": [1, 2], "seed": range(3)})
    assert len(calls) == 6
    grown = sweep(folder, counted, {"a": [3, 1, 2], "seed": range(4)})
    assert sorted(calls) == [(a, seed) for a in (1, 2, 3) for seed in range(4)]
    at_once = sweep(tmp_path / "at_once", counted, {"a": [3, 1, 2], "seed": range(4)})
    assert rows_of(grown.folder) == rows_of(at_once.folder)


NUMBERS = st.lists(
    st.sampled_from([0, 1, 2, 3, 0.5, 1.0, 2.5, 3.0]), min_size=1, max_size=4, unique=True
)


def typed(a: Any, b: Any, seed: Any) -> dict[str, Any]:
    """Return a function that distinguishes integers from floats."""
    return {"a_type": type(a).__name__, "b_type": type(b).__name__, "seed_type": repr(seed)}


@examples(2, 60)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_any_order_of_extension_gives_the_bytes_of_the_whole_grid_at_once(
    steps: list[tuple[list[float], list[float]]], vectorized: bool, by_call: bool
) -> None:
    def arrays(a: Any, b: Any, seed: Any) -> dict[str, Any]:
        return {"a_type": [str(a.dtype)] * len(a), "b_type": [str(b.dtype)] * len(a), "s": seed}

    function = arrays if vectorized else typed

    def call(folder: Path, a: list[float], b: list[float]) -> xs.Sweep:
        axes = {"a": a, "b": b, "seed": [0, 1.0]}
        return sweep(folder, function, axes, vectorized=vectorized, progress=False)

    with TemporaryDirectory() as made:
        root = Path(made)
        given_a, given_b = steps[0]
        call(root / "grown", given_a, given_b)
        for more_a, more_b in steps[1:]:
            given_a, given_b = given_a + more_a, given_b + more_b
            if by_call:
                call(root / "grown", given_a, given_b)
                continue
            experiment = xs.load(root / "grown", function).experiment
            more = [Axis("a", tuple(more_a)), Axis("b", tuple(more_b))]
            resume_sweep(ResumeRequest(root / "grown", SERIAL, more, experiment=experiment))
        call(root / "at_once", given_a, given_b)
        grown, at_once = (rows_of(root / name).splitlines() for name in ("grown", "at_once"))
        # By resume, a key that had one value becomes the axis that varies fastest.
        assert grown == at_once if by_call else sorted(grown) == sorted(at_once)
        again = xs.load(root / "grown", function).experiment
        assert verify(str(root / "grown"), sample=None, experiment=again).wrong == []


def test_integers_become_floats_where_a_later_level_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    axes: dict[str, Any] = {"a": [1, 2], "b": 1, "seed": range(3)}
    sweep(tmp_path / "s", typed, axes)
    capsys.readouterr()
    grown = sweep(tmp_path / "s", typed, {**axes, "a": [0.5, 1, 2]})
    assert set(grown.results["a_type"]) == {"float"}
    assert capsys.readouterr().err.splitlines()[0] == (
        "a: its levels are floats from now on, 1.0 in place of 1; the points that were run with "
        "whole numbers are run again"
    )
    back = sweep(tmp_path / "t", typed, {**axes, "a": [1.0, 2.0]})
    assert set(sweep(back.folder, typed, axes).results["a_type"]) == {"int"}


def test_an_integer_beyond_floats_does_not_become_another_one(tmp_path: Path) -> None:
    sweep(tmp_path / "s", typed, {"a": [2**53 + 1, 2], "b": 1, "seed": 0})
    before = rows_of(tmp_path / "s")
    experiment = xs.load(tmp_path / "s", typed).experiment
    request = ResumeRequest(tmp_path / "s", SERIAL, [Axis("a", (0.5,))], experiment=experiment)
    with pytest.raises(ConfigError, match=r"^a=9007199254740993: .* number that a float can hold$"):
        resume_sweep(request)
    assert rows_of(tmp_path / "s") == before


def test_merged_sweeps_of_whole_numbers_and_of_floats_have_each_point_once(tmp_path: Path) -> None:
    sweep(tmp_path / "a", typed, {"a": [1, 2], "b": 1, "seed": range(2)})
    sweep(tmp_path / "b", typed, {"a": [0.5, 1], "b": 1, "seed": range(2)})
    merged = merge(tmp_path / "m", [tmp_path / "a", tmp_path / "b"], report=False)
    assert (merged.points, merged.absent) == (6, 2)  # those with 2, which no one ran as 2.0
    whole = sweep(tmp_path / "m", typed, {"a": [1, 2, 0.5], "b": 1, "seed": range(2)})
    fresh = sweep(tmp_path / "w", typed, {"a": [1, 2, 0.5], "b": 1, "seed": range(2)})
    assert rows_of(whole.folder) == rows_of(fresh.folder)


def test_fewer_levels_than_before_are_refused(tmp_path: Path) -> None:
    sweep(tmp_path / "s", axes={"lr": [0.1, 1], "seed": range(3)})
    with pytest.raises(
        StoreError, match=r"has 3 points that aren't in this grid, .* \(lr 1.0, seed 0"
    ):
        sweep(tmp_path / "s", axes={"lr": [0.1], "seed": range(3)})


def test_another_function_is_refused_with_the_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    sweep(folder, lambda x: x, {"x": [1, 2]})
    with pytest.raises(StoreError, match=r"its source has changed since .*; restore the old one"):
        sweep(folder, lambda x: x + 1, {"x": [1, 2]})
    with pytest.raises(StoreError, match=r"^refusing_five: .* was started with the function <lam"):
        sweep(folder, some.refusing_five, {"x": [1, 2]})


def test_a_sweep_of_networks_is_none_of_a_function(small_sweep: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_sweep, folder)
    holds = "holds a sweep of the experiment networks, and not of function; choose another"
    with pytest.raises(StoreError, match=f"copy: {holds}"):
        sweep(folder, some.refusing_five, {"x": [1, 2]})
    sweep(tmp_path / "own", some.refusing_five, {"x": [1, 2]})
    with pytest.raises(StoreError, match=r"own: holds a sweep of the experiment function, and"):
        xs.sweep(folder=tmp_path / "own", lr=1, hidden=2, epochs=3, seed=0)
    with pytest.raises(ConfigError, match=r"^function: networks have no function$"):
        xs.load(folder, some.train)


def test_the_recorded_call_has_the_given_arguments(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    swept = sweep(folder, axes={"lr": [1], "seed": range(2)}, title="Mine", csv=False, times={})
    manifest = json.loads((swept.folder / "manifest.json").read_text())
    (call,) = manifest["command_line"]
    (line,) = [line for line in call.splitlines() if line.startswith("xorsweep.")]
    given = "{'lr': [1], 'seed': range(0, 2)}"
    options = f"folder='{folder}', times={{}}, parallel='serial', title='Mine', csv=False"
    assert line == f"xorsweep.sweep_function(train, {given}, {options})"


def test_without_a_folder_the_cache_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls: list[int] = []

    def function(x: int) -> int:
        calls.append(x)
        return x

    first = xs.sweep_function(function, {"x": range(3)})
    assert xs.sweep_function(function, {"x": range(3)}).folder == first.folder
    assert calls == [0, 1, 2]
