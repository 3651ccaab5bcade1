"""A finished sweep's rows are those that it wrote, whatever results.parquet is by now."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forged_parts import with_value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profiles import examples
from recording_console import RecordingConsole

import xorsweep as xs
from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import read_results
from xorsweep.sweeps.compare import compare
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sweep with texts, gaps, tasks of several outputs and a run that diverges."""
    folder = tmp_path_factory.mktemp("finished") / "sweep"
    grids = [
        grid_of(hidden=[2, 3], lr=[0.5, 1e3], activation="relu", epochs=30, seed=range(3)),
        grid_of(task="parity", optimizer="momentum", epochs=5, seed=range(2)),
    ]
    run_sweep(
        SweepRequest(
            NetworkExperiment(), concatenate(grids), QUIET, folder, {"command_line": ["xorsweep"]}
        )
    )
    return folder


@pytest.fixture
def sweep(finished: Path, tmp_path: Path, without_figures: None) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "sweep"))


def rows_of(sweep: Path, terminal: Console, whole: bool = True) -> pd.DataFrame:
    manifest = finished_manifest(sweep)
    return stored_results(sweep, manifest, terminal, whole)


def test_the_digest_is_that_of_the_file(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text())
    digest = hashlib.sha256((finished / "results.parquet").read_bytes()).hexdigest()
    assert manifest["tables"] == {"results.parquet": digest}


@pytest.mark.parametrize("whole", [True, False])
def test_rows_made_of_the_parts_are_those_that_were_written(whole: bool, sweep: Path) -> None:
    wanted, heard = read_results(sweep, NetworkExperiment(), whole), RecordingConsole()
    assert rows_of(sweep, heard, whole).equals(wanted)
    assert heard.lines == []
    (sweep / "results.parquet").unlink()
    found = rows_of(sweep, heard, whole)
    pd.testing.assert_frame_equal(found, wanted)
    for name in wanted.select_dtypes("category"):
        assert found[name].cat.categories.equals(wanted[name].cat.categories)
    said = f"{sweep}/results.parquet isn't there; its rows are made from the parts again"
    assert heard.lines == [said]


@settings(examples(8, 120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_comes_back_as_another_number(
    place: float, bit: int, finished: Path, tmp_path: Path
) -> None:
    wanted, heard = read_results(finished, NetworkExperiment(), whole=True), RecordingConsole()
    sweep = shutil.copytree(finished, tmp_path / "sweep", dirs_exist_ok=True)
    data = bytearray((finished / "results.parquet").read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (sweep / "results.parquet").write_bytes(data)
    assert rows_of(sweep, heard).equals(wanted)
    assert len(heard.lines) == 1


def changed(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.ParquetFile(path).read()), path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "fewer rows": lambda path: changed(path, lambda table: table.slice(2)),
    "more rows": lambda path: changed(path, lambda table: pa.concat_tables([table, table])),
    "no error": lambda path: changed(path, lambda table: table.drop_columns(["final_error"])),
    "no seed": lambda path: changed(path, lambda table: table.drop_columns(["seed"])),
    "a text": lambda path: changed(
        path,
        lambda table: table.set_column(0, "final_error", pa.array(["a"] * len(table))),
    ),
    "twice": lambda path: changed(path, lambda table: table.append_column("lr", table["lr"])),
    "another value": lambda path: changed(path, with_value("final_error", 0, 0.125)),
    "half": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "no table": lambda path: path.write_bytes(b"PAR1" * 10),
}


# The digest in the manifest tells, whatever the change.
FOUND = [(kind, False) for kind in ("another value", "half", "empty")]
# Somebody who writes the manifest, too, can have it say another value.
SEALED = [(kind, True) for kind in CHANGES if kind != "another value"]


@pytest.mark.parametrize(("kind", "is_sealed"), [*FOUND, *SEALED])
def test_another_table_is_never_believed(kind: str, is_sealed: bool, sweep: Path) -> None:
    wanted, heard = read_results(sweep, NetworkExperiment(), whole=True), RecordingConsole()
    CHANGES[kind](sweep / "results.parquet")
    if is_sealed:
        manifest = json.loads((sweep / "manifest.json").read_text())
        digest = hashlib.sha256((sweep / "results.parquet").read_bytes()).hexdigest()
        manifest["tables"]["results.parquet"] = digest
        (sweep / "manifest.json").write_text(json.dumps(manifest))
    assert rows_of(sweep, heard).equals(wanted)
    assert len(heard.lines) == 1


def test_a_changed_table_is_reported_in_python_and_in_a_comparison(
    finished: Path, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    CHANGES["fewer rows"](sweep / "results.parquet")
    said = (
        f"{sweep}/results.parquet has changed since it was written; its rows are made from the "
        "parts again"
    )
    found = xs.load(sweep)
    assert len(found.results) == found.counts["planned"] == 14
    assert found.results.equals(xs.load(finished).results)
    assert " ".join(capsys.readouterr().err.split()) == said
    heard = RecordingConsole()
    compared = compare((sweep, finished), terminal=heard)
    assert heard.lines[0] == said
    assert compared.same == compared.points == 14


@pytest.mark.usefixtures("without_figures")
def test_a_report_writes_the_tables_again(sweep: Path) -> None:
    before = {name: (sweep / name).read_bytes() for name in ("results.csv", "results.parquet")}
    CHANGES["another value"](sweep / "results.parquet")
    (sweep / "results.csv").write_text("nonsense")
    heard = RecordingConsole()
    remake_report(sweep, heard)
    said = "has changed since it was written; it and results.csv are written again from the parts"
    assert heard.lines == [f"{sweep}/results.parquet {said}"]
    assert {name: (sweep / name).read_bytes() for name in before} == before
    heard = RecordingConsole()
    remake_report(sweep, heard)
    assert heard.lines == []


@pytest.mark.usefixtures("without_figures")
def test_a_report_counts_the_rows_and_not_the_manifest(sweep: Path) -> None:
    manifest = json.loads((sweep / "manifest.json").read_text())
    counts = manifest["counts"]
    manifest["counts"] = {**counts, "ok": counts["ok"] - 1, "failed": 1}
    manifest["grid"]["text"] = "lr 99"
    (sweep / "manifest.json").write_text(json.dumps(manifest))
    remake_report(sweep)
    text = (sweep / "report.md").read_text()
    assert "14 results, none diverged or failed" in text
    assert "lr 99" not in text


def test_without_the_parts_there_is_nothing_to_make_rows_of(sweep: Path) -> None:
    (sweep / "results.parquet").unlink()
    shutil.rmtree(sweep / "parts")
    message = rf"^{sweep}: 14 of 14 points are missing in its parts; .* resume={sweep} runs them$"
    with pytest.raises(StoreError, match=message):
        remake_report(sweep)
    with pytest.raises(StoreError, match=message):
        rows_of(sweep, RecordingConsole())


def test_without_the_parts_the_rows_are_still_there(sweep: Path) -> None:
    shutil.rmtree(sweep / "parts")
    assert len(xs.load(sweep).results) == 14
    assert remake_report(sweep).is_file()


def test_a_sweep_moved_elsewhere_is_the_same(finished: Path, sweep: Path) -> None:
    moved = sweep.rename(sweep.with_name("elsewhere"))
    assert xs.load(moved).results.equals(xs.load(finished).results)
