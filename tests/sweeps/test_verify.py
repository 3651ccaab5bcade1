"""Verifying: rows run again alone, and a forged part that nothing else would find."""

import io
import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from command_line import Ended, run_command
from forged_parts import forge, with_bit_flipped, with_value
from manifests import new_manifest, resealed
from planned_batches import plan_of
from rich.console import Console as RichConsole

from xorsweep import sweep_function
from xorsweep.errors import StoreError
from xorsweep.execution.backends import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.planning import Batch
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import Store
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep
from xorsweep.sweeps.verify import Limits, Verified, verify

GridOf = Callable[..., Grid]


@pytest.fixture(scope="module")
def finished(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "sweep"
    grid = grid_of(
        activation="relu", lr=[0.5, 1e200], hidden=[2, 3, 4], epochs=[5, 40], seed=range(4)
    )
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            folder,
            {"command_line": []},
        )
    )
    return folder


@pytest.fixture
def sweep(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of a finished sweep of 48 points, to be changed."""
    return Path(shutil.copytree(finished, tmp_path / "sweep"))


def run(folder: Path, *arguments: str) -> Ended:
    return run_command("verify", folder, *arguments)


def without_announcement(done: Ended) -> str:
    """Return the output without the line on the duration, which only a busy machine prints."""
    return re.sub(r"\A48 rows, each alone, .*\n", "", done.stdout)


def test_each_row_of_a_sweep_equals_the_row_trained_alone(finished: Path) -> None:
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    verified = verify(str(finished), sample=None)
    assert verified.wrong == []
    assert (verified.rows, verified.compared, verified.failed, verified.absent) == (48, 48, 0, 0)
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


def test_workers_change_nothing(finished: Path) -> None:
    limits = Limits(at_once=20, read_at_once=40, worth_processes=0.0)
    verified = verify(str(finished), sample=None, workers=2, limits=limits)
    assert (verified.compared, verified.wrong) == (48, [])


def test_every_row_is_a_batch_of_one_with_no_epoch_but_its_own(finished: Path) -> None:
    trained = []

    class Recorded(NetworkExperiment):
        def run(self, batch: Batch) -> pa.Table:
            trained.append(batch)
            return super().run(batch)

    assert verify(str(finished), sample=7, experiment=Recorded()).compared == 7
    assert {(batch.members, len(batch.snapshots)) for batch in trained} == {(1, 1)}


@pytest.mark.parametrize(
    "column",
    [
        "final_error",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("mse", "max_abs_error", "output_1")
        ),
    ],
)
def test_a_flipped_bit_of_a_forged_part_is_found(column: str, sweep: Path) -> None:
    forge(sweep, with_bit_flipped(column, 5))
    verified = verify(str(sweep), sample=None)
    again = [line for line in verified.wrong if line.startswith("row ")]
    assert len(again) == 1
    assert re.fullmatch(
        rf"row \d+ \(lr .*, hidden \d, epochs \d+, seed \d\): {column} is \S+ \(0x\S+\) in the "
        rf"sweep and \S+ \(0x\S+\) run again",
        again[0],
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("converged_epoch", 4, "converged_epoch is 4 in the sweep and -1 run again"),
        pytest.param(
            "converged_at_end",
            True,
            "converged_at_end is True in the sweep and False run again",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "status", 1, "status is diverged in the sweep and ok run again", marks=pytest.mark.slow
        ),
    ],
)
def test_a_forged_verdict_is_found(column: str, value: object, said: str, sweep: Path) -> None:
    forge(sweep, with_value(column, 0, value))
    assert any(line.endswith(said) for line in verify(str(sweep), sample=None).wrong)


def test_a_forged_curve_is_found(sweep: Path) -> None:
    path = sorted((sweep / "parts").iterdir())[0]
    curves = pq.ParquetFile(path).read()["learning_curve"].to_pylist()
    row = next(row for row, curve in enumerate(curves) if curve)
    forge(sweep, with_value("learning_curve", row, [*curves[row][:-1], 9.0]))
    verified = verify(str(sweep), sample=None)
    assert len(verified.wrong) == 1
    assert ": learning_curve at place " in verified.wrong[0]


def test_the_tables_must_agree_with_the_parts(sweep: Path) -> None:
    for name in ("results.csv", "results.parquet"):
        assert (sweep / name).is_file()
    text = (sweep / "results.csv").read_text()
    lines = text.splitlines(keepends=True)
    error = lines[7].split(",")[lines[0].split(",").index("final_error")]
    lines[7] = lines[7].replace(error, "0.5", 1)
    (sweep / "results.csv").write_text("".join(lines))
    (line,) = verify(str(sweep), sample=1).wrong
    assert line == f"results.csv: row 6: final_error is '0.5', and '{error}' in the parts"

    (sweep / "results.csv").write_text(text.rstrip("\n"))
    (line,) = verify(str(sweep), sample=1).wrong
    assert "every field is the same" in line

    (sweep / "results.csv").write_text("".join(text.splitlines(keepends=True)[:-1]))
    (line,) = verify(str(sweep), sample=1).wrong
    assert line == "results.csv: row 47 isn't whole"
    (sweep / "results.csv").unlink()
    assert verify(str(sweep), sample=1).wrong == ["results.csv is missing"]


def test_the_typed_table_must_agree_with_the_parts(sweep: Path) -> None:
    path = sweep / "results.parquet"
    table = pq.read_table(path)
    pq.write_table(with_value("mse", 9, 0.125)(table), path)
    (line,) = verify(str(sweep), sample=1).wrong
    assert re.fullmatch(r"results.parquet: row 9: mse is 0.125, and \S+ in the parts", line)
    pq.write_table(table.drop_columns(["mse"]), path)
    (line,) = verify(str(sweep), sample=1).wrong
    assert line.startswith("results.parquet: its columns")
    path.write_bytes(b"nothing")
    (line,) = verify(str(sweep), sample=1).wrong
    assert line.startswith("results.parquet: can't be read")


def measured(x: int, seed: int) -> dict[str, float]:
    return {"known": 1.5, "unknown": math.nan}


def test_nan_is_the_same_value_in_both(tmp_path: Path) -> None:
    found = sweep_function(measured, {"x": [0, 1], "seed": [0, 1]}, folder=tmp_path / "sweep")
    path = found.folder / "results.parquet"
    pq.write_table(with_value("known", 2, 0.125)(pq.read_table(path)), path)
    lines = verify(str(found.folder), experiment=found.experiment).wrong
    assert lines == ["results.parquet: row 2: known is 0.125, and 1.5 in the parts"]


def test_a_lost_part_of_a_finished_sweep_is_reported(sweep: Path) -> None:
    sorted((sweep / "parts").iterdir())[0].unlink()
    verified = verify(str(sweep), sample=3)
    assert verified.wrong[-1].endswith(" points of this finished sweep are missing in its parts")


def test_rows_that_failed_or_are_missing_are_left_out_and_counted(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(hidden=[2, 3, 4], epochs=3, seed=range(2))
    store = Store.create(tmp_path / "sweep", NetworkExperiment())
    store.write_manifest(new_manifest(grid))
    batches = plan_of(grid).batches
    ((_, rows),) = run_serial(batches[:1], ExperimentTask(NetworkExperiment()))
    store.add([rows])
    store.add([ExperimentTask(NetworkExperiment()).failed(batches[1], "out of luck")])
    verified = verify(str(store.folder))
    assert (verified.compared, verified.failed, verified.absent) == (2, 2, 2)
    assert verified.wrong == []
    assert verified.text == (
        "2 of 6 rows run again alone: the same bits; 2 rows failed and hold no numbers; "
        "2 rows are still to be run"
    )


@pytest.mark.parametrize(
    ("failed", "absent", "text"),
    [
        (1, 30, "; 1 row failed and holds no numbers; 30 rows are still to be run"),
        (0, 1, "; 1 row is still to be run"),
    ],
)
def test_rows_that_are_still_to_be_run_are_not_right(failed: int, absent: int, text: str) -> None:
    there = Verified(31 + absent, 0, failed, absent, (), (), again=False)
    assert there.text == f"31 rows, seals and digests are right; nothing was run again{text}"


def test_a_row_that_failed_before_it_ended_is_compared_as_it_ended(
    grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(hidden=[2, 3], epochs=3, seed=range(2))
    store = Store.create(tmp_path / "sweep", NetworkExperiment())
    store.write_manifest(new_manifest(grid))
    task = ExperimentTask(NetworkExperiment())
    for batch in plan_of(grid).batches:
        store.add([task(batch)])
        store.add([task.failed(batch, "out of luck")])
    verified = verify(str(store.folder))
    assert (verified.compared, verified.failed, verified.absent) == (4, 0, 0)
    assert verified.wrong == []


def with_every_error_larger(table: pa.Table) -> pa.Table:
    place = table.column_names.index("final_error")
    return table.set_column(place, "final_error", pc.add(table["final_error"], 1.0))


@pytest.mark.slow
def test_a_sample_is_drawn_by_its_seed(sweep: Path) -> None:
    forge(sweep, with_every_error_larger)
    first, again, other = (forged_rows_in_sample(sweep, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == len(first) > 0
    assert verify(str(sweep), sample=1000).compared == 48


def test_rows_of_each_read_are_compared(sweep: Path) -> None:
    identities = forge(sweep, with_every_error_larger)
    rows = open_sweep(sweep).grid.rows_of(np.array(identities, np.uint64))
    assert len(set(rows // 8)) > 1
    wrong = verify(str(sweep), sample=None, limits=Limits(at_once=4, read_at_once=8)).wrong
    found = [int(line.split()[1]) for line in wrong if line.startswith("row ")]
    assert sorted(found) == sorted(rows)


def forged_rows_in_sample(sweep: Path, seed: int) -> list[str]:
    wrong = verify(str(sweep), sample=24, seed=seed).wrong
    return [line.partition(" (")[0] for line in wrong if line.startswith("row ")]


def test_long_work_is_announced(finished: Path) -> None:
    text = io.StringIO()
    terminal = Console(RichConsole(file=text, soft_wrap=True))
    verify(str(finished), sample=None, terminal=terminal, limits=Limits(worth_a_word=0.0))
    assert re.match(
        r"48 rows, each alone, 1,080 net-epochs in all: about (a second|\d+ s) on 1 worker\n",
        text.getvalue(),
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("numerics", 0, "its numerics is 0 and this version of xorsweep has numerics "),
        ("name", "abacus", "its experiment is 'abacus', and no package here offers it"),
        ("engine", "abacus", "engine"),
    ],
)
def test_a_sweep_that_cant_be_trained_again_is_refused(
    key: str, value: object, said: str, sweep: Path
) -> None:
    manifest = json.loads((sweep / "manifest.json").read_text())
    manifest["experiment"][key] = value
    (sweep / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="were changed by hand"):
        verify(str(sweep))
    (sweep / "manifest.json").write_text(json.dumps(resealed(manifest)))
    with pytest.raises(StoreError, match=re.escape(said)):
        verify(str(sweep))


def test_an_engine_that_isnt_here_is_named(grid_of: GridOf, tmp_path: Path) -> None:
    store = Store.create(tmp_path / "sweep", NetworkExperiment(Engine("abacus")))
    store.write_manifest(new_manifest(grid_of(epochs=3), Engine("abacus")))
    with pytest.raises(StoreError, match=r"engine.name=abacus: engine.name must be one of numpy"):
        verify(str(store.folder))


def test_a_damaged_part_is_named_and_left_where_it_is(sweep: Path) -> None:
    path = sorted((sweep / "parts").iterdir())[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=f"{path.name} is damaged: its bytes don't match"):
        verify(str(sweep))
    assert path.is_file()


def test_the_command_prints_one_line_and_ends_with_0(finished: Path) -> None:
    done = run(finished.parent, "sweep", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert without_announcement(done) == (
        "48 of 48 rows run again alone: the same bits; "
        "results.csv and results.parquet match the parts\n"
    )


def test_the_command_lists_differences_and_ends_with_1(sweep: Path) -> None:
    forge(sweep, with_bit_flipped("mse", 2))
    done = run(sweep.parent, "sweep", "--all")
    assert done.returncode == 1
    said = without_announcement(done)
    assert said.count("\n") == 3
    assert re.match(r"row \d+ .*: mse is ", said)
    assert done.stderr == "sweep: 3 values differ\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 1, "nowhere holds no sweep: it has no manifest.json\n"),
        ([], 2, "the following arguments are required: FOLDER"),
        (["sweep", "--sample", "0"], 2, "argument --sample: 0: must be a whole number from 1"),
        (["sweep", "--sample", "x"], 2, "argument --sample: x: must be a whole number from 1"),
        (["sweep", "--all", "--sample", "3"], 2, "not allowed with argument --all"),
        (["sweep", "--workers", "0"], 2, "argument --workers: 0: must be a whole number from 1"),
    ],
)
def test_bad_input_gets_one_line(
    arguments: list[str], code: int, said: str, finished: Path
) -> None:
    done = run(finished.parent, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_has_an_example(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    assert "python -m xorsweep verify latest" in done.stdout
