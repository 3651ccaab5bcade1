"""The report of a finished sweep made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from joblib import cpu_count

from xorsweep.analysis.export import write_comparisons, write_summary
from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.trainings import at_epochs
from xorsweep.errors import TableMismatchError
from xorsweep.grid.grid import Grid
from xorsweep.networks.trainer import STATUSES
from xorsweep.reporting.console import Console
from xorsweep.reporting.figures.catalog import FIGURES, submit_figures
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.report import Report
from xorsweep.reporting.run_drawings import submit_run_drawings
from xorsweep.storage.manifest import FinishedManifest, input_notes
from xorsweep.storage.results import assemble, read_results, write_results
from xorsweep.storage.store import Store
from xorsweep.storage.table_writer import CSV, PARQUET
from xorsweep.sweeps.adaptive_seeds import open_with_rounds
from xorsweep.sweeps.finished import all_assembled, finished_manifest, written_results


def remake_report(folder: Path, terminal: Console | None = None, epochs: int | None = None) -> Path:
    """Make tables, figures and report of a finished sweep again from what its folder holds.

    Where results.parquet isn't the one that the sweep wrote, that is said, and it and results.csv
    are written again. Findings and comparisons are those after `epochs`, each cell's most where
    None. Raises StoreError where the folder holds no finished sweep, ConfigError where it has no
    points with these epochs.
    """
    manifest = finished_manifest(folder)
    read_study(manifest.study)  # before anything is written
    store, grid, _ = open_with_rounds(folder)
    terminal, workers = terminal or Console.silent(), int(cpu_count())
    for line in input_notes(grid):
        terminal.log(line)
    assembled = assemble(grid, store.measurements())
    try:
        results = written_results(folder, manifest)
    except TableMismatchError as error:
        terminal.warn(f"{folder / PARQUET} {error}; it and {CSV} are written again from the parts")
        manifest = _with_tables_again(store, grid, manifest)
        results = read_results(folder)
    asked = at_epochs(results, epochs)
    # What is derived is shown as the rows have it.
    manifest = replace(
        manifest,
        grid=replace(manifest.grid, text=grid.text, points=len(grid)),
        counts={"planned": len(grid), **_counts(results)},
    )
    drawing = submit_run_drawings(grid, assembled, store.parts(), workers)
    tables = Tables.of(results, write_summary(results, folder), LearningCurves(grid, store))
    figures = submit_figures(tables, folder / FIGURES, workers)
    report = Report(folder, manifest, tables, figures, drawing, epochs)
    return report(write_comparisons(asked, folder))


def _counts(results: pd.DataFrame) -> dict[str, int]:
    return {status: int((results["status"] == status).sum()) for status in STATUSES}


def _with_tables_again(store: Store, grid: Grid, manifest: FinishedManifest) -> FinishedManifest:
    """Write both tables from the parts, and return the manifest that says so."""
    with store.locked():
        digest = write_results(grid, all_assembled(store, grid), store.folder)
        manifest = replace(manifest, tables={PARQUET: digest})
        store.write_manifest(manifest)
    return manifest
