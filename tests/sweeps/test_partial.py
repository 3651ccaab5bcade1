"""The points that a sweep has so far: the rows that exist, and a report that says how many."""

import json
import re
from collections.abc import Callable
from inspect import isabstract
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from looks import LookingConsole, files_of, interrupt_after, with_part_per_batch

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.column_report import ColumnReport
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.storage.atomic import atomic_path
from xorsweep.storage.store import locked
from xorsweep.sweeps.partial import report_partial
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]

QUIET = SweepSettings(ExecutionSettings("serial"), report=False)
AXES: dict[str, Any] = {"lr": [0.5, 2.0], "hidden": [2, 3, 4], "epochs": [40, 90]}
KEYS = [*AXES, "seed"]


@pytest.fixture(scope="module")
def request_for(grid_of: GridOf) -> Callable[[Path], SweepRequest]:
    grid = grid_of(**AXES, seed=range(6))
    return lambda folder: SweepRequest(
        NetworkExperiment(), grid, QUIET, folder, {"command_line": ["xorsweep", "-m"]}
    )


@pytest.fixture(scope="module")
def whole(request_for: Callable[[Path], SweepRequest], tmp_path_factory: Any) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("whole") / "sweep"
    run_sweep(request_for(folder))
    return xs.load(folder).results


@pytest.fixture
def interrupted(request_for: Callable[[Path], SweepRequest], tmp_path: Path) -> Path:
    return interrupt_after(2, request_for(tmp_path / "sweep"))


def as_rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    texts = frame.astype(object).where(frame.notna(), None)
    return sorted(map(tuple, texts.to_numpy().tolist()), key=str)


def test_the_rows_that_exist_are_those_of_the_whole_sweep(
    interrupted: Path, whole: pd.DataFrame
) -> None:
    sweep = xs.load(interrupted, partial=True)
    assert 0 < len(sweep.results) < len(whole)
    assert len(sweep) == len(sweep.results)
    there = whole.merge(sweep.results[KEYS], on=KEYS)
    assert list(sweep.results) == list(whole)
    assert as_rows(sweep.results) == as_rows(there)


def test_counts_add_up_and_the_sweep_is_marked_as_partial(interrupted: Path) -> None:
    sweep = xs.load(interrupted, partial=True)
    counts = sweep.counts
    assert counts["planned"] == 72
    assert counts["missing"] == 72 - len(sweep.results)
    assert sum(counts.values()) == 2 * 72
    assert repr(sweep).startswith(f"<Sweep partial, {len(sweep)} of 72 points: 2 learning rates x ")
    assert sweep.manifest.state == "interrupted"


def test_summary_and_findings_follow_from_the_existing_rows(interrupted: Path) -> None:
    sweep = xs.load(interrupted, partial=True)
    assert sweep.summary["runs"].sum() == len(sweep)
    assert sweep.findings
    row = len(sweep) - 1
    assert sweep.run(row).final_error == sweep.results["final_error"].iloc[row]
    with pytest.raises(ConfigError, match=f"row={row + 1}"):
        sweep.run(row + 1)


def test_a_finished_sweep_is_partial_with_nothing_missing(
    request_for: Callable[[Path], SweepRequest], whole: pd.DataFrame, tmp_path: Path
) -> None:
    run_sweep(request_for(tmp_path / "sweep"))
    sweep = xs.load(tmp_path / "sweep", partial=True)
    pd.testing.assert_frame_equal(sweep.results, whole)
    assert sweep.counts["missing"] == 0
    assert "72 of 72 points" in repr(sweep)
    assert sweep.manifest.finished == xs.load(tmp_path / "sweep").manifest.finished


def test_a_sweep_that_is_not_finished_is_refused_without_partial(interrupted: Path) -> None:
    report = rf"python -m xorsweep report {interrupted} --partial reports those so far$"
    resume = rf"python -m xorsweep -m resume={interrupted} runs the missing points"
    with pytest.raises(StoreError, match=rf"isn't finished; {resume}, and {report}"):
        xs.load(interrupted)
    with pytest.raises(ConfigError, match="partial=2"):
        xs.load(interrupted, partial=2)  # type: ignore[arg-type]


