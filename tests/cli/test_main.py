"""The command line, started as a person starts it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import Ended, run, start

import xorsweep

SMALL = ["lr=0.5,2", "hidden=2", "epochs=100,200", "seed=range(0,3)", "report=false"]


BAD_EVERYWHERE = {
    "lr=0": "lr=0: lr must be a finite number above 0",
    "lr=-0.1": "lr=-0.1: lr must be a finite number above 0",
    "lr=nan": "lr=nan: lr must be a finite number above 0",
    "lr=abc": "lr=abc: lr must be a finite number above 0",
    "hidden=0": "hidden=0: hidden must be a whole number from 1 to 4096",
    "hidden=2.5": "hidden=2.5: hidden must be a whole number from 1 to 4096",
    "epochs=0": "epochs=0: epochs must be a whole number from 1 to 1000000000",
    "seed=-1": "seed=-1: seed must be a whole number from 0 to 4294967295",
    "hiden=3": "hiden: unknown key; did you mean hidden?",
    "init.hgh=3": "init.hgh: unknown key; did you mean init.high?",
    "task=xro": "task=xro: task must be one of and, boolean, encoder, nand, or, parity, xnor, "
    "xor; did you mean xor?",
    "study=hinton": "study=hinton: study must be one of basins, curvature, hidden_units, ",
    "optimizer=null": "optimizer=null: optimizer must be one of adam, delta_bar_delta, ",
    "optimizer=[sgd,adam]": "optimizer=[sgd,adam]: a list is one value and no axis; "
    "with -m, write optimizer=sgd,adam",
    "optimizer.momentum=0.5": "optimizer.momentum: the chosen optimizer has no such key; "
    "it is a key of momentum, nesterov",
    "+lr=2": "+lr: is already set; omit the +",
    "+optimizer=adam": "+optimizer: is already set; omit the +",
    "~hiden": "hiden: unknown key; did you mean hidden?",
    "lr": "lr: needs a value, as in lr=...",
    "lr=range(1": "lr=range(1: can't be read; brackets and quotes come in pairs",
    "lr=space(1,2)": "lr=space(1,2): no such function: space; the functions are range, linspace",
    "lr=choice()": "lr=choice(): empty choice is not legal",
    "hydra.sweper.x=1": "hydra.sweper.x: no such key; --help lists the keys, and --cfg hydra",
    "grid.axes.lr=1": "grid.axes.lr: the command line gives axes by their own names: lr=...",
    "grid=1": "grid: can't be set as a whole; set grid.zip, grid.blocks, grid.where",
    "parallel.n_jobs=0": "parallel.n_jobs=0: must be -1 (every core) or at least 1",
    "init.low=2": "init.low=2.0: must be below init.high, which is 1.0",
}

BAD_IN_A_SWEEP = {
    "verify": "verify: a subcommand is the first word: python -m xorsweep verify",
    "lr=interval(0,1)": "lr=interval(0,1): an interval has no levels; "
    "use lr=a,b,c, lr=range(start,stop,step) or lr=linspace(from,to,count)",
    "lr=logspace(1)": "lr=logspace(1): logspace takes three numbers, from, to and how many",
    "grid.where=lr < 1 and hiden == 2": "grid.where=lr < 1 and hiden == 2: hiden: unknown key; "
    "did you mean hidden?",
    "grid.where=lr > 9": "grid.where=lr > 9: is true at no point of the grid (12 points)",
    "grid.zip=[[lr,seed]]": "grid.zip=[[lr,seed]]: lr has 2, seed has 3; zipped axes",
    "plan=maybe": "plan=maybe: plan must be true or false",
    "seed=range(0,0)": "seed=range(0,0): this axis has no levels",
    "seed=range(0,100000000000)": "lr 2 x epochs 2 x seed 100,000,000,000 = "
    "400,000,000,000 points: their rows need about",
    "engine=numpy,numpy": "engine: defines how a sweep runs, not its points, so it can't be swept",
    "resume=lastest": "resume=lastest: no such folder; did you mean latest?",
    "resume=elsewhere": "elsewhere holds no sweep: it has no manifest.json",
}


def expect_one_line(done: Ended, line: str, folder: Path) -> None:
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert not list(folder.iterdir())


@pytest.mark.parametrize("argument", BAD_EVERYWHERE)
def test_a_bad_value_ends_a_single_run_with_one_line(argument: str, tmp_path: Path) -> None:
    expect_one_line(run(tmp_path, argument), BAD_EVERYWHERE[argument], tmp_path)


# The same code finds mistakes that are wrong both with -m and without.
SAME_CODE = [
    pytest.param(argument, marks=[pytest.mark.slow] if place % 4 else [])
    for place, argument in enumerate(BAD_EVERYWHERE)
]


@pytest.mark.parametrize("argument", [*SAME_CODE, *BAD_IN_A_SWEEP])
def test_a_bad_value_ends_a_sweep_with_one_line(argument: str, tmp_path: Path) -> None:
    key = argument.split("=")[0].lstrip("+~")
    others = [each for each in SMALL if each.split("=")[0] != key]
    line = (BAD_EVERYWHERE | BAD_IN_A_SWEEP)[argument]
    expect_one_line(run(tmp_path, "-m", argument, *others), line, tmp_path)


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("lr=1,2", "lr=1,2: several values make a sweep; add -m"),
        ("plan=true", "plan=true: plans a sweep; add -m"),
        ("lr=1,5", "lr=1,5: several values make a sweep; add -m; a decimal number has a point"),
        ("--lr=0.1", "--lr: keys have no dashes; write lr=0.1"),
        ("reprot", "reprot: unknown subcommand; did you mean report?"),
        ("frobnicate", "frobnicate: is neither a subcommand nor key=value; --help lists both"),
        ("sweep", "sweep: a sweep is python -m xorsweep -m"),
        ("grid.where=lr < 1", "grid.where: makes a sweep; add -m"),
    ],
)
def test_keys_of_sweeps_are_refused_for_a_single_run(
    argument: str, line: str, tmp_path: Path
) -> None:
    expect_one_line(run(tmp_path, argument), line, tmp_path)


@pytest.mark.parametrize("mode", [[], ["-m"]])
def test_a_key_given_twice_is_refused(mode: list[str], tmp_path: Path) -> None:
    line = "lr: given twice, as lr=1 and ++lr=2; give it once\n"
    expect_one_line(run(tmp_path, *mode, "lr=1", "++lr=2"), line, tmp_path)


def test_one_bad_level_among_good_ones_stops_the_sweep_before_it_starts(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "lr=1,2,-3")
    expect_one_line(done, "lr=-3: lr must be a finite number above 0", tmp_path)


@pytest.mark.parametrize(
    "arguments", [["hydra.run.dir=file/run"], ["-m", "hydra.sweep.dir=file/sweep"]]
)
def test_a_folder_that_cannot_be_written_is_named(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert arguments[-1].split("=")[1] in done.stderr
    assert "Not a directory" in done.stderr


def test_a_traceback_is_there_for_those_who_ask_for_it(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "lr=0", env={"HYDRA_FULL_ERROR": "1"})
    assert "Traceback" in done.stderr


def test_a_sweep_leaves_its_rows_where_latest_points(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", *SMALL)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "2 learning rates x 2 epoch budgets x 3 seeds: 12 results, 6 trainings, 1 batch, 1 worker"
    )
    assert "12 results, none diverged or failed" in lines
    assert re.fullmatch(r"Open outputs/[-\d]+/[-\d]+/report.html|Open .*summary.csv", lines[-1])
    folder = tmp_path / "outputs/latest"
    assert folder.is_symlink()
    rows = pd.read_csv(folder / "results.csv")
    assert rows[["lr", "epochs", "seed"]].drop_duplicates().shape == (12, 3)
    assert {path.name for path in folder.iterdir()} >= {
        "results.csv",
        "results.parquet",
        "summary.csv",
        "manifest.json",
        "multirun.yaml",
        "xorsweep.log",
    }
    assert lines[0] in (folder / "xorsweep.log").read_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["command_line"] == ["python", "-m", "xorsweep", "-m", *SMALL]
    assert not any(character < " " for character in done.stdout.replace("\n", ""))


def test_a_plan_trains_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", *SMALL, "grid.where=lr*seed < 3", "plan=true")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "2 learning rates x 2 epoch budgets x 3 seeds where (lr*seed < 3): 10 results, "
        "5 trainings, 1 batch, 1 worker"
    )
    assert re.match("training: about (a second|[0-9]+ s) with 1 worker", lines[-3])
    assert re.match(r"disk: about [0-9.]+ kB \(parts [0-9.]+ kB, results.csv ", lines[-2])
    assert not list(tmp_path.iterdir())


def test_a_sweep_with_one_seed_runs_and_prints_the_command_for_more(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", *SMALL[:-2], "seed=100", "report=false", "activation=sigmoid")
    assert done.returncode == 0, done.stderr
    assert "seed=100: one seed; range(0,100) gives a hundred" in done.stdout.splitlines()
    rows = pd.read_csv(tmp_path / "outputs/latest/results.csv")
    assert set(rows["activation"]) == {"logistic"}


def test_a_grid_is_the_same_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study/mine.yaml").write_text(
        "# @package _global_\n"
        "grid:\n"
        "  axes: {lr: 'logspace(-1,1,3)', epochs: '20,30,40', optimizer: 'sgd,adam', seed: 3}\n"
        "  zip: [[lr, epochs]]\n"
        "  where: not (optimizer == 'adam' and lr > 1)\n"
    )
    given = ["hidden=2", "report=false"]
    from_file = run(
        tmp_path, "-m", f"--config-dir={tmp_path}", "study=mine", *given, "hydra.sweep.dir=file"
    )
    assert from_file.returncode == 0, from_file.stderr
    typed = run(
        tmp_path,
        "-m",
        *given,
        "lr=logspace(-1,1,3)",
        "epochs=20,30,40",
        "seed=3",
        "optimizer=sgd,adam",
        "grid.zip=[[lr,epochs]]",
        'grid.where=not (optimizer == "adam" and lr > 1)',
        "hydra.sweep.dir=typed",
    )
    assert typed.returncode == 0, typed.stderr
    file, line = (pd.read_csv(tmp_path / name / "results.csv") for name in ("file", "typed"))
    assert sorted(map(tuple, file[["lr", "epochs", "optimizer"]].to_numpy())) == [
        *((0.1, 20, "adam"), (0.1, 20, "sgd"), (1.0, 30, "adam"), (1.0, 30, "sgd")),
        (10.0, 40, "sgd"),
    ]
    keys = ["lr", "optimizer"]
    pd.testing.assert_frame_equal(
        *(each.sort_values(keys, ignore_index=True) for each in (file, line))
    )


def test_a_sweep_keeps_its_expression(tmp_path: Path) -> None:
    run(tmp_path, "-m", *SMALL, "grid.where=lr*seed < 3")
    again = run(tmp_path, "-m", "resume=latest", "grid.where=lr < 3", "report=false")
    assert again.stderr == (
        "grid.where: a sweep keeps the grid.where that it was started with; start another sweep\n"
    )
    done = run(tmp_path, "-m", "resume=latest", "seed=3,4,5,6", "report=false")
    assert "found 10 finished results, 6 to run" in done.stdout
    rows = pd.read_csv(tmp_path / "outputs/latest/results.csv")
    assert (rows["lr"] * rows["seed"] < 3).all()


def test_a_resume_refuses_files_with_points_and_takes_those_with_settings(tmp_path: Path) -> None:
    run(tmp_path, "-m", *SMALL, "hydra.sweep.dir=swept")
    before = (tmp_path / "swept/manifest.json").read_bytes()
    folder = tmp_path / "conf/experiment"
    folder.mkdir(parents=True)
    texts = {
        "value": "lr: 0.3",
        "axis": "grid:\n  axes: {lr: '3,4'}",
        "unknown": "foo: 1",
        "settings": "parallel: {n_jobs: 1}",
    }
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(f"# @package _global_\n{text}\n")
    kept = "a sweep keeps its own, and is extended by keys on the command line alone"
    for given, said in {
        "+experiment=value": f"+experiment=value: has lr; {kept}",
        "+experiment=axis": f"+experiment=axis: has grid; {kept}",
        "+experiment=settings study=notebook": "+experiment=settings study=notebook: has until",
        "+experiment=unknown": "foo: unknown key; known keys: task, ",
        "study=notebook": f"study=notebook: has until_converged, grid, study; {kept}",
    }.items():
        refused = run(tmp_path, "-m", "--config-dir=conf", "resume=swept", *given.split())
        assert refused.stderr.startswith(said)
        assert refused.stderr.count("\n") == 1
        assert (tmp_path / "swept/manifest.json").read_bytes() == before
    others = ["+experiment=settings", "seed=9", "report=false"]
    assert run(tmp_path, "-m", "--config-dir=conf", "resume=swept", *others).returncode == 0


def test_equal_levels_are_one_point_with_a_note(tmp_path: Path) -> None:
    done = run(
        tmp_path, "-m", "lr=1e-3,0.001,.001,1", "seed=0", "epochs=5", "hidden=2,2", "report=false"
    )
    assert "lr: 4 levels given, 2 of them different; equal levels are one point" in done.stdout
    assert "2 results, none diverged or failed" in done.stdout


def test_multirun_mode_is_the_same_as_the_flag(tmp_path: Path) -> None:
    run(tmp_path, "-m", *SMALL, "hydra.sweep.dir=flag")
    run(tmp_path, "hydra.mode=MULTIRUN", *SMALL, "hydra.sweep.dir=mode")
    flag, mode = ((tmp_path / name / "results.csv").read_bytes() for name in ("flag", "mode"))
    assert flag == mode


def test_the_same_command_resumes_and_one_of_fewer_points_is_refused(tmp_path: Path) -> None:
    given = ["lr=0.1,1", "hidden=2", "epochs=20", "report=false", "hydra.sweep.dir=here"]
    assert run(tmp_path, "-m", *given, "seed=range(0,3)").returncode == 0
    before = (tmp_path / "here/results.csv").read_bytes()
    again = run(tmp_path, "-m", *given, "seed=range(0,3)")
    assert (again.returncode, again.stderr) == (0, "")
    assert "all 6 results finished: nothing to run" in again.stdout
    assert (tmp_path / "here/results.csv").read_bytes() == before
    plan = run(tmp_path, "-m", *given, "seed=range(0,4)", "plan=true")
    assert "found 6 finished results, 2 to run" in plan.stdout
    more = run(tmp_path, "-m", *given, "seed=range(0,4)")
    assert "found 6 finished results, 2 to run" in more.stdout
    grown = (tmp_path / "here/results.csv").read_bytes()
    run(tmp_path, "-m", *given[:-1], "seed=range(0,4)", "hydra.sweep.dir=at_once")
    assert grown == (tmp_path / "at_once/results.csv").read_bytes()
    for other, reason in (
        (
            ["seed=range(0,3)"],
            "here has 2 points that aren't in this grid, the first of them row 3 ",
        ),
        (["seed=range(0,4)", "engine=numba"], "here was started with engine=numpy"),
    ):
        done = run(tmp_path, "-m", *given, *other)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert reason in done.stderr
    assert (tmp_path / "here/results.csv").read_bytes() == grown


@pytest.mark.slow
def test_sweeps_that_are_started_together_have_a_folder_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: start(tmp_path, "-m", *SMALL), range(3)))
    assert [each.returncode for each in ended] == [0, 0, 0]
    assert len(list((tmp_path / "outputs").glob("2*/*/results.csv"))) == 3


def test_hydras_own_sweeper_gives_its_own_layout(tmp_path: Path) -> None:
    arguments = ["lr=0.5", "hidden=2", "epochs=50", "seed=1,2", "hydra.sweep.dir=stock"]
    done = run(tmp_path, "-m", "hydra/sweeper=basic", *arguments)
    assert done.returncode == 0, done.stderr
    run(tmp_path, "-m", *arguments[:-1], "hydra.sweep.dir=ours", "report=false")
    ours = pd.read_csv(tmp_path / "ours/results.csv")
    for number in (0, 1):
        found = json.loads((tmp_path / f"stock/{number}/run.json").read_text())
        assert found["value"] == ours["final_error"][number]


@pytest.mark.slow  # as in tests/networks/test_single_run.py, and the way there as any run's
def test_the_notebooks_printed_run_comes_out(tmp_path: Path) -> None:
    done = run(tmp_path, "init=printed")
    assert done.returncode == 0, done.stderr
    for output in ("0.10415523", "0.89123295", "0.89123701", "0.12553166"):
        assert output in done.stdout
    with np.load(tmp_path / "outputs/latest/weights.npz") as weights:
        assert weights["w1"][1, 0, 0] == pytest.approx(5.45203876, abs=5e-8)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--cfg", "job", "--resolve"], "epochs: 10000"),
        (["--info", "searchpath"], "Config search path"),
        (["--version"], f"xorsweep {xorsweep.__version__}\n"),
    ],
)
def test_hydras_own_questions_are_answered(
    arguments: list[str], wanted: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 0
    assert wanted in done.stdout + done.stderr
    assert not (tmp_path / "outputs").exists()


def test_resume_needs_a_sweep(tmp_path: Path) -> None:
    done = run(tmp_path, "resume=latest")
    assert done.stderr == "resume=latest: resumes a sweep; add -m\n"


def test_resume_extends_the_latest_sweep(tmp_path: Path) -> None:
    run(tmp_path, "-m", *SMALL)
    done = run(tmp_path, "-m", "resume=latest", "seed=range(0,5)", "report=false")
    assert done.returncode == 0, done.stderr
    assert "found 12 finished results, 8 to run" in done.stdout
    wanted = [each.replace("range(0,3)", "range(0,5)") for each in SMALL]
    run(tmp_path, "-m", *wanted, "hydra.sweep.dir=at_once")
    extended = (tmp_path / "outputs/latest/results.csv").read_bytes()
    assert extended == (tmp_path / "at_once/results.csv").read_bytes()


def test_a_resumed_sweep_is_the_latest_again(tmp_path: Path) -> None:
    run(tmp_path, "-m", *SMALL)
    link = tmp_path / "outputs/latest"
    sweep = link.resolve()
    run(tmp_path, "epochs=1")
    single = link.resolve()
    assert single != sweep
    refused = run(tmp_path, "-m", "resume=latest", "task=and", "report=false")
    assert refused.returncode == 1
    assert link.resolve() == single
    done = run(tmp_path, "-m", "resume=latest", "report=false")
    assert done.returncode == 0, done.stderr
    assert link.resolve() == sweep
