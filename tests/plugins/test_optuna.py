"""Hydra's Optuna sweeper and Optuna itself, in the environment that `make test-optuna` makes."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import xorsweep as xs

pytest.importorskip("optuna", reason="make test-optuna has it")
pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="make test-optuna has it")
pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"


def search(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Not with warnings as errors, as the sweeper has some of its own.
    chosen = ["-m", "hydra/sweeper=optuna", "hydra.sweeper.sampler.seed=1", "hydra.sweep.dir=s"]
    return subprocess.run(
        [sys.executable, "-m", "xorsweep", *chosen, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sweeper_minimises_a_rate_over_seeds(tmp_path: Path) -> None:
    asked = ["lr=interval(0.1,10)", "hidden=range(2,9)", "epochs=300"]
    rated = ["objective=failure_rate", "objective_seeds=20", "hydra.sweeper.n_trials=8"]
    done = search(tmp_path, *asked, *rated)
    assert done.returncode == 0, done.stderr
    jobs = [json.loads((tmp_path / f"s/{job}/run.json").read_text()) for job in range(8)]
    for job in jobs:
        point = {key: job["point"][key] for key in ("lr", "hidden", "epochs")}
        wanted = xs.evaluate(**point, seeds=range(20), objective="failure_rate")
        assert (job["value"], job["interval"]) == (wanted.value, [wanted.low, wanted.high])
    assert len({job["value"] for job in jobs}) > 1
    found = yaml.safe_load((tmp_path / "s/optimization_results.yaml").read_text())
    best = min(jobs, key=lambda job: job["value"])
    assert found["best_value"] == best["value"]
    assert found["best_params"] in [
        {key: job["point"][key] for key in ("lr", "hidden")}
        for job in jobs
        if job["value"] == best["value"]
    ]
    assert not list((tmp_path / "s").glob("*/run.html"))


def test_a_setting_that_solves_nothing_does_not_end_the_search(tmp_path: Path) -> None:
    asked = ["lr=interval(0.1,30)", "output=linear", "epochs=200"]
    timed = ["objective=expected_running_time", "objective_seeds=5", "hydra.sweeper.n_trials=6"]
    done = search(tmp_path, *asked, *timed)
    assert done.returncode == 0, done.stderr
    values = [json.loads((tmp_path / f"s/{job}/run.json").read_text())["value"] for job in range(6)]
    assert None in values
    found = yaml.safe_load((tmp_path / "s/optimization_results.yaml").read_text())
    finite = [value for value in values if value is not None]
    assert found["best_value"] == min(finite, default=math.inf)


def test_the_sweeper_may_not_choose_the_seed(tmp_path: Path) -> None:
    done = search(tmp_path, "seed=range(0,5)", "objective_seeds=20", "hydra.sweeper.n_trials=2")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.endswith("objective_seeds=20 trains seeds 0 to 19; leave one of the two out")


def test_the_example_searches_with_both_samplers() -> None:
    asked = [sys.executable, EXAMPLES / "optuna_search.py", "--trials", "12", "--repeats", "2"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    *_, first, second, middle, wins = done.stdout.splitlines()
    rows = [[float(value) for value in line.split()[1:]] for line in (first, second, middle)]
    assert all(10 < value < 300 for row in rows for value in row)
    assert rows[2] == pytest.approx([(a + b) / 2 for a, b in zip(*rows[:2], strict=True)], abs=0.11)
    better = sum(tpe < random for tpe, random, *_ in rows[:2])
    assert wins.startswith(f"TPE is better in {better} of 2 searches")