def test_while_a_sweep_runs_each_look_has_the_batches_so_far(
    request_for: Callable[[Path], SweepRequest], whole: pd.DataFrame, tmp_path: Path
) -> None:
    folder, looks = tmp_path / "sweep", []

    def look() -> None:
        sweep = xs.load(folder, partial=True)
        looks.append((len(sweep.results), len(list((folder / "parts").iterdir()))))
        assert sweep.manifest.state == "running"

    run_sweep(with_part_per_batch(request_for(folder)), LookingConsole(look))
    assert [parts for _, parts in looks] == list(range(1, len(looks) + 1))
    assert len({rows for rows, _ in looks}) == len(looks) > 2
    assert looks[-1][0] == 72
    pd.testing.assert_frame_equal(xs.load(folder).results, whole)


@pytest.mark.slow
@pytest.mark.usefixtures("without_figures")
def test_a_report_has_the_number_of_points_and_changes_nothing_else(
    interrupted: Path,
) -> None:
    before, there = files_of(interrupted), len(xs.load(interrupted, partial=True))
    page = report_partial(interrupted)
    assert page == interrupted / "partial" / "report.html"
    assert files_of(interrupted) == before
    names = {path.name for path in page.parent.iterdir()}
    tables = {"results.csv", "results.parquet", "summary.csv", "comparisons.csv"}
    assert names == tables | {"summary.tex", "report.html", "report.md"}
    assert len(pd.read_csv(page.parent / "results.csv")) == there
    text = page.with_suffix(".md").read_text()
    title, _, counts, *_ = text.splitlines()
    assert f", partial, {there} of 72 points: 2 learning rates x 3 hidden sizes x " in title
    assert re.match(r"\d+ ok, ", counts)
    assert counts.endswith(f", {72 - there} missing")
    assert "- state: interrupted, as of " in text
    assert "run time" not in text
    assert "manifest.json" not in text


@pytest.mark.slow
def test_figures_are_drawn_of_the_points_that_are_there(interrupted: Path) -> None:
    page = report_partial(interrupted, epochs=40)
    assert (page.parent / "figures" / "convergence_rate.svg").is_file()
    assert "those after 40 epochs" in page.read_text()


@pytest.mark.usefixtures("without_figures")
def test_the_report_goes_where_it_is_asked_for_and_judges_no_published_values(
    interrupted: Path, tmp_path: Path
) -> None:
    path = interrupted / "manifest.json"
    manifest = json.loads(path.read_text())
    told = dict.fromkeys(("name", "title", "question", "source", "why"), "Much ado")
    cell = {"hidden": 2, "lr": 0.5, "epochs": 90}
    figures = [{"measure": "rate", "cell": cell, "value": 50, "runs": 100, "certainty": "read"}]
    path.write_text(json.dumps(manifest | {"study": {**told, "figures": figures}}))
    before = files_of(interrupted)
    with locked(interrupted):
        sweep = xs.load(interrupted, partial=True)
        page = sweep.report(tmp_path / "deep" / "down")
    assert page.parent == tmp_path / "deep" / "down"
    assert "Much ado" not in page.read_text()
    assert "state: running" in page.with_suffix(".md").read_text()
    with pytest.raises(StoreError, match="holds a sweep; choose another folder"):
        sweep.report(interrupted)
    assert files_of(interrupted) == before


def test_damaged_parts_are_excluded_and_reported(
    interrupted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = len(xs.load(interrupted, partial=True))
    assert not capsys.readouterr().err
    part = sorted((interrupted / "parts").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-1])
    assert 0 < len(xs.load(interrupted, partial=True)) < rows
    line = capsys.readouterr().err.strip()
    assert line.startswith(f"parts/{part.name} is damaged: ")
    assert line.endswith("; it is skipped")
    assert part.is_file()


def test_a_part_that_is_being_written_is_not_read(interrupted: Path) -> None:
    rows = len(xs.load(interrupted, partial=True))
    with atomic_path(interrupted / "parts" / "0.parquet") as file:
        file.write(b"half of it")
        assert len(list((interrupted / "parts").glob(".*.tmp"))) == 1
        assert len(xs.load(interrupted, partial=True)) == rows
        file.seek(0)
    (interrupted / "parts" / "0.parquet").unlink()


def test_a_sweep_without_a_point_on_disk_is_reported_in_a_line(interrupted: Path) -> None:
    for part in (interrupted / "parts").iterdir():
        part.unlink()
    with pytest.raises(StoreError, match="no point is on disk yet, of 72"):
        xs.load(interrupted, partial=True)
    with pytest.raises(StoreError, match="no point is on disk yet, of 72"):
        report_partial(interrupted)
    assert not (interrupted / "partial").exists()


