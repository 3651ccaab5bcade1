"""A reader that quits, a full disk behind standard output, no room for processes: the messages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import xorsweep as xs

pytestmark = pytest.mark.slow

SWEEP = ["lr=0.5,1", "hidden=2,3", "epochs=50", "seed=range(0,20)", "report=false"]
FULL = "standard output can't be written: No space left on device\n"


def squares(columns: dict) -> dict:  # type: ignore[type-arg]
    return {"y": columns["x"] ** 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two sweeps, `a` and `b`, and one of a function, `f`."""
    folder = tmp_path_factory.mktemp("output")
    for name in "ab":
        done = run(folder, "xorsweep", "-m", *SWEEP, f"hydra.sweep.dir={name}")
        assert done.returncode == 0, done.stderr
    xs.sweep_function(squares, {"x": [1, 2]}, folder / "f")
    shutil.copy(__file__, folder / "squaring.py")
    return folder


def run(
    folder: Path, module: str, *arguments: str, output: str | None = None, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command with standard output to a file, or into a pipe."""
    command = [sys.executable, "-m", module, *arguments]
    with open(output or os.devnull, "w") as file:
        return subprocess.run(
            ["sh", "-c", f'{before}exec "$@"', "sh", *command],
            cwd=folder,
            stdout=file if output else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


COMMANDS = {
    "sweep": ["xorsweep", "-m", *SWEEP],
    "run": ["xorsweep", "epochs=10"],
    "help": ["xorsweep", "--help"],
    "plan": ["xorsweep", "-m", *SWEEP, "plan=true"],
    "resume": ["xorsweep", "-m", "resume=a", "report=false"],
    "verify": ["xorsweep", "verify", "a", "--sample", "3"],
    "verify-help": ["xorsweep", "verify", "--help"],
    "report": ["xorsweep", "report", "a"],
    "compare": ["xorsweep", "compare", "a", "b"],
    "merge": ["xorsweep", "merge", "m", "a", "b", "--no-report"],
    "replay": ["xorsweep", "replay", "a", "0"],
    "function": ["xorsweep", "function", "squaring:squares", "x=1,2", "hydra.sweep.dir=g"],
    "function-resume": ["xorsweep", "function", "squaring:squares", "resume=f"],
    "check": ["xorsweep", "check", "--help"],
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_full_output_is_reported_once_the_work_is_done(command: list[str], folder: Path) -> None:
    shutil.rmtree(folder / "m", ignore_errors=True)
    shutil.rmtree(folder / "g", ignore_errors=True)
    done = run(folder, *command, output="/dev/full")
    assert (done.returncode, done.stderr) == (1, FULL)
    if command[1] == "merge":
        assert (folder / "m/results.csv").is_file()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_reader_that_quits_ends_no_command(command: list[str], folder: Path) -> None:
    shutil.rmtree(folder / "m", ignore_errors=True)
    shutil.rmtree(folder / "g", ignore_errors=True)
    shell = 'set -o pipefail; "$@" | true'
    done = subprocess.run(
        ["bash", "-c", shell, "sh", sys.executable, "-m", *command],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_sweep_whose_reader_has_its_line_is_as_any_other(folder: Path) -> None:
    shell = 'set -o pipefail; "$@" | head -1'
    command = [sys.executable, "-m", "xorsweep", "-m", *SWEEP, "hydra.sweep.dir=head"]
    done = subprocess.run(
        ["bash", "-c", shell, "sh", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout == "2 learning rates x 2 hidden sizes x 20 seeds: 80 results, 80 trainings, "
        "2 batches, 1 worker\n"
    )
    assert (folder / "head/results.csv").read_bytes() == (folder / "a/results.csv").read_bytes()


SMALL_MEMORY = "mount -t tmpfs -o size=64k tmpfs /dev/shm && head -c {} /dev/zero > /dev/shm/fill; "
LARGE = ["lr=0.5", "hidden=2,3", "epochs=3000", "seed=range(0,400)", "report=false"]


@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "-m", "true"], check=False).returncode,
    reason="a file system can't be mounted here",
)
@pytest.mark.parametrize(
    "how", ["parallel.n_jobs=2", "hydra/launcher=joblib", "parallel=dask"], ids=str
)
def test_full_shared_memory_is_reported_and_not_taken_for_a_full_folder(
    how: str, folder: Path
) -> None:
    shutil.rmtree(folder / "s", ignore_errors=True)
    command = [sys.executable, "-m", "xorsweep", "-m", *LARGE, "hydra.sweep.dir=s", how]
    command += ["parallel.n_jobs=2"] if how == "parallel=dask" else ["parallel.shards=2"]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", SMALL_MEMORY.format(40_960) + 'exec "$@"', "sh", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "worker processes can't be started: No space left on device, in /dev/shm or for temporary "
        "files; train in one process, or free some space; finished batches are kept, "
        "resume with python -m xorsweep -m resume=s\n"
    )
    again = run(folder, "xorsweep", "-m", "resume=s", "report=false", "parallel=serial")
    assert again.returncode == 0, again.stderr
    assert {path.name for path in (folder / "s").iterdir()} >= {"results.csv"}
    assert not (folder / "s/.shards").exists()
