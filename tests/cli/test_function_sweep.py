"""Sweeps of a function from the command line and from config files."""

import json
import shutil
from pathlib import Path

import functions_to_sweep as some
import pandas as pd
import pytest
import yaml
from command_line import Ended, run, run_command

TRAIN = "functions_to_sweep:train"
QUIET = ["report=false", "parallel=serial", "hydra.sweep.dir=s"]
STUDY = """\
# @package _global_
function: "functions_to_sweep:train"
title: How often it works
width: 16
grid:
  axes:
    lr: 0.1,1
    seed: range(0,3)
"""


def function(folder: Path, *arguments: str) -> Ended:
    return run_command("function", folder, *arguments)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a folder with a config file that names a function."""
    (tmp_path / "conf/study").mkdir(parents=True)
    (tmp_path / "conf/study/mine.yaml").write_text(STUDY)
    return tmp_path


def test_levels_are_written_as_in_any_sweep(tmp_path: Path) -> None:
    axes = ["lr=linspace(0.1,0.3,3)", "width=8,16", "seed=range(0,2)"]
    done = function(tmp_path, TRAIN, *axes, "grid.where=lr*width < 4", *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    frame = pd.read_csv(tmp_path / "s/results.csv")
    points = [
        (lr, width, seed)
        for lr in (0.1, 0.2, 0.3)
        for width in (8, 16)
        for seed in (0, 1)
        if lr * width < 4
    ]
    assert [tuple(row) for row in frame[["lr", "width", "seed"]].to_numpy()] == [
        pytest.approx(point) for point in points
    ]
    assert frame["loss"].tolist() == pytest.approx([some.train(*p)["loss"] for p in points])
    assert (tmp_path / "s/multirun.yaml").exists()


def test_axes_go_together_and_follow_each_other(tmp_path: Path) -> None:
    done = function(tmp_path, TRAIN, "lr=1,2", "width=3,4", "grid.zip=[[lr,width]]", *QUIET)
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(tmp_path / "s/results.csv")
    assert frame[["lr", "width"]].to_numpy().tolist() == [[1, 3], [2, 4]]
    blocks = "grid.blocks=[{lr: 1},{lr: '2,3', width: 5}]"
    done = function(tmp_path, TRAIN, "seed=7", blocks, *QUIET[:2], "hydra.sweep.dir=b")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(tmp_path / "b/results.csv")
    assert frame[["lr", "width", "seed"]].to_numpy().tolist() == [[1, 8, 7], [2, 5, 7], [3, 5, 7]]


def test_a_plan_calls_nothing(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("def f(x):\n    raise SystemExit('called')\n")
    done = function(tmp_path, "loud:f", "x=1,2", "plan=true")
    assert done.returncode == 0, done.stderr
    assert "2 values of x: 2 results" in done.stdout
    assert "the time per point isn't known before the function is called" in done.stdout
    assert not (tmp_path / "outputs").exists()


def test_failures_end_the_command_with_1_and_are_run_again(tmp_path: Path) -> None:
    name = "functions_to_sweep:refusing_five"
    done = function(tmp_path, name, "x=range(4,7)", *QUIET)
    assert done.returncode == 1
    assert "1 point failed: ArithmeticError: five, of all numbers" in done.stdout
    assert f"python -m xorsweep function {name} x=5" in done.stdout
    done = function(tmp_path, name, "resume=s", "x=9", *QUIET[:2])
    assert done.returncode == 1
    assert "2 to run (1 new, 1 failed before)" in done.stdout
    assert pd.read_csv(tmp_path / "s/results.csv")["x"].tolist() == [4, 5, 6, 9]


def test_a_folder_is_verified_replayed_and_merged(tmp_path: Path) -> None:
    for name, seeds in (("a", "range(0,3)"), ("b", "range(3,5)")):
        given = ["lr=1,2", f"seed={seeds}", *QUIET[:2], f"hydra.sweep.dir={name}"]
        assert function(tmp_path, TRAIN, *given).returncode == 0
    done = run_command("verify", tmp_path, "a")
    assert done.stdout.startswith("6 rows, seals and digests are right; nothing was run again")
    done = run_command("verify", tmp_path, "a", "--all", "--function", TRAIN)
    assert done.stdout.startswith("6 of 6 rows run again alone: the same bits")
    done = run_command("replay", tmp_path, "a", "4", "--function", TRAIN)
    assert done.returncode == 0
    assert "loss = 8.0" in done.stdout
    assert run_command("merge", tmp_path, "both", "a", "b", "--no-report").returncode == 0
    at_once = ["lr=1,2", "seed=range(0,5)", *QUIET[:2], "hydra.sweep.dir=whole"]
    assert function(tmp_path, TRAIN, *at_once).returncode == 0
    merged, whole = (pd.read_csv(tmp_path / name / "results.csv") for name in ("both", "whole"))
    keys = ["lr", "width", "seed"]
    pd.testing.assert_frame_equal(
        merged.sort_values(keys, ignore_index=True), whole.sort_values(keys, ignore_index=True)
    )


def test_a_wrong_rate_is_put_right_by_the_resume(tmp_path: Path) -> None:
    axes = ["lr=0.1", "width=8", "seed=range(0,3)", "precision=0.2", "max_seeds=20"]
    wrong = function(tmp_path, TRAIN, *axes, *QUIET, "rate=loss")
    assert wrong.stderr == "rate=loss: must be a column of true and false; choose solved\n"
    right = function(tmp_path, TRAIN, "resume=s", "rate=solved", "report=false")
    assert (right.returncode, right.stderr) == (0, "")
    assert json.loads((tmp_path / "s/manifest.json").read_text())["options"]["rate"] == "solved"
    again = function(tmp_path, TRAIN, *axes, *QUIET[:2], "rate=solved", "hydra.sweep.dir=t")
    assert again.returncode == 0
    found = [(tmp_path / name / "results.csv").read_bytes() for name in "st"]
    assert found[0] == found[1]


def test_a_resume_without_its_function_names_the_missing_argument(tmp_path: Path) -> None:
    axes = ["lr=0.1", "width=8", "seed=range(0,2)"]
    assert function(tmp_path, TRAIN, *axes, *QUIET).returncode == 0
    before = (tmp_path / "s/results.csv").read_bytes()
    done = run(tmp_path, "-m", "resume=s", "seed=range(0,4)")
    assert done.returncode == 1
    assert done.stderr == (
        "resume=s: is a sweep of the function train; pass its function: "
        f"python -m xorsweep function {TRAIN} resume=s\n"
    )
    assert (tmp_path / "s/results.csv").read_bytes() == before


def test_two_are_compared_by_a_flag(tmp_path: Path) -> None:
    for name, width in (("a", 8), ("b", 9)):
        given = [f"width={width}", "lr=1", "seed=range(0,60)", *QUIET[:2]]
        assert function(tmp_path, TRAIN, *given, f"hydra.sweep.dir={name}").returncode == 0
    done = run_command("compare", tmp_path, "a", "b")
    assert done.returncode == 0, done.stderr
    assert "width: 8 in a, 9 in b" in done.stdout
    assert done.stdout.startswith("a: a, ")
    assert (
        "The sweeps differ beyond chance in how often solved is true in the one setting compared: "
        "b higher, " in done.stdout
    )
    assert "Holm" not in done.stdout
    done = run_command("compare", tmp_path, "a", "b", "--flag", "loss")
    assert done.stderr == "--flag loss: must be a column of true and false; there are solved\n"


def test_a_config_file_names_the_function(study: Path) -> None:
    done = run(study, "-m", "--config-dir", "conf", "study=mine", "lr=2,3", *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    frame = pd.read_csv(study / "s/results.csv")
    assert frame[["lr", "seed", "width"]].to_numpy().tolist() == [
        [lr, seed, 16] for lr in (2, 3) for seed in (0, 1, 2)
    ]
    manifest = json.loads((study / "s/manifest.json").read_text())
    assert manifest["config"]["title"] == "How often it works"
    assert "hidden" not in manifest["config"]


def test_a_group_named_experiment_is_the_users_own(study: Path) -> None:
    shutil.move(study / "conf/study", study / "conf/experiment")
    done = run(study, "-m", "--config-dir", "conf", "+experiment=mine", "seed=5", *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    assert pd.read_csv(study / "s/results.csv")["seed"].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lr=1", "wdith=2"], "train: wdith: unknown key; did you mean width?"),
        (["lr=1", "layers=2"], "train: layers: unknown key; did you mean lr?"),
        (["lr=1", "batch_size=2"], "train: batch_size: unknown key; its arguments are lr, width"),
        (["lr=1", "grid.where=batch_size < 2"], "grid.where=batch_size < 2: batch_size: unknown"),
        (["lr=1", "grid.zip=[[lr,momentum]]"], "zip: momentum: unknown key; known keys: lr, width"),
        (["lr=1", "grid.blocks=[{dropout: 1}]"], "train: dropout: unknown key; its arguments are"),
        (["lr=1", "precison=0.1"], "train: precison: unknown key; did you mean precision?"),
        (["lr=1", "n_jobs=2"], "train: n_jobs: unknown key; did you mean parallel.n_jobs?"),
        (["lr=1", "folder=a"], "train: folder: unknown key; did you mean hydra.sweep.dir?"),
        (["lr=1", "--n-jobs", "2"], "--n-jobs: keys have no dashes; write parallel.n_jobs=2"),
        (["width=2"], "train: lr has no default, so it needs a value or an axis"),
        (["lr=1", "lr=2"], "lr: given twice; give it once"),
        (["lr=1", "status=2"], "train: status is a key of the sweep itself"),
        (["lr=[1,2]"], "lr=[1,2]: a list is one value and no axis; write lr=1,2"),
        (["lr=range(0,5,0)"], "lr=range(0,5,0): range(start,stop,step) needs finite numbers"),
        (["lr=1,a"], "train: lr: its levels are int, str, and must all be numbers"),
        (["lr=1", "grid.zip=[[lr,q]]"], "zip: q: unknown key"),
        (["lr=1", "grid.where=q < 1"], "grid.where=q < 1: "),
        (["lr=1", "parallel=threads"], "parallel=threads: "),
        (["lr=1", "rate=[1]"], "rate=[1]: must be the name of a column"),
        (["lr=1", "times=3"], "times=3: must be a dictionary"),
        (["lr=1", "vectorized=3"], "vectorized=3: vectorized must be"),
        (["lr=1", "resume=nowhere"], "nowhere holds no sweep"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = function(tmp_path, TRAIN, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train", "train: a function is named as package.module:function"),
        ("nowhere:f", "nowhere:f: can't be imported (ModuleNotFoundError"),
    ],
)
def test_a_function_that_is_not_there_is_one_line(name: str, message: str, tmp_path: Path) -> None:
    done = function(tmp_path, name, "x=1")
    assert (done.returncode, done.stderr.startswith(message)) == (1, True)


def test_without_m_a_config_file_of_a_function_names_the_missing_flag(study: Path) -> None:
    done = run(study, "--config-dir", "conf", "study=mine")
    assert done.returncode == 1
    assert done.stderr == "function=functions_to_sweep:train: makes a sweep; add -m\n"


def test_the_same_command_resumes_and_a_smaller_grid_is_refused(tmp_path: Path) -> None:
    given = [TRAIN, "lr=1,2", "width=8", *QUIET]
    assert function(tmp_path, *given, "seed=range(0,3)").returncode == 0
    again = function(tmp_path, *given, "seed=range(0,3)")
    assert "all 6 results finished: nothing to run" in again.stdout
    more = function(tmp_path, *given, "seed=range(0,4)")
    assert "found 6 finished results, 2 to run" in more.stdout
    less = function(tmp_path, *given, "seed=range(0,3)")
    assert (less.returncode, less.stderr.count("\n")) == (1, 1)
    assert "; it has no seed=3; " in less.stderr


def test_a_resume_may_give_the_first_decimal_level(tmp_path: Path) -> None:
    name = "functions_to_sweep:refusing_five"
    assert function(tmp_path, name, "x=1,2", *QUIET).returncode == 0
    done = function(tmp_path, name, "resume=s", "x=0.5", *QUIET[:2])
    assert (done.returncode, done.stderr) == (0, "")
    assert pd.read_csv(tmp_path / "s/results.csv")["square"].tolist() == [1, 4, 0.25]


@pytest.mark.parametrize("multirun", [[], ["-m"]])
def test_the_configuration_has_no_keys_of_networks(study: Path, multirun: list[str]) -> None:
    given = [*multirun, "--config-dir", "conf", "study=mine", "lr=5,6", "--cfg", "job"]
    done = run(study, *given)
    assert (done.returncode, done.stderr) == (0, "")
    config = yaml.safe_load(done.stdout)
    assert config["function"] == TRAIN
    assert config["grid"]["axes"] == {"lr": "5,6", "seed": "range(0,3)"}
    assert config["width"] == 16
    assert not config.keys() & {"task", "hidden", "epochs", "engine", "objective", "lr"}


def test_another_sweeper_is_refused_in_one_line(study: Path) -> None:
    done = run(study, "-m", "--config-dir", "conf", "study=mine", "hydra/sweeper=basic", "lr=1,2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "hydra/sweeper=basic: a function or an experiment is swept by "
        "hydra/sweeper=xorsweep_grid, the default; leave it out\n"
    )


def test_a_rate_that_is_no_column_is_refused_without_precision(tmp_path: Path) -> None:
    done = function(tmp_path, TRAIN, "lr=1", "seed=0,1", "rate=nope", *QUIET)
    assert done.returncode == 0
    assert "rate=nope: must be a boolean column; there is solved" in done.stdout + done.stderr


def test_a_sweep_of_networks_is_no_functions(tmp_path: Path) -> None:
    given = ["lr=1", "hidden=2", "epochs=5", "seed=0,1", "report=false", "hydra.sweep.dir=s"]
    assert run(tmp_path, "-m", *given).returncode == 0
    done = function(tmp_path, TRAIN, "resume=s", "lr=2")
    assert done.stderr == "resume=s: holds a sweep of networks, of no function\n"
