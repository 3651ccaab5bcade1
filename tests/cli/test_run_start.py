"""Folders and files of single runs and sweeps, as the command line is given them."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import command_line
import numpy as np
import pytest
from command_line import Ended
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import flag_override

from xorsweep.cli import hydra_main
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.storage.paths import RUN_FILES

SHORT = ["epochs=1"]
SWEEP = ["-m", *SHORT, "lr=1", "hidden=2", "seed=0", "parallel=serial", "report=false"]


def run(folder: Path, *arguments: str) -> Ended:
    return command_line.run(folder, *arguments, env={"HOME": str(folder / "home")})


def expect_line(done: Ended, line: str) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{line}\n")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "is_together", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["in turn", "together"]
)
def test_single_runs_of_one_second_have_a_folder_each(is_together: bool, tmp_path: Path) -> None:
    lines = [*SHORT, "--config-dir=conf", "+experiment=here"]
    (tmp_path / "conf/experiment").mkdir(parents=True)
    where = "# @package _global_\nhydra:\n  run:\n    dir: outputs/day/second\n"
    (tmp_path / "conf/experiment/here.yaml").write_text(where)
    if is_together:
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda _: command_line.start(tmp_path, *lines), range(3)))
        codes = [each.returncode for each in ended]
    else:
        codes = [run(tmp_path, *lines).returncode for _ in range(2)]
    assert not any(codes)
    found = sorted(path.name for path in (tmp_path / "outputs/day").iterdir())
    assert found == ["second", "second-2", "second-3"][: len(codes)]
    for name in found:
        files = {path.name for path in (tmp_path / "outputs/day" / name).iterdir()}
        assert files - {".hydra", "xorsweep.log"} == set(RUN_FILES)
    assert (tmp_path / "outputs/latest").readlink().parent == Path("day")


def test_a_run_never_writes_over_a_run_or_a_sweep(tmp_path: Path) -> None:
    assert run(tmp_path, *SHORT, "hydra.run.dir=r").returncode == 0
    assert run(tmp_path, *SWEEP, "hydra.sweep.dir=s").returncode == 0
    before = contents(tmp_path)
    again = "hydra.run.dir=r: already holds a run's run.json; choose another folder"
    expect_line(run(tmp_path, *SHORT, "lr=3", "hydra.run.dir=r"), again)
    over = "hydra.run.dir=s: already holds a sweep's manifest.json; choose another folder"
    expect_line(run(tmp_path, *SHORT, "hydra.run.dir=s"), over)
    single = "hydra.sweep.dir=r: holds a single run; choose another folder"
    expect_line(run(tmp_path, *SWEEP, "hydra.sweep.dir=r"), single)
    assert contents(tmp_path) == before


def test_an_error_in_a_run_leaves_its_folder_unchanged(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.log").write_text("mine")
    done = run(tmp_path, "lr=0", "hydra.run.dir=mine")
    expect_line(done, "lr=0: lr must be a finite number above 0")
    assert contents(tmp_path) == {str(tmp_path / "mine/notes.log"): b"mine"}


@pytest.mark.parametrize("name", ["run:1", "~/x", pytest.param("./~", marks=pytest.mark.slow)])
def test_a_folder_with_a_name_that_others_read_as_an_address(name: str, tmp_path: Path) -> None:
    text = f'"{name}"' if name.startswith(".") else name
    done = run(tmp_path, *SWEEP, f"hydra.sweep.dir={text}")
    assert done.returncode == 0, done.stderr
    where = {"run:1": "run:1", "~/x": "home/x", "./~": "~"}[name]
    assert (tmp_path / where / "results.parquet").is_file()
    assert run(tmp_path, "-m", f"resume={text}", "seed=0,1", "report=false").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {where.split("/")[0]}


REFUSED = {
    "hydra.run.dir=s3://bucket/x": "hydra.run.dir=s3://bucket/x: is an address; must be the path "
    "of a folder on this machine",
    "hydra.sweep.dir=x": "hydra.sweep.dir=x: is for a sweep; add -m or give hydra.run.dir",
    "precision=0.1": "precision=0.1: is for a sweep; add -m",
    "max_seeds=5": "max_seeds=5: is for a sweep; add -m",
    "++report=false": "++report=false: is for a sweep; add -m",
    "title=abc": "title=abc: is for a sweep; add -m",
    "figures.x=lr": "figures.x=lr: is for a sweep; add -m",
    "parallel=serial": "parallel=serial: is for a sweep; add -m",
    "rate=ok": "rate=ok: is for a sweep; add -m",
    "study=notebook": "study=notebook: makes a sweep; add -m",
    "-m hydra.run.dir=x": "hydra.run.dir=x: is the folder of a single run; give hydra.sweep.dir",
    "-m ++hydra.run.dir=x": "++hydra.run.dir=x: is the folder of a single run; give "
    "hydra.sweep.dir",
    "-m hydra.sweep.subdir=x": "hydra.sweep.subdir=x: a sweep has no folder per point; "
    "hydra/sweeper=basic has",
    "-m resume=x hydra.sweep.dir=y": "hydra.sweep.dir=y: resume uses the folder that it names",
    "-m +experiment=a,b": "+experiment=a,b: experiment isn't a key of a point, so it can't be "
    "swept; choose one file by its name",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_arguments_without_an_effect_are_refused(arguments: str, tmp_path: Path) -> None:
    expect_line(run(tmp_path, *arguments.split()), REFUSED[arguments])
    assert not list(tmp_path.iterdir())


def test_a_file_of_the_user_is_for_runs_unless_it_has_a_grid(tmp_path: Path) -> None:
    (tmp_path / "conf/experiment").mkdir(parents=True)
    header = "# @package _global_\nlr: 0.3\nseed: 7\nreport: false\nparallel: {n_jobs: 1}\n"
    (tmp_path / "conf/experiment/one.yaml").write_text(header)
    grid = tmp_path / "conf/experiment/grid.yaml"
    grid.write_text(f"{header}grid:\n  axes: {{lr: '1,2'}}\n")
    chosen = ["--config-dir=conf", *SHORT]
    assert run(tmp_path, *chosen, "+experiment=one", "hydra.run.dir=one").returncode == 0
    point = json.loads((tmp_path / "one/run.json").read_text())["point"]
    assert (point["lr"], point["seed"]) == (0.3, 7)
    line = f"grid in {grid}: makes a sweep; add -m"
    expect_line(run(tmp_path, *chosen, "+experiment=grid"), line)
    expect_line(
        run(tmp_path, *chosen, "experiment=one"),
        "experiment: isn't in the defaults; write +experiment=one",
    )
    done = run(tmp_path, "-m", *chosen, "+experiment=one", "hidden=2", "plan=true")
    assert "\n1 result, 1 training" in done.stdout


@pytest.mark.parametrize("mode", [[], ["-m"]])
def test_a_broken_file_is_named_with_the_line(mode: list[str], tmp_path: Path) -> None:
    (tmp_path / "conf/study").mkdir(parents=True)
    path = tmp_path / "conf/study/mine.yaml"
    path.write_bytes(b"# @package _global_\n# caf\xe9\nlr: 1\n")
    done = run(tmp_path, *mode, "--config-dir=conf", "study=mine")
    expect_line(done, "conf/study/mine.yaml, line 2: isn't UTF-8 (byte 0xe9)")


@pytest.mark.slow
def test_weights_are_found_from_where_the_command_was_started(tmp_path: Path) -> None:
    w1, b1 = np.full((1, 2, 2), 0.5), np.full((1, 2), 0.25)
    np.savez(tmp_path / "mine.npz", w1=w1, b1=b1, w2=np.ones((1, 2, 1)), b2=np.zeros((1, 1)))
    given = ["init=file", "init.path=mine.npz", *SHORT, "hydra.job.chdir=true"]
    done = run(tmp_path, *given, "hydra.run.dir=r")
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "r/weights.npz") as weights:
        assert weights["w1"][0].tolist() == w1[0].tolist()
    done = run(tmp_path, "-m", "hydra/sweeper=basic", *given, "lr=1,2", "hydra.sweep.dir=s")
    assert done.returncode == 0, done.stderr
    # The default grid is our own sweeper's alone: these are two jobs and no more.
    assert {path.name for path in (tmp_path / "s").iterdir() if path.is_dir()} == {"0", "1"}


def test_overrides_may_stand_before_and_after_flags() -> None:
    given = ["lr=1", "-m", "--config-dir", "a=b", "+experiment=x", "--cfg=job", "~study", "seed"]
    wanted = ["-m", "--config-dir", "a=b", "--cfg=job", "seed", "lr=1", "+experiment=x", "~study"]
    assert hydra_main.overrides_last(given) == wanted


def test_a_run_that_diverged_returns_an_infinite_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["output=linear", "lr=10", "epochs=300"]
    state = HydraConfig.instance()
    outer = state.cfg
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        config = compose("config", lines, return_hydra_config=True)
        with flag_override(config.hydra, "readonly", False):
            config.hydra.runtime.output_dir = str(tmp_path)
        state.set_config(config)
        try:
            assert hydra_main.run_config(config) == float("inf")
        finally:
            state.cfg = outer
    assert json.loads((tmp_path / "run.json").read_text())["outcome"] == "diverged"
