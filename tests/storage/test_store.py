"""The folder of a sweep: its files are whole, and one process at a time writes to it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from manifests import new_manifest
from planned_batches import plan_of

from xorsweep.errors import StoreError
from xorsweep.execution.backends import run_serial
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.storage.parts import decode
from xorsweep.storage.store import (
    DAMAGED,
    LOCK,
    MANIFEST,
    PARTS,
    Store,
    check_unused,
    locked,
    read_manifest,
)
from xorsweep.sweeps.folders import open_sweep

PointOf = Callable[..., Point]

HOLDER = """
import sys
from pathlib import Path
from xorsweep.storage.store import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    axes = [Axis("hidden", (2, 3, 4)), Axis("epochs", (2, 5)), Axis("seed", (0, 1))]
    return product_grid(NETWORK_SCHEMA, axes, [point_of()])


@pytest.fixture(scope="module")
def batches(grid: Grid) -> list[pa.Table]:
    """Return the rows of three batches of four points each."""
    plan = plan_of(grid)
    return [rows for _, rows in run_serial(plan.batches, ExperimentTask(NetworkExperiment()))]


@pytest.fixture
def store(tmp_path: Path, grid: Grid, batches: list[pa.Table]) -> Store:
    """Return a sweep's folder with its manifest and three parts."""
    made = Store.create(tmp_path / "sweep", NetworkExperiment())
    made.write_manifest(new_manifest(grid))
    for rows in batches:
        made.add([rows])
    return made


@pytest.fixture
def holder(store: Store) -> Iterator[subprocess.Popen[str]]:
    """Return another process, while it holds the folder."""
    arguments = [sys.executable, "-c", HOLDER, str(store.folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def part_paths(store: Store) -> list[Path]:
    return sorted((store.folder / PARTS).iterdir())


def identities(store: Store) -> set[int]:
    return {point_id for part in store.parts() for point_id in part["point_id"].to_pylist()}


def test_a_started_sweep_is_opened_with_its_grid(store: Store, grid: Grid) -> None:
    sweep = open_sweep(store.folder)
    opened, found, manifest = sweep.store, sweep.grid, sweep.manifest
    assert opened == store
    assert [found.point(row) for row in range(len(found))] == [
        grid.point(row) for row in range(len(grid))
    ]
    assert manifest.state == "running"
    assert identities(opened) == set(grid.identities.tolist())


def test_parts_come_in_the_order_of_their_names(store: Store) -> None:
    paths = part_paths(store)
    assert len(paths) == 3
    assert [part.to_pydict() for part in store.parts()] == [
        decode(path, NetworkExperiment()).to_pydict() for path in paths
    ]


def test_the_same_batch_twice_is_one_part(store: Store, batches: list[pa.Table]) -> None:
    before = part_paths(store)
    for rows in reversed(batches):
        store.add([rows])
    assert part_paths(store) == before


def test_a_folder_that_holds_a_sweep_is_refused(store: Store) -> None:
    wanted = rf"already holds a sweep; continue with resume={store.folder}"
    with pytest.raises(StoreError, match=wanted):
        Store.create(store.folder, NetworkExperiment())
    with pytest.raises(StoreError, match=wanted):
        check_unused(store.folder)


def test_parts_without_their_manifest_are_neither_mixed_nor_resumed(store: Store) -> None:
    (store.folder / MANIFEST).unlink()
    with pytest.raises(StoreError, match=r"holds the parts of a sweep without its manifest.json"):
        check_unused(store.folder)
    with pytest.raises(StoreError, match=r"it has no manifest.json; its parts can't be used"):
        open_sweep(store.folder)


def test_files_of_a_process_killed_before_its_sweep_began_block_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / PARTS).mkdir()
    (tmp_path / LOCK).touch()
    (tmp_path / f".{MANIFEST}.tmp").write_text('{"state": "run')
    with pytest.raises(StoreError, match=r"has trained nothing: start it again$"):
        open_sweep(tmp_path)
    assert Store.create(tmp_path, NetworkExperiment()).folder == tmp_path


def test_a_refused_folder_is_left_as_it_was(store: Store) -> None:
    before = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=r"already holds a sweep"):
        Store.create(store.folder, NetworkExperiment())
    after = {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    assert after == before


def test_a_folder_with_other_files_is_used(tmp_path: Path) -> None:
    (tmp_path / "xorsweep.log").write_text("started\n")
    assert Store.create(tmp_path, NetworkExperiment()).folder == tmp_path


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/sweep can't be written: Not a directory$"):
        Store.create(tmp_path / "file" / "sweep", NetworkExperiment())


def test_a_folder_without_a_sweep_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no sweep: it has no manifest.json"):
        open_sweep(tmp_path)
    with pytest.raises(StoreError, match=r"absent holds no sweep: it has no manifest.json$"):
        open_sweep(tmp_path / "absent")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"manifest.json can't be read: "),
        ('{"state": "run', r"manifest.json can't be read: "),
        ("[1, 2]", r"manifest.json isn't a manifest of xorsweep$"),
        ("{}", r"manifest.json can't be used: it has no 'format', so it isn't a manifest"),
    ],
)
def test_a_manifest_that_is_none_is_refused(store: Store, text: str, message: str) -> None:
    (store.folder / MANIFEST).write_text(text)
    with pytest.raises(StoreError, match=message):
        open_sweep(store.folder)


