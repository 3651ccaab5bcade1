"""Merging: the union of the points to the byte, and nothing at all where bits disagree."""

import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from command_line import Ended, run_command
from forged_parts import forge, with_bit_flipped
from hypothesis import given
from hypothesis import strategies as st
from manifests import new_manifest, resealed
from planned_batches import plan_of
from profiles import examples
from rich.console import Console as RichConsole

from xorsweep.errors import StoreError
from xorsweep.execution.backends import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import Store, read_manifest
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.merge import Merged, conflicts, merge
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]

QUIET = SweepSettings(ExecutionSettings("serial"), report=False)
LEVELS = {"lr": [0.5, 3.0, 1e4], "epochs": [4, 9], "seed": list(range(4))}


def swept(folder: Path, grid: Grid) -> Path:
    run_sweep(
        SweepRequest(
            NetworkExperiment(), grid, QUIET, folder, {"command_line": ["xorsweep", folder.name]}
        )
    )
    return folder


def begun(folder: Path, grid: Grid, trained: slice, failing: slice = slice(0)) -> Path:
    """Make a sweep of which some batches are on disk and others have failed."""
    store = Store.create(folder, NetworkExperiment())
    store.write_manifest(new_manifest(grid))
    batches = plan_of(grid).batches
    for _, rows in run_serial(batches[trained], ExperimentTask(NetworkExperiment())):
        store.add([rows])
    for batch in batches[failing]:
        store.add([ExperimentTask(NetworkExperiment()).failed(batch, "out of luck")])
    return folder


def table_of(folder: Path) -> bytes:
    return (folder / "results.csv").read_bytes()


def merged(out: Path, *folders: Path) -> Merged:
    return merge(out, folders, report=False)


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two sweeps that share the points of lr 3."""
    folder = tmp_path_factory.mktemp("merge")
    one = swept(folder / "one", grid_of(lr=[0.5, 3.0], epochs=[4, 9], seed=range(3)))
    return one, swept(folder / "other", grid_of(lr=[3.0, 9.0], epochs=9, seed=range(5)))


@pytest.fixture
def pair(finished: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Return copies of the two sweeps, to be changed."""
    one, other = (Path(shutil.copytree(each, tmp_path / each.name)) for each in finished)
    return one, other


@st.composite
def products(draw: st.DrawFn) -> dict[str, list[float]]:
    """Return axes with some of the levels each."""
    return {
        key: draw(st.lists(st.sampled_from(levels), min_size=1, max_size=3, unique=True))
        for key, levels in LEVELS.items()
    }


@pytest.mark.slow
@examples(2, 12)
@given(axes=st.lists(products(), min_size=2, max_size=3))
def test_the_merged_sweep_is_that_of_the_grids_one_after_the_other(
    axes: list[dict[str, list[float]]], grid_of: GridOf
) -> None:
    grids = [grid_of(**each) for each in axes]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        sources = [swept(folder / f"source-{n}", grid) for n, grid in enumerate(grids)]
        undisturbed = swept(folder / "whole", concatenate(grids))
        merged(folder / "out", *sources)
        assert table_of(folder / "out") == table_of(undisturbed)
        merged(folder / "again", folder / "out", *sources[::-1])
        assert table_of(folder / "again") == table_of(undisturbed)
        merged(folder / "stepwise", merged(folder / "first", *sources[:2]).folder, *sources[2:])
        assert table_of(folder / "stepwise") == table_of(undisturbed)


def test_the_points_of_the_first_come_first(pair: tuple[Path, Path], tmp_path: Path) -> None:
    merged(tmp_path / "there", *pair)
    merged(tmp_path / "back", *pair[::-1])
    there, back = (table_of(tmp_path / name).splitlines() for name in ("there", "back"))
    assert there[: 1 + 12] == table_of(pair[0]).splitlines()
    assert back[: 1 + 10] == table_of(pair[1]).splitlines()
    assert there != back
    assert sorted(there) == sorted(back)


