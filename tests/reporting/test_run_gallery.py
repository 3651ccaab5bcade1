"""The runs that represent cells, on the page."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from xorsweep.analysis.representative_runs import representatives
from xorsweep.analysis.summary import summarize
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.run_drawings import RunDrawings, submit_run_drawings
from xorsweep.reporting.run_gallery import run_gallery
from xorsweep.storage.results import assemble, read_results
from xorsweep.sweeps.folders import open_sweep


@pytest.fixture(scope="module")
def results(small_sweep: Path) -> pd.DataFrame:
    return read_results(small_sweep, NetworkExperiment())


@pytest.fixture(scope="module")
def drawn(small_sweep: Path) -> RunDrawings:
    opened = open_sweep(small_sweep)
    store, grid = opened.store, opened.grid
    stored = assemble(grid, store.measurements())
    rows = representatives(grid, stored)
    return RunDrawings.of(rows, submit_run_drawings(grid, stored, rows, store.parts, workers=1))


def test_each_cell_has_its_runs_with_their_seeds_and_ends(
    results: pd.DataFrame, drawn: RunDrawings
) -> None:
    summary = summarize(results)
    found = run_gallery(results, summary, drawn)
    assert len(found.cells) == len(summary)
    for cell, rows in zip(found.cells, drawn.rows.tolist(), strict=True):
        by_row = {run.drawing.row: run for run in cell.runs}
        assert set(by_row) == set(rows)
        best = results.iloc[rows[1]]
        assert f"seed {best['seed']}" in by_row[rows[1]].heading
        epoch = best["converged_epoch"]
        said = "Never met" if pd.isna(epoch) else f"criterion after {epoch:,} epochs"
        assert said in by_row[rows[1]].text
        assert not any("_" in run.text or "outcome" in run.text for run in cell.runs)
    places = [run.place for cell in found.cells for run in cell.runs]
    assert [link.target for some in found.links.values() for link in some] == places
    assert found.note == ""


def test_the_ends_of_runs_are_told_in_words(results: pd.DataFrame, drawn: RunDrawings) -> None:
    ends = {
        "all_at_half": "still at the plateau where all outputs are at one half after 200 epochs",
        "unclassified": "its outputs show no known pattern at the end",
        "one_row_wrong": "one row is wrong at the end, with every output at a target",
        "solved": "solved at the end",
        "diverged": "it diverged",
    }
    for outcome, words in ends.items():
        changed = results.assign(outcome=outcome)
        (run, *_) = run_gallery(changed, summarize(results), drawn).cells[0].runs
        assert f"; {words}, final error" in run.text


def test_a_run_that_stands_for_two_things_is_shown_once(
    results: pd.DataFrame, drawn: RunDrawings
) -> None:
    rows = drawn.rows.copy()
    rows[0] = rows[0, 1]
    found = run_gallery(results, summarize(results), replace(drawn, rows=rows))
    (run,) = found.cells[0].runs
    assert run.heading.startswith("Typical and best and worst: seed")


def test_that_cells_are_excluded_is_reported(results: pd.DataFrame, drawn: RunDrawings) -> None:
    runs = {each: run for each, run in drawn.runs.items() if each not in drawn.rows[1]}
    found = run_gallery(results, summarize(results), replace(drawn, runs=runs))
    assert "room for the runs of 11 of 12 settings" in found.note


def test_a_gallery_without_runs_gives_the_reason(results: pd.DataFrame, drawn: RunDrawings) -> None:
    found = run_gallery(results, summarize(results), RunDrawings(drawn.rows, {}, "no time"))
    assert found.cells == []
    assert found.note == "No runs are shown: no time."


def test_a_page_has_room_for_a_number_of_drawings(
    results: pd.DataFrame, drawn: RunDrawings
) -> None:
    whole = run_gallery(results, summarize(results), drawn)
    size = sum(run.drawing.size for cell in whole.cells for run in cell.runs)
    found = run_gallery(results, summarize(results), drawn, -(-size // 2))
    assert len(found.cells) == 6
    headings = [cell.heading for cell in found.cells]
    assert all("1,500 epochs" in heading for heading in headings)
    assert {heading.split(", 1,500")[0] for heading in headings} == {
        f"hidden {hidden}, lr {lr}" for hidden in (2, 4) for lr in ("0.5", "2", "1,000")
    }
    assert "1,500 epochs (of 2)" in found.note
    assert "room for the runs of 6 of 12 settings" in found.note
