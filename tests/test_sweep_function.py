"""`xorsweep.sweep_function` from end to end: rows, tables, resumes, workers, kills."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import functions_to_sweep as some
import numpy as np
import pandas as pd
import pytest
from experiments_to_sweep import Tosses
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples
from sweep_process import PATIENCE

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.requests import ResumeRequest
from xorsweep.sweeps.runner import resume_sweep
from xorsweep.sweeps.verify import verify

AXES: dict[str, Any] = {"lr": [0.1, 1], "width": [8, 16], "seed": range(30)}
TIMES = {"steps": "solved"}
SERIAL = SweepSettings(ExecutionSettings("serial"), report=False)


def sweep(folder: Path, function: Any = some.train, axes: Any = AXES, **more: Any) -> xs.Sweep:
    return xs.sweep_function(function, axes, folder, **{"parallel": "serial", **more})


def rows_of(folder: Path) -> bytes:
    return (folder / "results.csv").read_bytes()


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished sweep, which no test changes."""
    folder = tmp_path_factory.mktemp("swept") / "sweep"
    sweep(folder, times=TIMES)
    return folder


def test_there_is_a_row_per_point_with_the_returned_values(swept: Path) -> None:
    frame = pd.read_csv(swept / "results.csv")
    assert list(frame) == [*AXES, "loss", "solved", "steps", "status", "message"]
    points = [(lr, w, s) for lr in AXES["lr"] for w in AXES["width"] for s in AXES["seed"]]
    for row, point in zip(frame.to_dict("records"), points, strict=True):
        wanted = some.train(*point)
        assert tuple(row[key] for key in AXES) == point
        assert {name: row[name] for name in ("loss", "solved", "steps")} == {
            name: value for name, value in wanted.items() if name != "curve"
        }
    assert set(frame["status"]) == {"ok"}


def test_a_sweep_of_a_function_is_a_sweep_as_any_other(swept: Path) -> None:
    loaded = xs.load(swept)
    assert loaded.counts == {"planned": 120, "ok": 120, "failed": 0}
    assert loaded.results["solved"].dtype == bool
    assert repr(loaded) == (
        "<Sweep 2 learning rates x 2 values of width x 30 seeds: 120 results, none failed>"
    )


def test_its_summary_has_rates_quantiles_and_times(swept: Path) -> None:
    summary = xs.load(swept).summary
    assert summary[["lr", "width", "runs", "failed"]].to_numpy().tolist() == [
        [lr, width, 30, 0] for lr in AXES["lr"] for width in AXES["width"]
    ]
    for cell in summary.to_dict("records"):
        found = [some.train(cell["lr"], cell["width"], seed) for seed in AXES["seed"]]
        assert cell["solved_rate"] == pytest.approx(np.mean([each["solved"] for each in found]))
        assert cell["loss_median"] == pytest.approx(np.median([each["loss"] for each in found]))
        assert cell["solved_rate_low"] < cell["solved_rate"] < cell["solved_rate_high"]


def test_it_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sweep(tmp_path / "sweep")
    assert capfd.readouterr() == ("", "")


def test_a_point_can_be_run_again(swept: Path) -> None:
    assert xs.load(swept, some.train).run(31) == some.train(0.1, 16, 1)
    with pytest.raises(StoreError, match=r"^train: a folder is data, .* --function functions_to"):
        xs.load(swept).run(31)


def test_verify_checks_tables_and_with_the_function_points(swept: Path) -> None:
    without = verify(str(swept))
    assert (without.compared, without.again, list(without.wrong)) == (0, False, [])
    assert "nothing was run again" in without.text
    experiment = xs.load(swept, some.train).experiment
    again = verify(str(swept), sample=None, experiment=experiment)
    assert (again.compared, again.again, list(again.wrong)) == (120, True, [])


