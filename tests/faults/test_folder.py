"""The contents of a folder to be resumed: all are checked, none are trusted."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from manifests import resealed
from recording_console import RecordingConsole

from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False, write_every=0.0)
"""Serial, with a part per batch."""


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(hidden=[2, 3, 4], lr=[0.5, 2.0], epochs=20, seed=range(10))


@pytest.fixture(scope="module")
def finished(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder") / "sweep"
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder))
    return folder


@pytest.fixture
def sweep(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of a finished sweep with a part a batch, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "sweep"))


def test_a_batch_is_on_disk_before_it_is_counted(grid: Grid, tmp_path: Path) -> None:
    counted: list[int] = []

    class Counting(RecordingConsole):
        def progress(self, work: int, unit: str):  # type: ignore[no-untyped-def]
            from contextlib import nullcontext

            def advance(done: int) -> None:
                counted.append(len(list((tmp_path / "sweep/parts").glob("*.parquet"))))

            return nullcontext(advance)

    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"), Counting())
    assert counted == [1, 2, 3]


@pytest.mark.slow
def test_a_reader_never_sees_half_a_file(sweep: Path) -> None:
    path = sweep / "results.csv"
    whole, over = path.read_bytes(), Event()
    seen: set[bool] = set()

    def read() -> None:
        while not over.is_set():
            seen.add(path.read_bytes() == whole)

    reader = Thread(target=read)
    reader.start()
    try:
        for _ in range(2):
            resume_sweep(ResumeRequest(sweep, QUIET))
    finally:
        over.set()
        reader.join()
    assert seen == {True}


def test_a_complete_sweep_is_reported_and_its_files_are_written_again(sweep: Path) -> None:
    before = (sweep / "results.csv").read_bytes()
    for name in ("results.csv", "results.parquet", "summary.csv"):
        (sweep / name).unlink()
    heard = RecordingConsole()
    resume_sweep(ResumeRequest(sweep, QUIET), heard)
    assert "all 60 results finished: nothing to run" in heard.lines
    assert (sweep / "results.csv").read_bytes() == before


def test_new_points_are_distinguished_from_reused_ones(sweep: Path) -> None:
    heard = RecordingConsole()
    resume_sweep(ResumeRequest(sweep, QUIET, [Axis("seed", tuple(range(12)))]), heard)
    assert "found 60 finished results, 12 to run (12 new)" in heard.lines
    heard = RecordingConsole()
    resume_sweep(ResumeRequest(sweep, QUIET, [Axis("epochs", (20, 40))]), heard)
    assert "found 72 finished results, 72 to run (72 new)" in heard.lines


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
    heard = RecordingConsole()
    resume_sweep(ResumeRequest(sweep, QUIET), heard)
    for path in (cut, flipped, empty, foreign, notebook):
        assert any(line.startswith(f"parts/{path.name} is damaged: ") for line in heard.lines)
        assert (sweep / "damaged" / path.name).exists()
    assert not list(sweep.rglob(".*.tmp"))
    assert (sweep / "results.csv").read_bytes() == undisturbed
    heard = RecordingConsole()
    resume_sweep(ResumeRequest(sweep, QUIET), heard)
    assert not any("damaged" in line for line in heard.lines)


def test_only_the_manifest_and_the_parts_are_needed(sweep: Path) -> None:
    undisturbed = (sweep / "results.csv").read_bytes()
    for path in sweep.iterdir():
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    resume_sweep(ResumeRequest(sweep, QUIET))
    assert (sweep / "results.csv").read_bytes() == undisturbed


def test_two_processes_never_hold_one_folder(sweep: Path, tmp_path: Path, grid: Grid) -> None:
    holder = (
        "import sys, pathlib, time\n"
        "from xorsweep.storage.store import locked\n"
        "with locked(pathlib.Path(sys.argv[1])), locked(pathlib.Path(sys.argv[2])):\n"
        "    print('held', flush=True); time.sleep(600)\n"
    )
    new = tmp_path / "new"
    new.mkdir()
    command = [sys.executable, "-c", holder, str(sweep), str(new)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        for folder in (sweep, new):
            before = sorted(folder.rglob("*"))
            with pytest.raises(StoreError, match=r"is in use: another process is training"):
                begin_or_go_on(folder, grid)
            assert sorted(folder.rglob("*")) == before
        process.kill()
    for folder in (sweep, new):
        begin_or_go_on(folder, grid)


def begin_or_go_on(folder: Path, grid: Grid) -> None:
    if (folder / "manifest.json").exists():
        resume_sweep(ResumeRequest(folder, QUIET))
    else:
        run_sweep(
            SweepRequest(
                NetworkExperiment(), grid, QUIET, folder, documents={"multirun.yaml": "text"}
            )
        )


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("experiment", lambda content: content["experiment"]["engine"].update(dtype="float32")),
        ("format", lambda content: content.update(format=1)),
        ("numerics", lambda content: content["experiment"].update(numerics=0)),
        ("points", lambda content: content["points"].clear()),
    ],
)
def test_a_mismatch_names_its_key(key: str, change: Callable[..., None], sweep: Path) -> None:
    manifest = json.loads((sweep / "manifest.json").read_text())
    change(manifest)
    is_resealed = key == "numerics"
    (sweep / "manifest.json").write_text(
        json.dumps(resealed(manifest) if is_resealed else manifest)
    )
    with pytest.raises(StoreError, match=rf"manifest.json can't be used: .*\b{key}\b"):
        resume_sweep(ResumeRequest(sweep, QUIET))


def test_another_engine_is_refused_unless_the_old_one_is_kept(sweep: Path) -> None:
    other = NetworkExperiment(Engine(dtype="float32"))
    with pytest.raises(StoreError, match=r"^engine=numpy engine.dtype=float32: .* was started"):
        resume_sweep(ResumeRequest(sweep, QUIET, experiment=other))
    resume_sweep(ResumeRequest(sweep, QUIET))


def write_weights(path: Path, scale: float) -> None:
    chance = np.random.default_rng(0)
    shapes = {"w1": (4, 2, 2), "b1": (4, 2), "w2": (4, 2, 1), "b2": (4, 1)}
    np.savez(path, **{name: scale * chance.normal(size=shape) for name, shape in shapes.items()})


def test_weights_that_have_changed_are_refused_by_name(grid_of: GridOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    write_weights(path, 1.0)
    kept = path.read_bytes()
    grid = grid_of(init="file", init__path=str(path), epochs=5, seed=[0, 1])
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"))
    before = (tmp_path / "sweep/results.csv").read_bytes()
    write_weights(path, 2.0)
    with pytest.raises(StoreError, match=rf"^init.path={path}: the file has changed"):
        resume_sweep(ResumeRequest(tmp_path / "sweep", QUIET, [Axis("seed", (0, 1, 2))]))
    assert (tmp_path / "sweep/results.csv").read_bytes() == before
    path.write_bytes(kept)
    resume_sweep(ResumeRequest(tmp_path / "sweep", QUIET, [Axis("seed", (0, 1, 2))]))


def test_a_failure_is_tried_again_and_can_end_the_sweep(grid_of: GridOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    write_weights(path, 1.0)
    kept = path.read_bytes()
    grid = grid_of(init="file", init__path=str(path), hidden=[2], epochs=5, seed=[0, 1])
    path.unlink()
    heard = RecordingConsole()
    result = run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"), heard)
    assert result.counts["failed"] == 2
    reason = f"ConfigError: init.path={path}: no such file"
    assert f"2 points failed: {reason}" in heard.lines
    command = heard.lines[heard.lines.index(f"2 points failed: {reason}") + 1]
    assert command.startswith("  one of them alone: python -m xorsweep task=xor")
    stop = SweepSettings(ExecutionSettings("serial"), report=False, on_failure="stop")
    with pytest.raises(
        StoreError, match=r"^on_failure=stop: 2 points failed: .*; finished batches"
    ):
        run_sweep(SweepRequest(NetworkExperiment(), grid, stop, tmp_path / "stopped"))
    manifest = json.loads((tmp_path / "stopped/manifest.json").read_text())
    assert manifest["state"] == "interrupted"
    path.write_bytes(kept)
    for name in ("sweep", "stopped"):
        heard = RecordingConsole()
        # The record of the time without the file differs from the file that is there now.
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        manifest["files"] = {}
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest))
        result = resume_sweep(ResumeRequest(tmp_path / name, stop), heard)
        assert result.counts == {"planned": 2, "ok": 2, "diverged": 0, "failed": 0}
        assert any("(2 failed before)" in line for line in heard.lines)


def test_a_grid_that_cannot_be_extended_leaves_the_folder_as_it_was(sweep: Path) -> None:
    before = {path: path.read_bytes() for path in sweep.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match=r"^lr=-1.0: "):
        resume_sweep(ResumeRequest(sweep, QUIET, [Axis("lr", (-1.0,))]))
    assert {path: path.read_bytes() for path in sweep.rglob("*") if path.is_file()} == before
