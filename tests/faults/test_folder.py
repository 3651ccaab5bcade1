"""What a folder may hold when a sweep is to go on: all is looked at, none of it is trusted."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Axis, Grid
from xorsweep.networks.engines import Engine
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage import writer as group_commit
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


class Heard(Console):
    """A terminal that keeps what was said."""

    def __init__(self) -> None:
        super().__init__(Console.silent().console)
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(hidden=[2, 3, 4], lr=[0.5, 2.0], epochs=20, seed=range(10))


@pytest.fixture
def a_part_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "EVERY", 0)


@pytest.fixture
def sweep(grid: Grid, tmp_path: Path, a_part_a_batch: None) -> Path:
    run_sweep(grid, QUIET, tmp_path / "sweep", {})
    return tmp_path / "sweep"


@pytest.mark.usefixtures("a_part_a_batch")
def test_a_batch_is_on_disk_before_it_is_counted(grid: Grid, tmp_path: Path) -> None:
    counted: list[int] = []

    class Counting(Heard):
        def progress(self, net_epochs: int):  # type: ignore[no-untyped-def]
            from contextlib import nullcontext

            def advance(done: int) -> None:
                counted.append(len(list((tmp_path / "sweep/parts").glob("*.parquet"))))

            return nullcontext(advance)

    run_sweep(grid, QUIET, tmp_path / "sweep", {}, terminal=Counting())
    assert counted == [1, 2, 3]


def test_a_reader_never_sees_half_a_file(sweep: Path) -> None:
    reader = (
        "import sys, pathlib\n"
        "path = pathlib.Path(sys.argv[1]); whole = path.read_bytes()\n"
        "print('reading', flush=True)\n"
        "seen = set()\n"
        "while not path.with_name('over').exists():\n"
        "    seen.add(path.read_bytes() == whole)\n"
        "print(seen)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", reader, str(sweep / "results.csv")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        for _ in range(5):
            resume_sweep(sweep, QUIET, [], {})
        (sweep / "over").touch()
        assert process.communicate(timeout=60)[0] == "{True}\n"


def test_where_nothing_is_missing_that_is_said_and_all_is_written_again(sweep: Path) -> None:
    before = (sweep / "results.csv").read_bytes()
    for name in ("results.csv", "results.parquet", "summary.csv"):
        (sweep / name).unlink()
    heard = Heard()
    resume_sweep(sweep, QUIET, [], {}, heard)
    assert "found all 60 points finished: there is nothing to train" in heard.lines
    assert (sweep / "results.csv").read_bytes() == before


def test_what_is_new_is_told_from_what_is_reused(sweep: Path) -> None:
    heard = Heard()
    resume_sweep(sweep, QUIET, [Axis("seed", tuple(range(12)))], {}, heard)
    assert (
        "found 60 finished points, which are reused; 12 are trained now (12 of them new to the "
        "grid)" in heard.lines
    )
    heard = Heard()
    resume_sweep(sweep, QUIET, [Axis("epochs", (20, 40))], {}, heard)
    assert (
        "found 72 finished points, which are reused; 72 are trained now (72 of them new to the "
        "grid)" in heard.lines
    )


def test_every_kind_of_damage_is_named_set_aside_and_trained_again(sweep: Path) -> None:
    undisturbed = (sweep / "results.csv").read_bytes()
    cut, flipped, empty = sorted((sweep / "parts").glob("*.parquet"))
    foreign, notebook = sweep / "parts/notes.txt", sweep / "parts/.ipynb_checkpoints"
    os.truncate(cut, cut.stat().st_size // 2)
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    os.truncate(empty, 0)
    foreign.write_text("mine")
    notebook.mkdir()
    (sweep / "parts/.abc.parquet.tmp").write_text("half")
    heard = Heard()
    resume_sweep(sweep, QUIET, [], {}, heard)
    for path in (cut, flipped, empty, foreign, notebook):
        assert any(line.startswith(f"parts/{path.name} is damaged: ") for line in heard.lines)
        assert (sweep / "damaged" / path.name).exists()
    assert not list(sweep.rglob(".*.tmp"))
    assert (sweep / "results.csv").read_bytes() == undisturbed
    heard = Heard()
    resume_sweep(sweep, QUIET, [], {}, heard)
    assert not any("damaged" in line for line in heard.lines)


def test_only_the_manifest_and_the_parts_are_needed(sweep: Path) -> None:
    undisturbed = (sweep / "results.csv").read_bytes()
    for path in sweep.iterdir():
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    resume_sweep(sweep, QUIET, [], {})
    assert (sweep / "results.csv").read_bytes() == undisturbed


def test_two_processes_never_hold_one_folder(sweep: Path, tmp_path: Path, grid: Grid) -> None:
    holder = (
        "import sys, pathlib, time\n"
        "from xorsweep.storage.store import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(600)\n"
    )
    new = tmp_path / "new"
    new.mkdir()
    for folder in (sweep, new):
        with subprocess.Popen(
            [sys.executable, "-c", holder, str(folder)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            before = sorted(folder.rglob("*"))
            with pytest.raises(StoreError, match=r"is in use: another process is training"):
                begin_or_go_on(folder, grid)
            assert sorted(folder.rglob("*")) == before
            process.kill()
        begin_or_go_on(folder, grid)


def begin_or_go_on(folder: Path, grid: Grid) -> None:
    if (folder / "manifest.json").exists():
        resume_sweep(folder, QUIET, [], {})
    else:
        run_sweep(grid, QUIET, folder, {}, documents={"multirun.yaml": "text"})


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("engine", lambda content: content["engine"].update(dtype="float32")),
        ("format", lambda content: content.update(format=1)),
        ("numerics", lambda content: content.update(numerics=0)),
        ("points", lambda content: content["points"].clear()),
    ],
)
def test_a_mismatch_names_its_key(key: str, change: Callable[..., None], sweep: Path) -> None:
    manifest = json.loads((sweep / "manifest.json").read_text())
    change(manifest)
    (sweep / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=rf"manifest.json can't be used: .*\b{key}\b"):
        resume_sweep(sweep, QUIET, [], {})


def test_another_engine_is_refused_unless_the_old_one_is_kept(sweep: Path) -> None:
    other = SweepSettings(ExecutionSettings("serial"), Engine(dtype="float32"), report=False)
    with pytest.raises(StoreError, match=r"^engine=numpy engine.dtype=float32: .* was trained"):
        resume_sweep(sweep, other, [], {})
    resume_sweep(sweep, other, [], {}, keep_engine=True)


def write_weights(path: Path, scale: float) -> None:
    chance = np.random.default_rng(0)
    shapes = {"w1": (4, 2, 2), "b1": (4, 2), "w2": (4, 2, 1), "b2": (4, 1)}
    np.savez(path, **{name: scale * chance.normal(size=shape) for name, shape in shapes.items()})


def test_weights_that_have_changed_are_refused_by_name(grid_of: GridOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    write_weights(path, 1.0)
    kept = path.read_bytes()
    grid = grid_of(init="file", init__path=str(path), epochs=5, seed=[0, 1])
    run_sweep(grid, QUIET, tmp_path / "sweep", {})
    before = (tmp_path / "sweep/results.csv").read_bytes()
    write_weights(path, 2.0)
    with pytest.raises(StoreError, match=rf"^init.path={path}: the file isn't what it was"):
        resume_sweep(tmp_path / "sweep", QUIET, [Axis("seed", (0, 1, 2))], {})
    assert (tmp_path / "sweep/results.csv").read_bytes() == before
    path.write_bytes(kept)
    resume_sweep(tmp_path / "sweep", QUIET, [Axis("seed", (0, 1, 2))], {})


def test_a_failure_is_tried_again_and_can_end_the_sweep(grid_of: GridOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    write_weights(path, 1.0)
    kept = path.read_bytes()
    grid = grid_of(init="file", init__path=str(path), hidden=[2], epochs=5, seed=[0, 1])
    path.unlink()
    heard = Heard()
    result = run_sweep(grid, QUIET, tmp_path / "sweep", {}, terminal=heard)
    assert result.counts["failed"] == 2
    reason = f"ConfigError: init.path={path}: there is no such file"
    assert f"2 points failed: {reason}" in heard.lines
    command = heard.lines[heard.lines.index(f"2 points failed: {reason}") + 1]
    assert command.startswith("  one of them alone: python -m xorsweep task=xor")
    stop = SweepSettings(ExecutionSettings("serial"), report=False, on_failure="stop")
    with pytest.raises(StoreError, match=r"^on_failure=stop: 1 point failed: .*; the batches that"):
        run_sweep(grid, stop, tmp_path / "stopped", {})
    manifest = json.loads((tmp_path / "stopped/manifest.json").read_text())
    assert manifest["state"] == "interrupted"
    path.write_bytes(kept)
    for name in ("sweep", "stopped"):
        heard = Heard()
        # What was recorded when the file was away isn't what is there now.
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        manifest["files"] = {}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest))
        result = resume_sweep(tmp_path / name, stop, [], {}, heard)
        assert result.counts == {"planned": 2, "ok": 2, "diverged": 0, "failed": 0}
        assert any("(2 of them failed before)" in line for line in heard.lines)


def test_a_grid_that_cannot_be_extended_leaves_the_folder_as_it_was(sweep: Path) -> None:
    before = {path: path.read_bytes() for path in sweep.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match=r"^lr=-1.0: "):
        resume_sweep(sweep, QUIET, [Axis("lr", (-1.0,))], {})
    assert {path: path.read_bytes() for path in sweep.rglob("*") if path.is_file()} == before
