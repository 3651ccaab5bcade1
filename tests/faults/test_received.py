"""A folder from somebody else: nothing outside it is written, and no link in it is followed."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from recording_console import RecordingConsole

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.compare import compare
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.partial import report_partial
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.shards import write_shard
from xorsweep.sweeps.status import sweep_status
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)
SECONDS = 120
"""After which a command hangs."""

COMMANDS: dict[str, Callable[[Path], object]] = {
    "resume": lambda sweep: resume_sweep(ResumeRequest(sweep, QUIET)),
    "report": lambda sweep: remake_report(sweep, Console.silent()),
    "partial": report_partial,
    "status": sweep_status,
    "load": lambda sweep: xs.load(sweep).results,
    "report elsewhere": lambda sweep: xs.load(sweep).report(sweep.parent / "other"),
    "compare": lambda sweep: compare((sweep, sweep), terminal=Console.silent()),
    "verify": lambda sweep: verify(str(sweep), sample=1),
    "replay": lambda sweep: replay(str(sweep), 3, terminal=Console.silent()),
    "merge": lambda sweep: merge(sweep.parent / "both", [sweep, sweep], report=False),
}

FILES = {
    ".report.md.tmp": ("report",),
    ".manifest.json.tmp": ("resume",),
    ".lock": ("resume", "partial", "report elsewhere"),
    "manifest.json": ("resume", "load", "status", "compare"),
    "results.csv": ("resume", "verify"),
    "results.parquet": ("report", "load", "verify", "resume"),
    "summary.csv": ("report",),
    "report.html": ("report", "report elsewhere"),
    "replay/3/run.json": ("replay",),
    "replay/3/weights.npz": ("replay",),
    "compared/sweep/compare.html": ("compare",),
    "parts/0.parquet": ("verify", "merge", "resume"),
}
FOLDERS = {
    "parts": ("verify", "merge", "replay", "partial", "resume"),
    "partial": ("partial",),
    "figures": ("report",),
    "damaged": ("resume",),
    "replay": ("replay",),
    "replay/3": ("replay",),
    "compared": ("compare",),
    "compared/sweep": ("compare",),
    "mine": ("resume", "report elsewhere"),
}
"""Entries that may be somebody's links, and the commands that read them or write to them."""
QUICK = {".lock", "manifest.json", "results.csv", "report.html", "replay/3/run.json"}
QUICK |= {"parts/0.parquet", "parts", "partial", "damaged", "compared"}
EACH = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
    for name in FILES | FOLDERS
]


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("received") / "sweep"
    grid = grid_of(hidden=[2, 3], lr=0.5, epochs=5, seed=range(3))
    run_sweep(
        SweepRequest(NetworkExperiment(), grid, QUIET, folder, {"command_line": ["xorsweep"]})
    )
    return folder


@pytest.fixture
def sweep(finished: Path, tmp_path: Path, without_figures: None) -> Path:
    """Return a sweep of which a part is damaged, so that each of its folders is written to."""
    shutil.copytree(finished, tmp_path / "sweep")
    (tmp_path / "sweep/parts/notes.txt").write_text("mine")
    return tmp_path / "sweep"


@contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Raise where something waits for longer, as opening a pipe does."""

    def over(number: int, frame: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def attempted(command: str, sweep: Path) -> str:
    """Run a command that may refuse the folder; return its message."""
    try:
        with seconds(SECONDS):
            COMMANDS[command](sweep)
    except (StoreError, ConfigError, OSError) as error:
        return str(error)
    return ""


def contents(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def cleared(path: Path) -> Path:
    """Return a path with nothing there, and with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("name", EACH)
