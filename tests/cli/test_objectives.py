"""Jobs of other sweepers, and runs over many seeds: their results, files and refusals."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import flag_override

import xorsweep as xs
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.cli.hydra_main import run_config

QUICK = ["lr=5", "hidden=3", "epochs=300"]
POINT: dict[str, Any] = {"lr": 5, "hidden": 3, "epochs": 300}
JOB_FILES = {"run.json", "xorsweep.log", ".hydra"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def returned(lines: list[str], mode: RunMode, folder: Path) -> float:
    """Return the value that a job with these overrides gives to its sweeper."""
    state = HydraConfig.instance()
    outer = state.cfg
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        config = compose("config", lines, return_hydra_config=True)
        with flag_override(config.hydra, ["readonly", "struct"], False):
            config.hydra.runtime.output_dir = str(folder)
            config.hydra.mode = mode
        state.set_config(config)
        try:
            return float(run_config(config))
        finally:
            state.cfg = outer


@pytest.mark.parametrize("mode", [RunMode.RUN, RunMode.MULTIRUN])
@pytest.mark.parametrize("objective", ["final_error", "failure_rate", "expected_running_time"])
def test_a_sweeper_is_given_the_objective(
    objective: str, mode: RunMode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [*QUICK, f"objective={objective}", "objective_seeds=8"]
    wanted = xs.evaluate(**POINT, seeds=range(8), objective=objective)
    assert returned(lines, mode, tmp_path) == wanted.value
    found = json.loads((tmp_path / "run.json").read_text())
    assert (found["value"], found["interval"]) == (wanted.value, [wanted.low, wanted.high])


@pytest.mark.parametrize(
    ("objective", "value"),
    [("final_error", math.inf), ("failure_rate", 1), ("expected_running_time", math.inf)],
)
@pytest.mark.parametrize("seeds", ["null", "4"])
def test_an_infinite_objective_is_returned_as_infinity(
    objective: str, value: float, seeds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["output=linear", "lr=10", "epochs=300", f"objective={objective}"]
    assert returned([*lines, f"objective_seeds={seeds}"], RunMode.MULTIRUN, tmp_path) == value
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["value"] == (value if math.isfinite(value) else None)


def test_jobs_of_another_sweeper_leave_their_number_and_no_page(tmp_path: Path) -> None:
    chosen = ["hydra/sweeper=basic", "hydra.sweep.dir=s", "engine.dtype=float32"]
    done = run(tmp_path, "-m", *QUICK, "seed=3,4", *chosen)
    assert done.returncode == 0, done.stderr
    for number, seed in enumerate((3, 4)):
        assert names(tmp_path / f"s/{number}") == JOB_FILES
        found = json.loads((tmp_path / f"s/{number}/run.json").read_text())
        run_of_seed = xs.train(**POINT, seed=seed, engine={"dtype": "float32"})
        assert found["value"] == run_of_seed.final_error
        assert found["point"] == run_of_seed.point
        assert (found["objective"], found["interval"]) == ("final_error", None)
        assert found["engine"] == {"name": "numpy", "dtype": "float32"}
        line = f"final_error {found['value']:.6g}: xor, 2-3-1, logistic, sgd at lr 5,"
        assert [line in each for each in done.stdout.splitlines()].count(True) == 1
        assert line in (tmp_path / f"s/{number}/xorsweep.log").read_text()
    assert len(done.stdout.splitlines()) == 5  # of which Hydra says that two jobs start, and which


def test_a_run_over_many_seeds_prints_its_value_and_its_interval(tmp_path: Path) -> None:
    chosen = ["objective=failure_rate", "objective_seeds=20", "hydra.run.dir=r"]
    done = run(tmp_path, *QUICK, *chosen)
    assert (done.returncode, done.stderr) == (0, "")
    value = xs.evaluate(**POINT, seeds=range(20), objective="failure_rate")
    assert done.stdout == (
        f"failure_rate {value.value:.6g} (95 % interval {value.low:.6g} to {value.high:.6g}): xor, "
        "2-3-1, logistic, sgd at lr 5, uniform weights, seeds 0 to 19, 300 epochs\n"
    )
    assert names(tmp_path / "r") == JOB_FILES
    found = json.loads((tmp_path / "r/run.json").read_text())
    assert found["objective_seeds"] == 20
    assert "seed" not in found["point"]


@pytest.mark.slow
def test_a_single_run_with_an_objective_still_writes_its_page(tmp_path: Path) -> None:
    done = run(tmp_path, *QUICK, "objective=expected_running_time", "hydra.run.dir=r")
    assert (done.returncode, done.stderr) == (0, "")
    assert "run.html" in names(tmp_path / "r")
    found = xs.evaluate(**POINT, objective="expected_running_time")
    assert f"\nexpected_running_time {found.value:.6g}\n" in done.stdout


SEEDED = "objective_seeds=10 trains seeds 0 to 9; leave one of the two out"
SWEPT = (
    "is for a single run, or for another sweeper such as hydra/sweeper=optuna; this sweep reports "
    "every objective"
)
REFUSED = {
    "objective=rate": "objective=rate: objective must be one of final_error, failure_rate, "
    "expected_running_time; did you mean failure_rate?",
    "objective_seeds=0": "objective_seeds=0: objective_seeds must be a whole number from 1 to "
    "4294967296, or null",
    "objective_seeds=10 seed=3": f"seed=3: {SEEDED}",
    "objective_seeds=10 seed=0": f"seed=0: {SEEDED}",
    "objective_seeds=10 --config-dir=conf +experiment=seeded": f"seed=5: {SEEDED}",
    "-m objective=failure_rate": f"objective=failure_rate: {SWEPT}",
    "-m objective=final_error": f"objective=final_error: {SWEPT}",
    "-m objective_seeds=10": f"objective_seeds=10: {SWEPT}",
    "-m resume=x objective_seeds=10": f"objective_seeds=10: {SWEPT}",
    "-m --config-dir=conf +experiment=rated": f"objective=failure_rate: {SWEPT}",
    "-m objective=final_error,failure_rate": "objective: defines how a sweep runs, not its points, "
    "so it can't be swept",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_impossible_values_are_refused_before_there_is_a_folder(
    arguments: str, tmp_path: Path
) -> None:
    folder = tmp_path / "conf/experiment"
    folder.mkdir(parents=True)
    for name, value in (("seeded", "seed: 5"), ("rated", "objective: failure_rate")):
        (folder / f"{name}.yaml").write_text(f"# @package _global_\n{value}\n")
    done = run(tmp_path, *arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{REFUSED[arguments]}\n")
    assert names(tmp_path) == {"conf"}


def test_a_job_that_chooses_its_seed_is_refused(tmp_path: Path) -> None:
    chosen = ["hydra/sweeper=basic", "hydra.sweep.dir=s", "objective_seeds=10"]
    done = run(tmp_path, "-m", *QUICK, *chosen, "seed=3,4")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"seed=3: {SEEDED}"
