"""The Python interface: the words, the checks, the defaults and the bits of the command line."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

import xorsweep as xs
from xorsweep import api
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE, plain
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.storage.store import read_manifest

PATIENCE = 400.0
SMALL: dict[str, Any] = {"lr": [0.5, 2], "hidden": [2, 3], "epochs": [100, 300], "seed": range(4)}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let sweeps without a folder live in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xorsweep" / "sweeps"


def command_line(folder: Path, *arguments: str) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr


def run_script(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(text)
    command = [sys.executable, "-W", "error", "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def names_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_a_run_has_the_bits_of_the_command_lines(tmp_path: Path) -> None:
    arguments = ["optimizer=momentum", "optimizer.momentum=0.5", "hidden=3", "seed=7", "epochs=400"]
    command_line(tmp_path, *arguments, "hydra.run.dir=single")
    told = json.loads((tmp_path / "single/run.json").read_text())
    run = xs.train(
        optimizer={"name": "momentum", "momentum": 0.5}, hidden=3, seed=np.int64(7), epochs=400
    )
    assert run.point == told["point"]
    for role, weights in told["final_weights"].items():
        np.testing.assert_array_equal(getattr(run.weights, role), weights)
    for role, weights in told["initial_weights"].items():
        np.testing.assert_array_equal(getattr(run.initial_weights, role), weights)
    assert run.outputs.tolist() == [row["outputs"] for row in told["truth_table"]]
    assert run.converged_epoch == told["converged_epoch"]


@pytest.mark.slow
def test_a_sweep_has_the_bytes_of_the_command_lines(tmp_path: Path) -> None:
    axes = ["lr=0.5,2", "hidden=2,3", "epochs=100,300", "seed=range(0,4)"]
    others = ["optimizer=momentum", "optimizer.momentum=0.5,0.9", "init=uniform,xavier"]
    command_line(tmp_path, "-m", *axes, *others, "report=false", "hydra.sweep.dir=there")
    sweep = xs.sweep(
        optimizer={"name": "momentum", "momentum": np.array([0.5, 0.9])},
        init=["uniform", "xavier"],
        **SMALL,
    )
    there = (tmp_path / "there/results.csv").read_bytes()
    assert (sweep.folder / "results.csv").read_bytes() == there
    assert (sweep.folder / "summary.csv").read_bytes() == (
        tmp_path / "there/summary.csv"
    ).read_bytes()


@pytest.mark.slow
def test_the_command_that_a_sweep_records_gives_the_same_bytes(tmp_path: Path) -> None:
    blocks = [{"lr": [0.5, 2]}, {"lr": 1, "init": {"name": "symmetric", "range": [0.5, 3.0]}}]
    sweep = xs.sweep(blocks=blocks, hidden=2, epochs=50, seed=[3, 1, 2], precision=None)
    command = read_manifest(sweep.folder)["command_line"]
    command_line(tmp_path, *command[3:], "report=false", "hydra.sweep.dir=there")
    there = (tmp_path / "there/results.csv").read_bytes()
    assert (sweep.folder / "results.csv").read_bytes() == there
    assert len(sweep) == 2 * 3 + 2 * 3


def test_axes_go_together_and_points_are_left_out() -> None:
    sweep = xs.sweep(
        lr=np.array([0.5, 1, 2]),
        hidden=[2, 3, 4],
        epochs=10,
        seed=[0, 1],
        zip=[("lr", "hidden")],
        where="lr*hidden < 8",
    )
    cells = sweep.results[["lr", "hidden"]].drop_duplicates().to_numpy().tolist()
    assert cells == [[0.5, 2], [1, 3]]


def yaml_values() -> dict[str, Any]:
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        return plain(compose("config"))


def test_the_defaults_of_a_run_are_those_of_the_yaml() -> None:
    parameters = inspect.signature(api.train).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.name != "parameters"}
    assert defaults.pop("engine") == yaml_values()["engine"]["name"]
    assert defaults.pop("curvature") == yaml_values()["curvature"]
    assert defaults.pop("weights") is None  # init has the values of the YAML
    assert set(defaults) == set(NETWORK_SCHEMA.keys)
    assert NETWORK_SCHEMA.read_point(NETWORK_SCHEMA.nested(defaults)) == NETWORK_SCHEMA.read_point(
        yaml_values()
    )
    assert NETWORK_SCHEMA.read_point(
        NETWORK_SCHEMA.nested({key: defaults[key] for key in defaults if key not in COMPONENTS})
    )


def test_a_sweep_takes_every_key_and_its_axes_from_the_yaml() -> None:
    values = yaml_values()
    assert set(NETWORK_SCHEMA.keys) <= set(api.Levels.__annotations__)
    others = {"report", "resume", "study", "grid", "plan", "experiment"}
    others |= {"function", "vectorized", "times", "rate", "objective", "objective_seeds"}
    assert set(values) - set(NETWORK_SCHEMA.keys) - others <= set(api.Levels.__annotations__)
    sweep = xs.sweep(epochs=3, hidden=2)
    assert (sweep.results["lr"].nunique(), sweep.results["seed"].nunique()) == (5, 100)


def test_a_study_brings_its_axes_and_its_figures() -> None:
    sweep = xs.sweep(study="hinton_problems", seed=range(3), epochs=20)
    assert sweep.results["optimizer.momentum"].tolist() == [0.9] * 3
    assert read_manifest(sweep.folder)["study"]["name"] == "hinton_problems"


BAD = {
    "lr": (0, "lr=0: lr must be a finite number above 0"),
    "hidden": (2.5, "hidden=2.5: hidden must be a whole number from 1 to 4096"),
    "hiden": (3, "hiden: unknown key; did you mean hidden?"),
    "init": ({"range": 3}, "init.range: "),
    "criterion": ({"name": "rms", "threshold": -1}, "criterion.threshold=-1: criterion.threshold"),
    "skip": ("yes", "skip=yes: skip must be true or false"),
    "loss": ("mean", "mean"),
    "engine": ("numpi", "numpi"),
}


@pytest.mark.parametrize("key", BAD)
@pytest.mark.parametrize("act", [xs.train, xs.sweep])
def test_a_bad_value_is_refused_in_one_line_and_leaves_nothing(
    act: Any, key: str, cache: Path
) -> None:
    value, line = BAD[key]
    with pytest.raises(xs.ConfigError, match=re.escape(line)) as raised:
        act(**{key: value})
    assert "\n" not in str(raised.value)
    assert key in str(raised.value)
    assert not cache.exists()


def test_the_same_call_again_finds_its_sweep() -> None:
    first = xs.sweep(**SMALL)
    again = xs.sweep(**SMALL)
    assert again.folder == first.folder
    assert again.manifest == first.manifest
    assert xs.sweep(**{**SMALL, "lr": [0.5]}).folder != first.folder


def test_the_cache_separates_all_inputs_of_rows_and_reports(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    point = {"epochs": 10, "hidden": 2, "seed": range(2), "lr": 1}

    def folder() -> Path:
        return xs.sweep(init={"name": "file", "path": str(path)}, **point).folder

    for scale in (1.0, 2.0):
        weights = {
            "w1": np.full((2, 2, 2), scale),
            "b1": np.ones((2, 2)),
            "w2": np.ones((2, 2, 1)),
            "b2": np.ones((2, 1)),
        }
        np.savez(path, **weights)  # type: ignore[arg-type]
        if scale == 1.0:
            before = folder()
    assert folder() != before
    assert xs.sweep(engine={"dtype": "float32"}, **point).folder != xs.sweep(**point).folder


def test_a_folder_keeps_its_sweep_and_takes_no_other(tmp_path: Path) -> None:
    kept = tmp_path / "mine"
    xs.sweep(folder=kept, **SMALL)
    assert xs.sweep(folder=kept, **SMALL).folder == kept
    assert len(xs.load(kept).results) == 32
    with pytest.raises(
        xs.StoreError, match=r"16 points that aren't in this grid.*; it has no lr=2\.0;"
    ):
        xs.sweep(folder=kept, **{**SMALL, "lr": [0.5]})
    assert len(xs.load(str(kept))) == 32


def test_the_same_call_with_more_levels_trains_the_new_points(tmp_path: Path) -> None:
    xs.sweep(folder=tmp_path / "mine", **SMALL)
    grown = xs.sweep(folder=tmp_path / "mine", **{**SMALL, "seed": range(5)})
    whole = xs.sweep(**{**SMALL, "seed": range(5)})
    assert (grown.folder / "results.csv").read_bytes() == (
        whole.folder / "results.csv"
    ).read_bytes()
    planned, trained = grown.manifest.grid.points, grown.manifest.work
    assert (planned, trained) == (40, whole.manifest.work // 5)


def test_a_folder_is_resumed_and_extended(tmp_path: Path) -> None:
    kept = tmp_path / "mine"
    xs.sweep(folder=kept, **SMALL)
    extended = xs.sweep(resume=kept, seed=range(2, 6), n_jobs=1)
    whole = xs.sweep(**{**SMALL, "seed": range(6)})
    assert (kept / "results.csv").read_bytes() == (whole.folder / "results.csv").read_bytes()
    assert len(extended) == 48
    with pytest.raises(xs.ConfigError, match="omit folder"):
        xs.sweep(resume=kept, folder=tmp_path)
    with pytest.raises(xs.ConfigError, match=r"^where: a sweep keeps the where that it was"):
        xs.sweep(resume=kept, where="lr < 1")
    with pytest.raises(xs.ConfigError, match="plan: works only on the command line"):
        xs.sweep(**{"plan": True})  # type: ignore[arg-type]


def test_points_that_failed_are_tried_again(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "weights.npz"
    weights = {"w1": (1, 2, 2), "b1": (1, 2), "w2": (1, 2, 1), "b2": (1, 1)}
    np.savez(path, **{role: np.ones(shape) for role, shape in weights.items()})  # type: ignore[arg-type]
    point: dict[str, Any] = {"epochs": 10, "hidden": 2, "seed": [0], "lr": [1, 2]}
    ask: dict[str, Any] = {"init": {"name": "file", "path": str(path)}, "folder": tmp_path / "kept"}
    manifest_path = xs.sweep(**point, **ask).folder / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    manifest["counts"] |= {"ok": 1, "failed": 1}
    manifest_path.write_text(json.dumps(manifest))
    assert xs.sweep(**point, **ask).counts["failed"] == 0


def test_an_unfinished_sweep_isnt_opened(tmp_path: Path) -> None:
    with pytest.raises(xs.StoreError, match="holds no sweep"):
        xs.load(tmp_path)
    folder = xs.sweep(**SMALL).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "state": "interrupted"}))
    with pytest.raises(xs.StoreError, match=f"{folder} isn't finished; .* resume={folder} runs "):
        xs.load(folder)


@pytest.mark.slow
def test_a_report_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    few = {"lr": [0.5, 2], "hidden": 2, "epochs": 100, "seed": range(5)}
    assert "report.html" not in names_of(xs.sweep(folder=tmp_path / "mine", **few).folder)
    assert "report.html" in names_of(xs.sweep(folder=tmp_path / "mine", report=True, **few).folder)


def test_a_sweep_inside_a_hydra_application_leaves_that_ones_state() -> None:
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        outer = GlobalHydra.instance().hydra
        xs.sweep(lr=1, hidden=2, epochs=3, seed=[0, 1])
        assert GlobalHydra.instance().hydra is outer
        assert compose("config", ["lr=3"]).lr == 3


def test_a_short_sweep_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    xs.sweep(**SMALL)
    xs.train(epochs=10)
    assert capfd.readouterr() == ("", "")


LARGE = """
import xorsweep as xs
sweep = xs.sweep(
    lr=0.5, hidden=range(2, 8), activation=["logistic", "tanh"], output=["logistic", "linear"],
    epochs=300, seed=range(300), n_jobs=2, folder="kept",
)
print(len(sweep.results), len(sweep.manifest.earlier))
"""
"""A sweep of 24 batches, just large enough for processes of its own; no guard around it."""


@pytest.mark.slow
def test_a_script_without_a_guard_trains_in_processes(tmp_path: Path) -> None:
    done = run_script(LARGE + "print(sweep.manifest.workers)", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7200 0\n2\n", "")


@pytest.mark.slow
def test_after_ctrl_c_the_same_call_resumes(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(LARGE)
    process = subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + PATIENCE
    while not list((tmp_path / "kept").glob("parts/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert out == ""
    told = "interrupted: trained points are kept in kept, the same call resumes the sweep\n"
    assert err.startswith(told)
    assert err.endswith("KeyboardInterrupt\n")
    assert read_manifest(tmp_path / "kept")["state"] == "interrupted"
    done = run_script(LARGE, tmp_path)
    assert (done.returncode, done.stdout) == (0, "7200 1\n"), done.stderr


def test_a_run_explains_its_end_in_words_and_a_figure() -> None:
    why = xs.train(seed=11).why()
    assert str(why) == why.text
    assert why.text.startswith("Rows 01 and 11 have the targets 1 and 0")
    (axes,) = why.figure.axes
    assert axes.get_xlabel() == "output of hidden unit 1"
    assert {text.get_text() for text in axes.texts} == {"00", "10", "01, 11"}
    page = why._repr_html_()
    assert "<svg" in page
    assert "Rows 01 and 11" in page


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"hidden": 3}, marks=pytest.mark.slow),
        {"hidden": 1, "task": "parity", "task.bits": 6},
        pytest.param({"task": "encoder", "hidden": 2}, marks=pytest.mark.slow),
        {"output": "linear", "activation": "relu", "init": {"low": -1.7e308, "high": 1.7e308}},
    ],
)
def test_any_run_has_a_figure_of_its_hidden_units(keys: dict[str, Any], tmp_path: Path) -> None:
    xs.train(epochs=5, **keys).why().figure.savefig(tmp_path / "why.png")
    assert (tmp_path / "why.png").stat().st_size > 2_000