def test_nothing_is_written_through_a_link(name: str, sweep: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for inner in (".bashrc", ".run.json.tmp", "results.csv"):
        (outside / inner).write_text("theirs")
    before = contents(outside)
    is_folder = name in FOLDERS
    cleared(sweep / name).symlink_to(outside if is_folder else outside / ".bashrc")
    for command in (FILES | FOLDERS)[name]:
        assert "\n" not in attempted(command, sweep)
        assert contents(outside) == before, command


@pytest.mark.parametrize("name", EACH)
def test_a_pipe_among_the_files_never_blocks(name: str, sweep: Path) -> None:
    for command in (FILES | FOLDERS)[name]:
        os.mkfifo(cleared(sweep / name))
        assert "\n" not in attempted(command, sweep)


def test_a_link_among_the_parts_is_refused_and_left(sweep: Path, tmp_path: Path) -> None:
    (sweep / "parts/notes.txt").unlink()
    part = sorted((sweep / "parts").iterdir())[0]
    part.rename(tmp_path / part.name)
    part.symlink_to(tmp_path / part.name)
    for command in ("resume", "verify", "merge", "report"):
        with pytest.raises(StoreError, match=r"it is a link, and no link inside a sweep is follow"):
            COMMANDS[command](sweep)
    assert part.is_symlink()
    assert not (sweep / "damaged").exists()


def test_a_sweep_that_is_reached_by_a_link_is_as_any_other(sweep: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("sweep")
    assert next(iter(COMMANDS)) == "resume"  # which sets damaged parts aside
    for command in COMMANDS:
        COMMANDS[command](tmp_path / "latest")


def test_shards_are_never_written_through_a_link(sweep: Path, tmp_path: Path) -> None:
    from xorsweep.sweeps.shards import ShardPlan, run_in_shards

    (tmp_path / "outside/0").mkdir(parents=True)
    (sweep / ".shards").symlink_to(tmp_path / "outside")
    store = open_sweep(sweep).store
    how = ShardPlan(1, ExecutionSettings("serial"), lambda *_: None)
    run_in_shards(store, [], how, lambda work: None)
    assert not os.path.lexists(sweep / ".shards")
    write_shard(sweep, 0, NetworkExperiment(), [])
    assert contents(tmp_path / "outside") == {tmp_path / "outside/0": None}


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_the_log_is_never_written_through_a_link(kind: str, sweep: Path, tmp_path: Path) -> None:
    log, victim = sweep / "xorsweep.log", tmp_path / "victim"
    victim.write_text("theirs")
    if kind == "link":
        log.symlink_to(victim)
    else:
        os.mkfifo(log)
    with seconds(SECONDS):
        done = run(tmp_path, "-m", f"resume={sweep}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{log} can't be ")
    assert done.stderr.count("\n") == 1
    assert victim.read_text() == "theirs"


def test_no_file_that_a_manifest_names_is_read(sweep: Path) -> None:
    manifest = json.loads((sweep / "manifest.json").read_text())
    manifest["files"] = {"/dev/zero": "0", "/etc/passwd": "0"}
    (sweep / "manifest.json").write_text(json.dumps(manifest))
    with seconds(SECONDS):
        resume_sweep(ResumeRequest(sweep, QUIET))
    assert json.loads((sweep / "manifest.json").read_text())["files"] == {}


def test_weights_outside_the_folder_are_reported(grid_of: GridOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    shapes = {"w1": (2, 2, 2), "b1": (2, 2), "w2": (2, 2, 1), "b2": (2, 1)}
    arrays = {name: np.full(shape, 0.1) for name, shape in shapes.items()}
    np.savez(path, allow_pickle=False, **arrays)
    grid = grid_of(init="file", init__path=str(path), epochs=2, seed=[0, 1])
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"))
    for command in (
        lambda terminal: resume_sweep(ResumeRequest(tmp_path / "sweep", QUIET), terminal),
        lambda terminal: verify(str(tmp_path / "sweep"), sample=1, terminal=terminal),
        lambda terminal: replay(str(tmp_path / "sweep"), 1, terminal=terminal),
    ):
        heard = RecordingConsole()
        command(heard)
        assert f"init.path={path}: initial weights are read from there" in heard.lines
    path.unlink()
    path.symlink_to("/dev/zero")
    with seconds(SECONDS), pytest.raises(StoreError, match=rf"init.path={path}: no such file"):
        resume_sweep(ResumeRequest(tmp_path / "sweep", QUIET))


def test_a_link_among_the_files_is_not_copied(sweep: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("theirs")
    (sweep / "notes").symlink_to(secret)
    with suppress(StoreError):
        xs.load(sweep).report(tmp_path / "copy")
    assert not (tmp_path / "copy/notes").exists()
