"""Hydra's launchers, started for real: one job a shard, the same bytes, also after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import run, start
from hydra import compose, initialize_config_dir

from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE

pytest.importorskip("submitit")
pytest.importorskip("hydra_plugins.hydra_joblib_launcher")

LONG_ENOUGH = 120
GRID = [
    "hidden=2,3,4,5,6,7,8,9",
    "skip=false,true",
    "epochs=100,1000",
    "seed=range(0,20)",
    "report=false",
]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "xorsweep", *arguments]


def sweep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return start(folder, "-m", *arguments)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sweep as one process leaves it."""
    folder = tmp_path_factory.mktemp("serial")
    assert sweep(folder, *GRID, "parallel=serial", "hydra.sweep.dir=s").returncode == 0
    return folder / "s"


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG_ENOUGH
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def processes(text: str, folder: Path) -> list[int]:
    """Return the processes that work in a folder and have a text in their command lines."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (path / "cmdline").read_bytes()
            if text.encode() in line and (path / "cwd").resolve() == folder.resolve():
                found.append(int(path.name))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_a_launcher_trains_shards_to_the_same_bytes(
    launcher: str, serial: Path, tmp_path: Path
) -> None:
    done = sweep(
        tmp_path, *GRID, f"hydra/launcher={launcher}", "parallel.shards=3", "hydra.sweep.dir=s"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "16 batches, 3 workers" in done.stdout
    assert (tmp_path / "s" / "results.csv").read_bytes() == (serial / "results.csv").read_bytes()
    assert files(tmp_path / "s") - {".submitit"} == files(serial)
    assert files(tmp_path) == {"s"}


FUNCTION = """def train(lr, seed):
    if lr == 3 and seed % 1000 == 0:
        raise ValueError("diverged")
    return {"loss": lr * seed, "solved": seed % 3 == 0}
"""


@pytest.mark.slow
def test_a_function_gives_the_same_bytes_as_shards_and_on_a_cluster(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    (tmp_path / "mine.py").write_text(FUNCTION)
    rows = set()
    for name, where in {
        "serial": "parallel=serial",
        "dask": "parallel=dask",
        "joblib": "hydra/launcher=joblib",
        "submitit": "hydra/launcher=submitit_local",
    }.items():
        axes = ["lr=1,2,3", "seed=range(0,20000)"]
        shards = ["parallel.shards=3"] if "launcher" in where else []
        done = start(
            tmp_path,
            *("mine:train", *axes, where, *shards, "report=false", f"hydra.sweep.dir={name}"),
            command="function",
        )
        assert "20 points failed: ValueError: diverged" in done.stdout
        assert (done.returncode, done.stderr) == (1, "")
        rows.add((tmp_path / name / "results.csv").read_bytes())
    assert len(rows) == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finds the shard in /proc")
@pytest.mark.parametrize(
    ("launcher", "shard"),
    [("joblib", "loky.backend.popen_loky"), ("submitit_local", "submitit.core._submit")],
)
def test_a_shard_that_is_killed_in_mid_sweep_costs_nothing_that_was_finished(
    launcher: str, shard: str, serial: Path, tmp_path: Path
) -> None:
    chosen = [f"hydra/launcher={launcher}", "parallel.shards=2"]
    parts = tmp_path / "s" / "parts"
    begun = subprocess.Popen(
        command("-m", *GRID, *chosen, "hydra.sweep.dir=s"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: parts.is_dir() and any(parts.glob("*.parquet")))
    os.kill(max(processes(shard, tmp_path)), signal.SIGKILL)
    _, said = begun.communicate(timeout=LONG_ENOUGH)
    assert begun.returncode == 1
    # submitit's own processes may complain before and after, when one of them is killed
    [line] = [line for line in said.splitlines() if line.startswith("a shard died (")]
    assert line.endswith("resume with python -m xorsweep -m resume=s")
    wait_until(lambda: not processes(shard, tmp_path))  # the other shard may go on
    kept = set(parts.glob("[!.]*"))  # without the unfinished file of the killed one
    assert 0 < len(kept) < 16

    done = sweep(tmp_path, "resume=s", "report=false", *chosen)
    assert done.returncode == 0, done.stderr
    assert "finished results, " in done.stdout
    assert kept < set(parts.iterdir())
    assert (tmp_path / "s" / "results.csv").read_bytes() == (serial / "results.csv").read_bytes()
    assert files(tmp_path) == {"s"}


def have_loaded_shards(folder: Path) -> list[int]:
    """Return the processes of a folder that have loaded a shard.

    A process of joblib's that has none yet knows nothing of the sweep; it ends after five minutes
    without work.
    """
    found = []
    for number in processes("", folder):
        with suppress(OSError):  # it has ended
            if "libarrow" in Path(f"/proc/{number}/maps").read_text():
                found.append(number)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finds the shard in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_jobs_on_this_machine_end_with_the_sweep(
    launcher: str, number: signal.Signals, serial: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "s" / "parts"
    chosen = [f"hydra/launcher={launcher}", "parallel.shards=2", "hydra.sweep.dir=s"]
    running = subprocess.Popen(
        command("-m", *GRID, *chosen),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: parts.is_dir() and any(parts.glob("*.parquet")))
    os.kill(running.pid, number)
    code = running.wait(LONG_ENOUGH)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    wait_until(lambda: not have_loaded_shards(tmp_path))
    assert (tmp_path / "s/.shards").is_dir()

    done = sweep(tmp_path, "resume=s", "report=false", "parallel=serial")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s" / "results.csv").read_bytes() == (serial / "results.csv").read_bytes()
    assert files(tmp_path / "s") - {".submitit"} == files(serial)


def test_a_launcher_and_a_cluster_are_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", *GRID, "hydra/launcher=joblib", "parallel=dask")
    assert done.returncode == 1
    assert done.stderr.startswith("parallel=dask: says where batches are run, and so does")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("launcher", ["basic", "joblib", "submitit_local", "submitit_slurm"])
def test_every_launcher_composes(launcher: str) -> None:
    lines = [f"hydra/launcher={launcher}", "parallel.shards=1000"]
    lines += ["hydra.launcher.partition=short"] if launcher == "submitit_slurm" else []
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        config = compose("config", overrides=lines, return_hydra_config=True)
    assert config.hydra.runtime.choices["hydra/launcher"] == launcher
    assert (launcher == "basic") == ("BasicLauncher" in config.hydra.launcher._target_)


def test_slurm_is_configured_from_the_command_line(tmp_path: Path) -> None:
    chosen = ["hydra/launcher=submitit_slurm", "hydra.launcher.partition=short"]
    shown = ["hydra.mode=MULTIRUN", "parallel.shards=1000", "--cfg", "hydra"]
    done = run(tmp_path, *shown, *chosen)
    assert done.returncode == 0, done.stderr
    assert "    partition: short" in done.stdout
    assert "submitit_folder: ${hydra.sweep.dir}/.submitit/%j" in done.stdout


@pytest.mark.slow
def test_hydras_own_sweeper_keeps_a_folder_a_job(tmp_path: Path) -> None:
    chosen = ["hydra/sweeper=basic", "hydra/launcher=joblib", "hydra.sweep.dir=s"]
    done = sweep(tmp_path, *chosen, "lr=0.5", "hidden=2", "epochs=50", "seed=0,1")
    assert done.returncode == 0, done.stderr
    assert {"0", "1"} <= files(tmp_path / "s")