def test_replay_compares_a_row(swept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    experiment = xs.load(folder, some.train).experiment
    assert replay(str(folder), 7, experiment=experiment) == []
    with pytest.raises(StoreError, match="a folder is data"):
        replay(str(folder), 7)


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


def test_failures_are_rows_and_run_again_by_the_next_call(tmp_path: Path) -> None:
    moods = ["bad"]

    def moody(x: int) -> int:
        if moods and x == 2:
            raise ValueError("no")
        return x

    result = sweep(tmp_path / "s", moody, {"x": range(4)})
    assert result.counts == {"planned": 4, "ok": 3, "failed": 1}
    assert pd.read_csv(tmp_path / "s/results.csv")["message"].dropna().tolist() == [
        "ValueError: no"
    ]
    moods.clear()
    assert sweep(tmp_path / "s", moody, {"x": range(4)}).counts["failed"] == 0


def test_the_first_point_may_fail(tmp_path: Path) -> None:
    frame = sweep(tmp_path, some.refusing_five, {"x": [5, 6]}).results
    assert frame["status"].tolist() == ["failed", "ok"]


def test_stopping_at_a_failure_keeps_the_finished_points(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"on_failure=stop: 1 point failed: ArithmeticError: five"):
        sweep(tmp_path / "s", some.refusing_five, {"x": range(9)}, on_failure="stop")
    assert json.loads((tmp_path / "s/manifest.json").read_text())["state"] == "interrupted"


def test_an_interrupt_ends_it_resumably(tmp_path: Path) -> None:
    stops = [True]

    def stopping(x: int) -> int:
        if stops and x == 6:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "s", stopping, {"x": range(9)})
    assert json.loads((tmp_path / "s/manifest.json").read_text())["state"] == "interrupted"
    stops.clear()
    assert sweep(tmp_path / "s", stopping, {"x": range(9)}).results["value"].tolist() == [*range(9)]


def test_precision_adds_seeds_until_the_rate_is_sure(tmp_path: Path) -> None:
    def coin(p: float, seed: int) -> dict[str, bool]:
        draw = np.random.default_rng([seed, int(1000 * p)]).random()
        return {"head": bool(draw < p), "other": True}

    axes = {"p": [0.1, 0.5], "seed": range(20)}
    with pytest.raises(ConfigError, match=r"^precision: needs rate, .* choose one of head, other$"):
        sweep(tmp_path / "none", coin, axes, precision=0.06)
    found = sweep(tmp_path / "s", coin, axes, precision=0.06, rate="head").summary
    assert (found["runs"] > 20).all()
    widths = found["head_rate_high"] - found["head_rate_low"]
    assert (widths / 2 < 0.06).all()
    with pytest.raises(ConfigError, match=r"^precision: adds seeds, so it needs an axis `seed`$"):
        sweep(tmp_path / "t", lambda x: x > 1, {"x": [1, 2]}, precision=0.1)


def test_a_rate_that_is_no_column_is_refused_before_further_seeds(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        sweep(tmp_path / "s", axes={**AXES, "seed": range(3)}, precision=0.1, rate="loss")
    assert str(told.value) == "rate=loss: must be a column of true and false; choose solved"


def test_the_same_call_puts_a_wrong_rate_wrong_times_and_a_title_right(tmp_path: Path) -> None:
    folder, axes = tmp_path / "s", {"lr": [0.1, 1], "seed": range(4)}
    more: dict[str, Any] = {"precision": 0.3, "max_seeds": 20}
    with pytest.raises(ConfigError, match=r"^rate=loss: "):
        sweep(folder, axes=axes, rate="loss", **more)
    more |= {"rate": "solved"}
    wrong = sweep(folder, axes=axes, times={"steps": "nope"}, title="First", **more)
    assert "steps_mean" in wrong.summary
    right = sweep(folder, axes=axes, times=TIMES, title="Second", **more)
    assert "steps_median_low" in right.summary
    assert "steps_median_low" in pd.read_csv(folder / "summary.csv")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["options"]["times"], manifest["config"]["title"]) == (TIMES, "Second")
    before = (folder / "manifest.json").read_bytes()
    sweep(folder, axes=axes, times=TIMES, **more)  # a title isn't lost by a call without one
    assert (folder / "manifest.json").read_bytes() == before
    at_once = sweep(tmp_path / "t", axes=axes, times=TIMES, **more)
    assert rows_of(folder) == rows_of(at_once.folder)