def test_a_manifest_that_is_not_text_is_refused(store: Store) -> None:
    (store.folder / MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreError, match=r"can't be read"):
        read_manifest(store.folder)
    (store.folder / MANIFEST).unlink()
    (store.folder / MANIFEST).mkdir()
    with pytest.raises(StoreError, match=r"can't be read"):
        read_manifest(store.folder)


def test_a_manifest_changed_by_hand_is_refused(store: Store) -> None:
    manifest = json.loads((store.folder / MANIFEST).read_text())
    manifest["points"][0]["axes"][0]["levels"].append(5)
    (store.folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"points were changed by hand$"):
        open_sweep(store.folder)


def test_a_manifest_is_replaced_as_a_whole_and_has_the_given_entries(
    store: Store, grid: Grid
) -> None:
    more = {"path": Path("a/b"), "text": "µ, naïve"}
    manifest = replace(new_manifest(grid), extra=more)
    store.write_manifest(manifest)
    data = json.loads(json.dumps(manifest.to_data(), default=str))
    assert read_manifest(store.folder) == data
    assert data["path"] == "a/b"
    assert "µ, naïve" in (store.folder / MANIFEST).read_text(encoding="utf-8")


def test_damaged_parts_and_foreign_files_are_set_aside_and_reported(store: Store) -> None:
    cut, flipped, whole = part_paths(store)
    kept = identities(store)
    cut_bytes, flipped_bytes = cut.read_bytes()[:-1], bytearray(flipped.read_bytes())
    flipped_bytes[100] ^= 1
    cut.write_bytes(cut_bytes)
    flipped.write_bytes(flipped_bytes)
    (store.folder / PARTS / "notes.txt").write_text("mine")
    (store.folder / PARTS / "empty.parquet").write_bytes(b"")
    lines = store.quarantine_damaged_parts()
    assert sorted(line.split(" is damaged: ")[0] for line in lines) == sorted(
        f"{PARTS}/{name}" for name in (cut.name, flipped.name, "notes.txt", "empty.parquet")
    )
    assert all(line.endswith(f"; moved to {DAMAGED}/") for line in lines)
    assert part_paths(store) == [whole]
    aside = store.folder / DAMAGED
    assert (aside / cut.name).read_bytes() == cut_bytes
    assert (aside / flipped.name).read_bytes() == flipped_bytes
    assert (aside / "notes.txt").read_text() == "mine"
    assert identities(store) < kept
    assert store.quarantine_damaged_parts() == []


def test_nothing_is_set_aside_where_all_is_whole(store: Store) -> None:
    assert store.quarantine_damaged_parts() == []
    assert not (store.folder / DAMAGED).exists()


@pytest.mark.parametrize("engine", [Engine("numba"), Engine(dtype="float32")], ids=str)
def test_parts_of_another_engine_are_set_aside(store: Store, engine: Engine) -> None:
    other = Store(store.folder, NetworkExperiment(engine))
    assert len(other.quarantine_damaged_parts()) == 3
    assert list(other.parts()) == []


def test_a_part_that_was_being_written_at_a_kill_is_passed_over_and_removed(store: Store) -> None:
    kept = identities(store)
    leftovers = [
        store.folder / PARTS / ".0123.parquet.tmp",
        store.folder / ".results.csv.tmp",
        store.folder / "figures" / ".unsolved.svg.tmp",
    ]
    (store.folder / "figures").mkdir()
    for path in leftovers:
        path.write_bytes(b"PAR1")
    assert store.quarantine_damaged_parts() == []
    assert identities(store) == kept
    store.remove_leftovers()
    assert not any(path.exists() for path in leftovers)
    assert identities(store) == kept


def test_a_part_damaged_twice_is_kept_twice(store: Store) -> None:
    path = part_paths(store)[0]
    for text in ("once", "again"):
        path.write_text(text)
        store.quarantine_damaged_parts()
    aside = sorted((store.folder / DAMAGED).iterdir())
    assert [each.read_text() for each in aside] == ["once", "again"]


def test_a_part_that_is_damaged_while_it_is_used_is_named(store: Store) -> None:
    path = part_paths(store)[1]
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=rf"{path.name} is damaged: .* sets it aside and runs"):
        list(store.parts())


def test_a_foreign_folder_among_the_parts_is_set_aside(store: Store) -> None:
    (store.folder / PARTS / ".ipynb_checkpoints").mkdir()
    assert len(store.quarantine_damaged_parts()) == 1
    assert len(part_paths(store)) == 3


def test_another_process_is_kept_out_until_the_holder_is_killed(
    store: Store, holder: subprocess.Popen[str]
) -> None:
    with (
        pytest.raises(StoreError, match=r"is in use: another process is training"),
        locked(store.folder),
    ):
        pytest.fail("both hold the folder")
    holder.kill()
    holder.wait()
    with locked(store.folder):
        assert (store.folder / LOCK).exists()


def test_a_folder_can_be_held_again_after_an_error(store: Store) -> None:
    with pytest.raises(KeyError), locked(store.folder):
        raise KeyError
    with locked(store.folder):
        pass