@pytest.mark.slow
def test_its_report_has_figures(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = merge(tmp_path / "out", pair).folder
    assert (out / "figures" / "convergence_rate.svg").is_file()


@pytest.mark.usefixtures("without_figures")
def test_a_merged_sweep_has_the_files_of_a_sweep(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = merge(tmp_path / "out", pair).folder
    names = {"manifest.json", "parts", "results.csv", "results.parquet", "summary.csv"}
    assert {path.name for path in out.iterdir()} >= names | {"report.html", "report.md"}
    assert verify(str(out), sample=None).wrong == []
    manifest, sources = read_manifest(out), [read_manifest(folder) for folder in pair]
    assert manifest["state"] == "finished"
    assert manifest["counts"] == {"planned": 19, "ok": 19, "diverged": 0, "failed": 0}
    assert [each["folder"] for each in manifest["merged_from"]] == [str(each) for each in pair]
    for key in ("command_line", "started", "finished", "seconds"):
        assert [each[key] for each in manifest["merged_from"]] == [each[key] for each in sources]
    assert manifest["seconds"] == sum(each["seconds"] for each in sources)
    assert manifest["work"] == sum(each["work"] for each in sources)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_other_bits_are_an_error_that_shows_both(pair: tuple[Path, Path], tmp_path: Path) -> None:
    forge(pair[1], with_bit_flipped("final_error", 0))
    with pytest.raises(StoreError) as raised:
        merged(tmp_path / "out", *pair)
    number = r"0\.\d+ \(0x1\.\w+p-\d\)"
    assert re.fullmatch(
        rf"row \d+ \(lr 3.0, epochs 9, seed \d\): final_error is {number} in {pair[0]} "
        rf"and {number} in {pair[1]}\nthe same points with other bits: nothing is merged",
        str(raised.value),
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_of_many_conflicts_some_are_shown_and_all_counted(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(epochs=4, seed=range(30))
    one, other = (swept(tmp_path / name, grid) for name in ("one", "other"))
    for row in range(30):
        forge(other, with_bit_flipped("mse", row))
    with pytest.raises(StoreError, match="\nand 10 more\n") as raised:
        merged(tmp_path / "out", one, other)
    assert str(raised.value).count("mse is") == 20
    opened = open_sweep(one), open_sweep(other)
    assert {*conflicts(*opened, grid, at_once=7)} == {*conflicts(*opened, grid)}
    assert len([*conflicts(*opened, grid, at_once=7)]) == 30


def test_a_point_that_failed_in_one_is_taken_from_the_other(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(hidden=[2, 3], epochs=4, seed=range(2))
    whole = swept(tmp_path / "whole", grid)
    one = begun(tmp_path / "one", grid, slice(0, 1), failing=slice(1, 2))
    other = begun(tmp_path / "other", grid, slice(1, 2), failing=slice(0, 1))
    for name, sources in (("there", (one, other)), ("back", (other, one))):
        assert merged(tmp_path / name, *sources).absent == 0
        assert table_of(tmp_path / name) == table_of(whole)


def test_points_that_failed_everywhere_stay_failed(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(hidden=[2, 3], epochs=4, seed=range(2))
    one, other = (
        begun(tmp_path / name, grid, slice(0, 1), failing=slice(1, 2)) for name in ("one", "other")
    )
    out = merged(tmp_path / "out", one, other).folder
    assert read_manifest(out)["counts"] == {"planned": 4, "ok": 2, "diverged": 0, "failed": 2}
    assert set(pd.read_csv(out / "results.csv")["message"].dropna()) == {"out of luck"}


def test_unfinished_sweeps_make_an_unfinished_one_that_resumes(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grids = grid_of(hidden=[2, 3, 4], epochs=4), grid_of(hidden=[4, 5], epochs=4)
    one, other = (
        begun(tmp_path / name, grid, slice(0, 1))
        for name, grid in zip(("one", "other"), grids, strict=True)
    )
    text = io.StringIO()
    out = tmp_path / "out"
    found = merge(out, [one, other], terminal=Console(RichConsole(file=text, soft_wrap=True)))
    assert (found.points, found.absent) == (4, 2)
    assert text.getvalue().splitlines()[-1] == (
        f"2 points are still to be run; python -m xorsweep -m resume={out} runs them"
    )
    assert not (out / "results.csv").exists()
    assert read_manifest(out)["state"] == "unfinished"
    resume_sweep(ResumeRequest(out, QUIET, [Axis("seed", (1,))]))
    whole = swept(
        tmp_path / "whole",
        concatenate(
            [
                grid_of(hidden=[2, 3, 4], epochs=4, seed=[0, 1]),
                grid_of(hidden=[4, 5], epochs=4, seed=[0, 1]),
            ]
        ),
    )
    assert table_of(out) == table_of(whole)
    assert len(read_manifest(out)["earlier"][0]["merged_from"]) == 2


def test_parts_are_links_and_copies_where_there_can_be_none(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    out = merged(tmp_path / "out", *pair).folder
    parts = {path.name: path for folder in pair for path in (folder / "parts").iterdir()}
    assert {path.name for path in (out / "parts").iterdir()} == set(parts)
    assert all(path.samefile(parts[path.name]) for path in (out / "parts").iterdir())
    here = os.stat(tmp_path).st_dev
    places = (Path("/dev/shm"), Path(tempfile.gettempdir()))
    elsewhere = next((place for place in places if os.stat(place).st_dev != here), None)
    if elsewhere is None:
        pytest.skip("there is one file system only")
    with tempfile.TemporaryDirectory(dir=elsewhere) as made:
        copied = merged(Path(made) / "out", *pair).folder
        for path in (copied / "parts").iterdir():
            assert path.read_bytes() == parts[path.name].read_bytes()


def test_an_empty_folder_may_be_there_already(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert merged(tmp_path / "out", *pair).absent == 0


def test_a_folder_that_holds_something_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="one: already holds a sweep; choose another folder"):
        merged(pair[0], *pair)
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(StoreError, match="isn't an empty folder"):
            merged(taken, *pair)


@pytest.mark.parametrize("key", ["format", "numerics"])
def test_a_sweep_of_another_version_is_refused_with_the_difference(
    key: str, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    manifest = read_manifest(pair[1])
    (manifest if key == "format" else manifest["experiment"])[key] = 0
    (pair[1] / "manifest.json").write_text(json.dumps(resealed(manifest)))
    with pytest.raises(StoreError, match=f"its {key} is 0 and this version of xorsweep has {key}"):
        merged(tmp_path / "out", *pair)
    assert not (tmp_path / "out").exists()


def test_another_engine_is_refused(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(epochs=4)
    one = swept(tmp_path / "one", grid)
    store = Store.create(tmp_path / "other", NetworkExperiment(Engine(dtype="float32")))
    store.write_manifest(new_manifest(grid, Engine(dtype="float32")))
    with pytest.raises(StoreError) as raised:
        merged(tmp_path / "out", one, store.folder)
    assert str(raised.value) == (
        f"{one} was started with engine=numpy engine.dtype=float64, and {store.folder} with "
        "engine=numpy engine.dtype=float32; a sweep never mixes two"
    )


def test_a_damaged_part_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    path = next((pair[1] / "parts").iterdir())
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=f"{path} is damaged: "):
        merged(tmp_path / "out", *pair)
    assert not (tmp_path / "out").exists()


def run(folder: Path, *arguments: str) -> Ended:
    return run_command("merge", folder, *arguments)


def lines_of(done: Ended) -> Sequence[str]:
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_command_merges_and_prints_the_folder(pair: tuple[Path, Path]) -> None:
    done = run(pair[0].parent, "out", "one", "other", "--no-report")
    assert done.returncode == 0
    lines = lines_of(done)
    assert lines[0] == (
        "2 learning rates x 2 epoch budgets x 3 seeds + 2 learning rates x 5 seeds: "
        "19 results, each once, from 2 sweeps"
    )
    assert lines[-3:] == [
        "19 results, none diverged or failed",
        "  out/results.csv",
        "Open out/summary.csv",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["out", "one"], 2, "the following arguments are required: B"),
        (["out", "one", "nowhere"], 1, "nowhere holds no sweep: it has no manifest.json"),
        (["one", "one", "other"], 1, "one: already holds a sweep; choose another folder"),
        (["out", "one", "s3://a"], 1, "folder=s3://a: is an address; must be the path of a folder"),
        (["s3://out", "one", "other"], 1, "OUT=s3://out: is an address; must be the path of a fo"),
        (["~nobody-at-all/x", "one", "other"], 1, "OUT=~nobody-at-all/x: no such home"),
        (["/proc/out", "one", "other"], 1, "/proc/out can't be written: "),
    ],
)
def test_bad_input_gets_one_line(
    arguments: list[str], code: int, said: str, pair: tuple[Path, Path]
) -> None:
    done = run(pair[0].parent, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in pair[0].parent.iterdir()) == ["one", "other"]


def test_help_has_an_example(tmp_path: Path) -> None:
    assert "python -m xorsweep merge outputs/both" in run(tmp_path, "--help").stdout


def test_a_source_stays_whole_when_the_merged_sweep_goes(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.rmtree(merged(tmp_path / "out", *pair).folder)
    assert verify(str(pair[0]), sample=None).wrong == []


@pytest.mark.slow
def test_merged_sweeps_with_filters_keep_their_filters(
    point_of: Callable[..., Point], tmp_path: Path
) -> None:
    axes = [Axis("lr", (0.5, 3.0)), Axis("epochs", (9,)), Axis("seed", (0, 1, 2))]
    few = swept(
        tmp_path / "few", product_grid(NETWORK_SCHEMA, axes, [point_of()], where="lr*seed < 3")
    )
    zipped = [Axis("lr", (3.0, 9.0)), Axis("epochs", (9, 4)), Axis("seed", (0, 2))]
    other = swept(
        tmp_path / "other",
        product_grid(NETWORK_SCHEMA, zipped, [point_of()], [("lr", "epochs")], "seed > 0"),
    )
    assert merged(tmp_path / "both", few, other).points == 6
    grid = open_sweep(tmp_path / "both").grid
    keys = ("lr", "epochs", "seed")
    found = [tuple(grid.point(row)[key] for key in keys) for row in range(len(grid))]
    assert found == [
        *((0.5, 9, seed) for seed in (0, 1, 2)),
        (3.0, 9, 0),
        (3.0, 9, 2),
        (9.0, 4, 2),
    ]
    resume_sweep(ResumeRequest(tmp_path / "both", QUIET, [Axis("seed", (3,))]))
    longer = open_sweep(tmp_path / "both").grid
    points = map(longer.point, range(len(longer)))
    assert {tuple(p[key] for key in keys) for p in points} - set(found) == {
        (0.5, 9, 3),
        (3.0, 9, 3),
        (9.0, 4, 3),
    }
    assert not verify(str(tmp_path / "both"), None).wrong
