"""Each command once as a process of its own; all else about them is tested within one."""

import shutil
from pathlib import Path

import pytest
from command_line import run, start

from xorsweep.cli.commands import COMMANDS

QUIET = ["parallel=serial", "report=false"]
SWEEP = ["lr=0.5", "hidden=2", "epochs=5", "seed=0,1", *QUIET]
MAP = [
    "lr=linspace(1,30,32)",
    "init.high=linspace(0.1,1,32)",
    "hidden=2",
    "epochs=200",
    "seed=0",
    *QUIET,
]
CHOICE = ["criterion=fahlman"]
FUNCTION = "def double(x):\n    return {'y': 2 * x}\n"

ARGUMENTS = {
    "check": CHOICE,
    "compare": ["a", "b"],
    "experiment": ["experiments_to_sweep:Tosses", "p=0.5", "seed=0,1", *QUIET],
    "function": ["doubling:double", "x=1,2", *QUIET],
    "merge": ["both", "a", "a", "--no-report"],
    "replay": ["a", "1"],
    "report": ["a"],
    "status": ["a"],
    "verify": ["a", "--all", "--workers", "1"],
    "zoom": ["map", "--into", "window"],
}
"""Arguments with which each command ends with 0."""

EACH = [
    pytest.param(command, marks=[] if command == "verify" else [pytest.mark.slow])
    for command in COMMANDS
]
"""Among the quick tests one stands for all: they go the same way through `main`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sweep, `a`, its copy, and a function and an experiment in modules."""
    folder = tmp_path_factory.mktemp("processes")
    (folder / "doubling.py").write_text(FUNCTION)
    shutil.copy(Path(__file__).parent.parent / "experiments_to_sweep.py", folder)
    done = run(folder, "-m", *SWEEP, "hydra.sweep.dir=a")
    assert done.returncode == 0, done.stderr
    shutil.copytree(folder / "a", folder / "b")
    return folder


@pytest.mark.parametrize("command", EACH)
def test_a_command_ends_with_0(command: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    if command == "zoom":
        assert run(tmp_path, "-m", *MAP, "hydra.sweep.dir=map").returncode == 0
    done = start(tmp_path, *ARGUMENTS[command], command=command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_a_folder_that_holds_no_sweep_ends_a_command_with_1(tmp_path: Path) -> None:
    done = start(tmp_path, "nowhere", command="verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nowhere holds no sweep: it has no manifest.json\n"


def test_arguments_that_are_missing_end_a_command_with_2(tmp_path: Path) -> None:
    done = start(tmp_path, command="verify")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_a_sweep_and_a_run_end_with_0(folder: Path, tmp_path: Path) -> None:
    done = start(tmp_path, "-m", *SWEEP, "hydra.sweep.dir=a")
    assert (done.returncode, done.stderr) == (0, "")
    rows = (tmp_path / "a/results.csv").read_bytes()
    assert rows == (folder / "a/results.csv").read_bytes()
    done = start(tmp_path, "epochs=1", "hydra.run.dir=run")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "run/run.json").is_file()


def test_a_sweep_of_which_points_failed_ends_with_1(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", *SWEEP, "init=file", "init.path=nowhere.npz")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_bad_value_ends_it_with_1_and_one_line(tmp_path: Path) -> None:
    done = start(tmp_path, "-m", "lr=0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "lr=0: lr must be a finite number above 0\n"
    assert not list(tmp_path.iterdir())
