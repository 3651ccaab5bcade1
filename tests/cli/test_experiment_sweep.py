"""Sweeps of an experiment of one's own, from the command line and from config files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import Ended, run, run_command
from experiments_to_sweep import Tosses
from manifests import resealed

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.experiment.lookup import remember_class

TOSSES = "experiments_to_sweep:Tosses"
GIVEN = ["p=0.1,0.5", "seed=range(0,12)"]
QUIET = ["report=false", "parallel=serial", "hydra.sweep.dir=s"]
STUDY = f"""\
# @package _global_
experiment: "{TOSSES}"
title: How coins fall
rate: head
grid:
  axes:
    p: 0.1,0.5
    seed: range(0,3)
"""


def experiment(folder: Path, *arguments: str) -> Ended:
    return run_command("experiment", folder, *arguments)


def rows(folder: Path) -> bytes:
    return (folder / "results.csv").read_bytes()


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sweep, `s`, which no test changes."""
    folder = tmp_path_factory.mktemp("swept")
    done = experiment(folder, TOSSES, *GIVEN, *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_there_is_a_row_per_point(swept: Path) -> None:
    frame = pd.read_csv(swept / "s/results.csv")
    assert frame[["p", "seed"]].to_numpy().tolist() == [
        [p, seed] for p in (0.1, 0.5) for seed in range(12)
    ]
    draws = [np.random.default_rng(seed).random() for _ in range(2) for seed in range(12)]
    assert frame["draw"].tolist() == pytest.approx(draws)
    assert frame["head"].tolist() == [d < p for d, p in zip(draws, frame["p"], strict=True)]


def test_a_folder_is_verified_and_replayed(swept: Path) -> None:
    named = ["--experiment", TOSSES]
    verified = run_command("verify", swept, "s", "--all", *named)
    assert "24 of 24 rows run again alone: the same bits" in verified.stdout
    assert run_command("replay", swept, "s", "3", *named).returncode == 0


def test_it_is_resumed_with_more_levels_and_another_rate(swept: Path, tmp_path: Path) -> None:
    few = ["p=0.1,0.5", "seed=range(0,5)", *QUIET]
    assert experiment(tmp_path, TOSSES, *few, "rate=draw").returncode == 0
    more = ["resume=s", "seed=range(5,12)", "rate=head", *QUIET[:2]]
    done = experiment(tmp_path, TOSSES, *more)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(tmp_path / "s") == rows(swept / "s")


def test_blocks_and_axes_that_go_together(tmp_path: Path) -> None:
    blocks = "grid.blocks=[{p: 0.1},{p: '0.2,0.3', seed: 5}]"
    assert experiment(tmp_path, TOSSES, "seed=7", blocks, *QUIET).returncode == 0
    frame = pd.read_csv(tmp_path / "s/results.csv")
    assert frame[["p", "seed"]].to_numpy().tolist() == [[0.1, 7], [0.2, 5], [0.3, 5]]
    zipped = ["p=0.1,0.2", "seed=3,4", "grid.zip=[[p,seed]]", *QUIET[:2], "hydra.sweep.dir=z"]
    assert experiment(tmp_path, TOSSES, *zipped).returncode == 0
    frame = pd.read_csv(tmp_path / "z/results.csv")
    assert frame[["p", "seed"]].to_numpy().tolist() == [[0.1, 3], [0.2, 4]]


def test_a_failure_names_the_command_of_its_point(tmp_path: Path) -> None:
    done = experiment(tmp_path, TOSSES, "p=0.5,0.77", "seed=1,2", *QUIET)
    assert done.returncode == 1
    assert "2 points failed: ArithmeticError: no such coin" in done.stdout
    assert f"python -m xorsweep experiment {TOSSES} p=0.77 seed=1" in done.stdout


def test_a_config_file_names_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "conf/study").mkdir(parents=True)
    (tmp_path / "conf/study/mine.yaml").write_text(STUDY)
    given = ["-m", "--config-dir", "conf", "study=mine", "p=0.9,0.2", *QUIET]
    done = run(tmp_path, *given)
    assert (done.returncode, done.stderr) == (0, "")
    sweep = xs.load(tmp_path / "s", experiment=Tosses)
    assert sweep.results["p"].tolist() == [0.9] * 3 + [0.2] * 3
    assert sweep.manifest.config["title"] == "How coins fall"
    assert sweep.manifest.options == {"rate": "head"}
    alone = run(tmp_path, *given[1:])
    assert alone.stderr == f"experiment={TOSSES}: makes a sweep; add -m\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "x=1"], "experiment=nowhere: no package here offers it; there are: "),
        (["json:loads", "x=1"], "experiment=json:loads: must be a class that derives from Exp"),
        (["networks", "lr=1"], "experiment=networks: must be a class that derives from Exp"),
        ([TOSSES, "p=0.1"], "seed: has no default, so it needs a value or an axis"),
        ([TOSSES, "p=a", "seed=1"], "p=a: p must be a finite number"),
        ([TOSSES, "p=1", "seed=1", "layers=2"], "layers: unknown key; "),
        ([TOSSES, "p=1", "seed=1", "n_jobs=2"], "n_jobs: unknown key; did you mean parallel.n_j"),
        ([TOSSES, "p=1", "seed=1", "grid.where=depth < 1"], "grid.where=depth < 1: depth: unkn"),
        ([TOSSES, "p=1,2", "seed=1", "grid.zip=[[p,depth]]"], "zip: depth: unknown key; "),
        ([TOSSES, "seed=1", "grid.blocks=[{depth: 1}]"], "depth: unknown key; "),
        ([TOSSES, "p=1", "resume=nowhere"], "nowhere holds no sweep"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = experiment(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert not any(word in done.stderr for word in ("hidden", "schedule", "optimizer"))
    assert not list(tmp_path.iterdir())


def test_a_class_is_no_function(tmp_path: Path) -> None:
    done = run_command("function", tmp_path, TOSSES, "p=1")
    assert done.stderr == f"function={TOSSES}: is an experiment; give experiment={TOSSES} instead\n"


def test_batches_travel_to_shards_as_arrays() -> None:
    from xorsweep.grid.product import grid_of_levels

    tosses = Tosses()
    remember_class(Tosses)
    grid = grid_of_levels(tosses.schema, [{"p": [0.1, 0.2], "seed": range(9)}])
    batches = tosses.plan(grid, np.arange(len(grid)), 1).batches
    again = tosses.unpack(dict(tosses.pack(batches)))
    assert [tosses.run(each) for each in again] == [tosses.run(each) for each in batches]


def test_a_class_that_no_package_offers_is_named_to_those_that_read_its_folder(
    swept: Path, tmp_path: Path
) -> None:
    for name in ("s", "same"):
        shutil.copytree(swept / "s", tmp_path / name)
    for given in (
        ["verify", "s"],
        ["replay", "s", "3"],
        ["report", "s"],
        ["compare", "s", "same"],
        ["merge", "m", "s", "s", "--no-report"],
    ):
        refused = run_command(given[0], tmp_path, *given[1:])
        assert refused.returncode == 1
        assert "no package here offers it; name its class: --experiment module:Class" in (
            refused.stderr
        )
        assert refused.stderr.count("\n") == 1
        if given[0] not in ("compare", "report"):  # which draw figures
            done = run_command(given[0], tmp_path, *given[1:], "--experiment", TOSSES)
            assert (done.returncode, done.stderr) == (0, "")
    assert experiment(tmp_path, TOSSES, "resume=s", *QUIET[:2]).returncode == 0


def test_python_is_given_a_class_that_no_package_offers(swept: Path, tmp_path: Path) -> None:
    class Unknown(Tosses):
        name = "unknown"

    folder = Path(shutil.copytree(swept / "s", tmp_path / "s"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["experiment"]["name"] = Unknown.name
    (folder / "manifest.json").write_text(json.dumps(resealed(manifest)))
    with pytest.raises(StoreError, match="its experiment is 'unknown', and no package here offe"):
        xs.load(folder)
    assert len(xs.load(folder, experiment=Unknown)) == 24
    with pytest.raises(ConfigError, match=r"^experiment=3: must be a class that derives from Exp"):
        xs.load(folder, experiment=3)  # type: ignore[arg-type]


def test_the_same_command_resumes_with_the_same_or_a_larger_grid(tmp_path: Path) -> None:
    assert experiment(tmp_path, TOSSES, "p=0.1,0.5", "seed=range(0,3)", *QUIET).returncode == 0
    done = experiment(tmp_path, TOSSES, "p=0.1,0.5,0.9", "seed=range(0,3)", *QUIET)
    assert "found 6 finished results, 3 to run" in done.stdout
    less = experiment(tmp_path, TOSSES, "p=0.1,0.5", "seed=range(0,3)", *QUIET)
    assert less.stderr.startswith(
        "s has 3 points that aren't in this grid, the first of them row 6 ("
    )
    assert "; it has no p=0.9; " in less.stderr
    assert less.stderr.endswith("to resume it, or choose another folder\n")
