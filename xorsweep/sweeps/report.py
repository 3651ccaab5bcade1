"""The report of a finished sweep made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from joblib import cpu_count

from xorsweep.analysis.trainings import at_epochs
from xorsweep.errors import TableMismatchError
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console
from xorsweep.reporting.drawing import prepare_drawing
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.results import assemble, read_results, write_results
from xorsweep.storage.store import Store, locked
from xorsweep.storage.table_writer import CSV, PARQUET
from xorsweep.sweeps.finished import complete_table, finished_manifest, written_results
from xorsweep.sweeps.folders import open_with_rounds
from xorsweep.sweeps.outputs import (
    map_axes,
    recorded_figures,
    report_writer,
    write_comparisons,
    write_summary,
)


def remake_report(
    folder: Path,
    terminal: Console | None = None,
    epochs: int | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Path:
    """Write tables, figures and report of a finished sweep again from the files of its folder.

    Where results.parquet isn't the one that the sweep wrote, a message says so, and it and
    results.csv are written again. Findings and comparisons are those after `epochs`, each cell's
    most where None. `figures` has new values of `FigureSettings`. Raises StoreError where the
    folder holds no finished sweep, ConfigError where it has no points with these epochs or an axis
    of a figure isn't one of the sweep.
    """
    manifest = finished_manifest(folder)
    opened = open_with_rounds(folder)
    store, grid = opened.store, opened.grid
    looks = recorded_figures(manifest, grid, figures)
    terminal, workers = terminal or Console.silent(), int(cpu_count())
    for line in store.experiment.notes(grid):
        terminal.log(line)
    axes = map_axes(store, grid)
    if axes is None:  # maps are drawn in this process
        prepare_drawing(workers, len(grid))
    report = report_writer(store, grid, workers, epochs, axes, looks)
    stored = assemble(grid, store.measurements(), folder)
    try:
        results = written_results(folder, manifest)
    except TableMismatchError as error:
        tables = f"it and {CSV} are" if manifest.csv else "it is"
        terminal.warn(f"{folder / PARQUET} {error}; {tables} written again from the parts")
        manifest = _with_tables_again(store, grid, manifest)
        results = read_results(folder, store.experiment)
    asked = at_epochs(results, epochs)
    # Derived values are shown as in the rows.
    statuses = store.experiment.statuses
    counts = {status: int((results["status"] == status).sum()) for status in statuses}
    manifest = replace(
        manifest,
        grid=replace(manifest.grid, text=grid.text, points=len(grid)),
        counts={"planned": len(grid), **counts},
    )
    report.begin(stored)
    summary = write_summary(store, grid, results, axes)
    report.draw(results, summary)
    return report.write(manifest, write_comparisons(store, results, summary, axes, asked))


def _with_tables_again(store: Store, grid: Grid, manifest: FinishedManifest) -> FinishedManifest:
    """Write both tables from the parts, and return the manifest that says so."""
    with locked(store.folder):
        digest = write_results(grid, complete_table(store, grid), store.folder, manifest.csv)
        manifest = replace(manifest, tables={PARQUET: digest})
        # After the tables, whose digest it has.
        store.write_manifest(manifest)
    return manifest
