"""`xorsweep status` and `xorsweep report --partial`, as they are typed."""

import json
from pathlib import Path

import pytest
from command_line import run, run_command
from looks import files_of

SWEEP = ["-m", "lr=0.5,2", "hidden=2", "epochs=40", "seed=range(0,3)", "report=false"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    done = run(home, *SWEEP, "parallel=serial")
    assert done.returncode == 0, done.stderr
    return home


def test_without_a_folder_it_is_the_newest_sweep(home: Path) -> None:
    done = run_command("status", home)
    folder = (home / "outputs" / "latest").resolve()
    assert done.stdout.startswith(f"{folder}: finished 20")
    assert done.stdout.count("\n") == 1
    assert "6 results, none diverged or failed" in done.stdout
    assert run_command("status", home, str(folder)).stdout == done.stdout


def test_a_folder_without_a_sweep_is_one_line(home: Path) -> None:
    done = run_command("status", home, "nowhere")
    assert done.returncode == 1
    assert done.stderr == "nowhere holds no sweep: it has no manifest.json\n"


@pytest.mark.usefixtures("without_figures")
def test_a_partial_report_has_the_points_of_an_interrupted_sweep(home: Path) -> None:
    folder = (home / "outputs" / "latest").resolve()
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "running"}))
    before = files_of(folder)
    assert "isn't finished" in run_command("report", home, "latest").stderr
    done = run_command("report", home, "latest", "--partial")
    assert done.stdout == f"Open {(folder / 'partial' / 'report.html').relative_to(home)}\n"
    assert files_of(folder) == before
    assert "6 of 6 points, 100 % (ok 6)" in run_command("status", home).stdout
