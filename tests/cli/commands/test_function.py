"""Sweeps of functions: levels in Hydra's grammar, tables in a folder, errors in one line."""

from pathlib import Path

import pandas as pd
import pytest
from command_line import Ended, run_command

from xorsweep.cli.hydra_config import levels_of
from xorsweep.errors import ConfigError

FUNCTION = """
def energy(mass, speed):
    return {"energy": mass * speed ** 2 / 2}

ONE = 1

def other(mass, speed):
    return 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "physics.py").write_text(FUNCTION)
    (tmp_path / "leaving.py").write_text("raise SystemExit(0)")
    (tmp_path / "unspeakable.py").write_text(
        "class Silent(Exception):\n    def __str__(self): return 1 / 0\nraise Silent"
    )
    return tmp_path


def run(folder: Path, *arguments: str) -> Ended:
    return run_command("function", folder, *arguments)


def test_a_function_beside_it_is_swept(folder: Path) -> None:
    done = run(folder, "physics:energy", "mass=1,2.5", "speed=range(0,4)", "report=false")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(
        "2 values of mass x 4 values of speed: 8 results, 1 batch"
    )
    assert "8 results, none failed" in done.stdout.splitlines()
    frame = pd.read_csv(folder / "outputs/latest/results.csv")
    assert frame["energy"].tolist() == [m * v**2 / 2 for m in (1, 2.5) for v in range(4)]
    again = run(folder, "physics:energy", "resume=latest", "report=false")
    assert "all 8 results finished: nothing to run" in again.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["physics:nothing", "x=1"], "physics:nothing: can't be imported (AttributeError: "),
        (["nowhere:f", "x=1"], "nowhere:f: can't be imported (ModuleNotFoundError: "),
        (["physics", "x=1"], "physics: a function is named as package.module:function"),
        (["physics:ONE", "x=1"], "physics:ONE: isn't a function"),
        (["physics:energy"], "energy: mass has no default, so it needs a value or an axis"),
        (["leaving:f", "x=1"], "leaving:f: can't be imported (SystemExit: 0)"),
        (["unspeakable:f", "x=1"], "unspeakable:f: can't be imported (Silent, whose text can't"),
        (
            ["physics:energy", "mass=1", "speed=1", "hydra.sweep.dir=s3://x"],
            "hydra.sweep.dir=s3://x: is an address; must be the path of a folder on this machine",
        ),
        (["physics:energy", "mass=1", "--workers", "4"], "--workers: keys have no dashes; write "),
        (["physics:energy", "resume=none"], "none holds no sweep: it has no manifest.json"),
    ],
)
def test_an_error_is_one_line_and_leaves_nothing(
    folder: Path, arguments: list[str], line: str
) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert not (folder / "outputs").exists()


def test_a_function_is_always_given(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 2
    assert done.stderr == (
        "xorsweep function: the following arguments are required: MODULE:FUNCTION; see --help\n"
    )


def test_a_folder_names_no_code_that_is_run(folder: Path) -> None:
    quiet = ["report=false", "hydra.sweep.dir=sweep"]
    assert run(folder, "physics:energy", "mass=1,2", "speed=3", *quiet).returncode == 0
    other = run(folder, "physics:other", "resume=sweep", "report=false")
    assert other.returncode == 1
    assert other.stderr == (
        "other: sweep was started with the function energy, and a sweep never mixes two; use "
        "that one, or choose another folder\n"
    )
    assert run(folder, "physics:energy", "resume=sweep", "report=false").returncode == 0


def test_levels_are_those_of_hydra() -> None:
    typed = ["a=1,2", "b=range(0,1,0.25)", "c=x", "d='1,2','3'", "e=choice(true,false)"]
    typed += ["f=linspace(0,0.5,3)", "g=logspace(-1,1,3)"]
    assert levels_of(typed) == {
        "a": [1, 2],
        "b": [0.0, 0.25, 0.5, 0.75],
        "c": ["x"],
        "d": ["1,2", "3"],
        "e": [True, False],
        "f": [0.0, 0.25, 0.5],
        "g": [0.1, 1.0, 10.0],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a=1", "a=2"], "a: given twice; give it once"),
        (["a=interval(0,1)"], "a=interval(0,1): has no levels; write a=a,b,c or a=range("),
        (["a=glob(*)"], "a=glob(*): has no levels; write a=a,b,c or a=range(start,stop,step)"),
        (["a=linspace(0,1)"], "a=linspace(0,1): linspace takes three numbers, from, to and how"),
        (["a=range(0,3"], "a=range(0,3: can't be read; brackets and quotes come in pairs"),
        (["a"], "a: needs a value, as in a=..."),
    ],
)
def test_arguments_without_levels_are_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as told:
        levels_of(arguments)
    assert str(told.value).startswith(message)
    assert "\n" not in str(told.value)


def test_the_report_repeats_the_command_as_it_was_typed(folder: Path) -> None:
    given = ["physics:energy", "mass=1,2.5", "speed=range(0,4)"]
    others = ["parallel.n_jobs=1", "hydra.sweep.dir=swept"]
    assert run(folder, *given, *others).returncode == 0
    command = "python -m xorsweep function physics:energy mass=1,2.5 'speed=range(0,4)'"
    written = (folder / "swept/report.md").read_text()
    assert f"    {command} {' '.join(others)}\n" in written