def test_the_recorded_call_has_the_given_arguments(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    swept = sweep(folder, axes={"lr": [1], "seed": range(2)}, title="Mine", csv=False, times={})
    manifest = json.loads((swept.folder / "manifest.json").read_text())
    (call,) = manifest["command_line"]
    (line,) = [line for line in call.splitlines() if line.startswith("xorsweep.")]
    given = "{'lr': [1], 'seed': range(0, 2)}"
    options = f"folder='{folder}', times={{}}, parallel='serial', title='Mine', csv=False"
    assert line == f"xorsweep.sweep_function(train, {given}, {options})"


def test_an_experiment_that_no_package_offers_is_resumed_by_its_class(tmp_path: Path) -> None:
    axes = {"p": [0.1, 0.5], "seed": range(4)}

    def toss(rate: str, **more: Any) -> xs.Sweep:
        return xs.sweep_experiment(
            Tosses(rate=rate), axes, tmp_path / "s", precision=0.3, parallel="serial", **more
        )

    with pytest.raises(ConfigError, match=r"^rate=draw: must be a column of true and false"):
        toss("draw")
    grown = toss("head", title="Tosses")
    assert "head_rate" in grown.summary
    assert grown.run(0)["head"] == grown.results["head"][0]
    more = xs.sweep_experiment(
        Tosses(rate="head"), {**axes, "p": [0.1, 0.5, 0.9]}, grown.folder, parallel="serial"
    )
    assert more.results["p"].nunique() == 3


def test_times_that_are_no_columns_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept = sweep(tmp_path / "s", times={"steps": "nope"})
    assert capsys.readouterr().err.startswith("times.steps=nope: steps must be a numeric column")
    assert "steps_mean" in swept.summary


def test_arrays_and_scalars_give_the_same_values(tmp_path: Path) -> None:
    axes = {"x": np.linspace(0, 20, 41)}
    arrays = sweep(tmp_path / "a", some.squares, axes, vectorized=True).results
    scalars = sweep(tmp_path / "s", lambda x: some.squares(np.float64(x)), axes).results
    pd.testing.assert_frame_equal(arrays, scalars)


def test_texts_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    result = sweep(tmp_path, some.labelled, {"x": range(3)}, vectorized=True)
    wanted = ["small", "small", 'large, "so to speak"']
    assert pd.read_csv(tmp_path / "results.csv")["label"].tolist() == wanted
    assert result.results["label"].tolist() == wanted


NAMES = [
    "n",
    "ok",
    "failed",
    "y_mean",
    "index",
    "p",
    "key",
    "verdict",
    "epochs",
    "lr",
    "final_error",
]


@pytest.mark.parametrize("key", NAMES)
def test_a_key_may_have_any_name(key: str, tmp_path: Path) -> None:
    def function(seed: int, **keys: int) -> dict[str, Any]:
        return {"y": keys[key] + seed, "big": keys[key] + seed > 11}

    result = sweep(tmp_path, function, {key: [10, 20], "seed": range(3)})
    assert result.results["y"].tolist() == [10, 11, 12, 20, 21, 22]
    assert result.summary[key].tolist() == [10, 20]
    mean = "y_mean_" if key == "y_mean" else "y_mean"
    assert result.summary[mean].tolist() == [11, 21]
    assert len(result.comparisons) == 1


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    names = [*NAMES, "runs", "seed_", "converged"]

    def function(x: int, seed: int) -> dict[str, Any]:
        return dict.fromkeys(names, x * seed)

    result = sweep(tmp_path, function, {"x": [1, 2], "seed": range(3)})
    for name in names:
        assert result.results[name].tolist() == [0, 1, 2, 0, 2, 4]
        assert result.summary[f"{name}_mean"].tolist() == [1, 2]


def test_without_a_folder_the_cache_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls: list[int] = []

    def function(x: int) -> int:
        calls.append(x)
        return x

    first = xs.sweep_function(function, {"x": range(3)})
    assert xs.sweep_function(function, {"x": range(3)}).folder == first.folder
    assert calls == [0, 1, 2]


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


def test_a_damaged_part_is_set_aside_and_run_again(swept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    part = max((folder / "parts").iterdir(), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-20])
    (folder / "manifest.json").write_text(
        (folder / "manifest.json").read_text().replace('"finished"', '"interrupted"', 1)
    )
    sweep(folder, times=TIMES)
    assert rows_of(folder) == rows_of(swept)
    assert [path.name for path in (folder / "damaged").iterdir()] == [part.name]


@pytest.mark.parametrize("forged", ["victim:f", "victim:train", "victim"])
def test_no_name_in_a_manifest_is_ever_imported(
    forged: str, swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    (folder / "victim.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["options"]["function"] = forged
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if forged == "victim:train":  # which could be meant
        assert verify(str(folder)).wrong == []
        assert len(xs.load(folder).results) == 120
    else:
        with pytest.raises(StoreError, match="its experiment isn't one that this version knows"):
            verify(str(folder))
    assert "victim" not in sys.modules


@pytest.mark.slow
def test_workers_move_no_byte(tmp_path: Path) -> None:
    offset = 0.5

    def local(x: float) -> dict[str, float]:  # no module has it: it travels itself
        total = sum(np.exp(x / 20) for _ in range(20_000))
        return {"y": float(np.exp(x / 20) + offset + 0 * total)}

    axes = {"x": np.linspace(0, 20, 201)}
    sweep(tmp_path / "alone", local, axes)
    sweep(tmp_path / "two", local, axes, parallel="loky", n_jobs=2)
    assert rows_of(tmp_path / "alone") == rows_of(tmp_path / "two")


@pytest.mark.slow
def test_a_function_that_leaves_python_ends_no_process_of_ours(tmp_path: Path) -> None:
    result = sweep(tmp_path, some.leaving, {"x": range(20)}, parallel="loky", n_jobs=2)
    assert result.counts == {"planned": 20, "ok": 19, "failed": 1}


FUNCTION = """
import sys
import functions_to_sweep as some
import xorsweep as xs

if __name__ == "__main__":
    axes = {"x": range(60), "seed": range(40)}
    xs.sweep_function(some.slow, axes, sys.argv[1], n_jobs=2, progress=False)
"""
EXPERIMENT = """
import sys
from experiments_to_sweep import SlowTosses
import xorsweep as xs

if __name__ == "__main__":
    axes = {"p": [i / 60 for i in range(60)], "seed": range(40)}
    xs.sweep_experiment(SlowTosses(), axes, sys.argv[1], n_jobs=2, progress=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [FUNCTION, EXPERIMENT], ids=["function", "experiment"])
def test_twenty_kills_in_the_middle_move_no_byte_and_lose_no_part(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(text)
    command = [sys.executable, str(tmp_path / "script.py")]
    env = os.environ | {"PYTHONPATH": str(Path(some.__file__).parent)}

    def parts() -> set[str]:
        return {path.name for path in (tmp_path / "killed/parts").glob("*.parquet")}

    for _ in range(20):
        before = parts()
        process = subprocess.Popen(
            [*command, "killed"], cwd=tmp_path, env=env, start_new_session=True
        )
        end = time.monotonic() + PATIENCE
        while parts() <= before:  # until something new is on disk
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert before < parts()
        state = json.loads((tmp_path / "killed/manifest.json").read_text())["state"]
        assert state == "running"
    for name in ("killed", "whole"):
        subprocess.run([*command, name], cwd=tmp_path, env=env, check=True)
    assert rows_of(tmp_path / "killed") == rows_of(tmp_path / "whole")