def test_a_resume_leaves_the_files_of_a_partial_report_alone(
    interrupted: Path, whole: pd.DataFrame
) -> None:
    written = [interrupted / "partial" / name for name in ("report.html", ".report.md.0.tmp")]
    written[0].parent.mkdir()
    for path in written:
        path.write_text("another process writes this now")
    resume_sweep(ResumeRequest(interrupted, QUIET))
    assert all(path.is_file() for path in written)
    pd.testing.assert_frame_equal(xs.load(interrupted).results, whole)


def test_a_block_that_has_no_rows_yet_gives_its_keys_no_column(
    grid_of: GridOf, tmp_path: Path
) -> None:
    blocks = [
        grid_of(lr=[0.5, 2.0], epochs=[40, 90], optimizer=name, seed=range(3))
        for name in ("sgd", "momentum")
    ]
    request = SweepRequest(NetworkExperiment(), concatenate(blocks), QUIET, tmp_path / "sweep")
    sweep = xs.load(interrupt_after(1, request), partial=True)
    assert sweep.results["optimizer"].nunique() == 1
    is_momentum = sweep.results["optimizer"].iloc[0] == "momentum"
    assert ("optimizer.momentum" in sweep.results) == is_momentum
    assert sweep.counts["missing"] == 12


@pytest.mark.slow
def test_rounds_of_further_seeds_are_planned_as_far_as_they_are_known(
    grid_of: GridOf, tmp_path: Path
) -> None:
    rounds = AdaptiveSeeds(0.045, 420)
    serial = ExecutionSettings("serial")
    settings = SweepSettings(serial, rounds=rounds, report=False, write_every=0.0)
    grid = grid_of(lr=[1.0, 5.0], hidden=[2, 4], epochs=[50, 150], seed=range(20))
    folder, counts = tmp_path / "sweep", []

    def look() -> None:
        sweep = xs.load(folder, partial=True)
        counts.append(sweep.counts)
        assert len(sweep.results) == sweep.counts["ok"]

    request = SweepRequest(NetworkExperiment(), grid, settings, folder)
    result = run_sweep(request, LookingConsole(look))
    assert counts[0]["planned"] == 160
    assert {each["planned"] for each in counts} > {160, result.counts["planned"]}
    assert counts[-1]["ok"] == result.counts["planned"]


def called(x: float, label: str) -> dict[str, Any]:
    if x == 3:
        raise ArithmeticError("three, of all numbers")
    return {"square": x * x, "even": x % 2 == 0, "name": label * 2}


def test_functions_have_partial_sweeps_too(
    tmp_path: Path,
) -> None:
    axes = {"x": [float(x) for x in range(10)], "label": ["a", "b"]}
    experiment, grid = FunctionExperiment.of(called, [axes])
    request = SweepRequest(experiment, grid, QUIET, tmp_path / "sweep")
    folder = interrupt_after(5, request)
    sweep = xs.load(folder, partial=True)
    there = len(sweep.results)
    assert 8 <= there < 20
    assert sweep.counts == {"planned": 20, "ok": there - 2, "failed": 2, "missing": 20 - there}
    ok = sweep.results[sweep.results["status"] == "ok"]
    assert ok["square"].tolist() == [x * x for x in ok["x"]]
    assert set(ok["name"]) == {"aa", "bb"}
    again = xs.load(folder, called, partial=True)
    assert again.run(0) == {"square": 0.0, "even": True, "name": "aa"}


@pytest.mark.skipif(isabstract(ColumnReport), reason="there is no report of columns yet")
@pytest.mark.usefixtures("without_figures")
def test_functions_have_partial_reports_too(tmp_path: Path) -> None:
    axes = {"x": [float(x) for x in range(10)], "label": ["a", "b"]}
    experiment, grid = FunctionExperiment.of(called, [axes])
    folder = interrupt_after(5, SweepRequest(experiment, grid, QUIET, tmp_path / "sweep"))
    there = len(xs.load(folder, partial=True).results)
    text = report_partial(folder).with_suffix(".md").read_text()
    title, _, counts, *_ = text.splitlines()
    assert title.endswith(
        f"called, partial, {there} of 20 points: 10 values of x x 2 values of label: 20 results"
    )
    assert re.match(r"\d+ ok, 2 failed, ", counts)
