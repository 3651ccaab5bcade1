"""The outputs of a finished sweep beside its rows: tables, a report, lines on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xorsweep.analysis.maps import MapAxes
from xorsweep.grid.grid import Grid
from xorsweep.settings import FIGURES, FigureSettings, read_figures
from xorsweep.storage.manifest import FinishedManifest, Manifest
from xorsweep.storage.mapped_arrays import release_pages
from xorsweep.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.console import Console
    from xorsweep.reporting.report import ReportWriter


SUMMARY, COMPARISONS = "summary.csv", "comparisons.csv"


def map_axes(store: Store, grid: Grid) -> MapAxes | None:
    """Return the axes of a sweep that is reported as a map, None for any other."""
    return MapAxes.of(grid) if store.experiment.has_maps else None


def recorded_figures(
    manifest: Manifest, grid: Grid, given: Mapping[str, Any] | None
) -> FigureSettings:
    """Return the settings of a sweep's figures, from its manifest and the given ones."""
    looks = read_figures(given, read_figures(manifest.config.get(FIGURES)))
    looks.check_axes(grid.swept)
    return looks


def report_writer(
    store: Store,
    grid: Grid,
    workers: int,
    epochs: int | None = None,
    axes: MapAxes | None = None,
    figures: FigureSettings | None = None,
) -> ReportWriter:
    """Return the writer of a sweep's report, or of a map's where it has the axes of one."""
    if axes is None:
        report = store.experiment.report(grid, store, workers, epochs)
    else:
        from xorsweep.reporting.map_report import MapReport

        report = MapReport(grid, store, axes)
    report.looks = figures or report.looks
    return report


def write_tables(
    store: Store,
    grid: Grid,
    manifest: FinishedManifest,
    results: pd.DataFrame,
    report: ReportWriter | None,
    terminal: Console,
) -> Path | None:
    """Write the tables and the report, if any, and print the results; return the report's path.

    `manifest` is the new one of the folder, and `results` are the rows as `read_results` has them.
    """
    # pandas, SciPy and seaborn are imported here, once there are rows to show.
    from xorsweep.analysis.export import failures_of

    experiment, axes = store.experiment, map_axes(store, grid)
    with terminal.step("writing tables"):
        # After each table the pages of columns that it has read are given back.
        summary = write_summary(store, grid, results, axes)
        release_pages()
        if report:
            # Processes draw while this one compares.
            report.draw(results, summary)
        comparisons = write_comparisons(store, results, summary, axes)
        release_pages()
    if axes is None:
        experiment.log_results(results, summary, terminal)
    else:
        for line in findings_of_map(store, grid, results, axes):
            terminal.log(line)
    _log_study(manifest, results, terminal)
    failures = failures_of(results, list(grid.columns), experiment.point_command)
    terminal.failures(failures, len(grid))
    if report is None:
        return None
    with terminal.step("drawing figures"):
        return report.write(manifest, comparisons)


def _log_study(manifest: FinishedManifest, results: pd.DataFrame, terminal: Console) -> None:
    """Print a study's figures beside those that were measured, if the sweep is one."""
    from xorsweep.analysis.studies.spec import read_study
    from xorsweep.analysis.studies.verdicts import verdicts

    if study := read_study(manifest.study):
        terminal.verdicts(study, verdicts(study, results))


def write_summary(
    store: Store, grid: Grid, results: pd.DataFrame, axes: MapAxes | None
) -> pd.DataFrame:
    """Write summary.csv and return it; of a map write its arrays and its boundaries instead.

    Files of the other kind are removed: the sweep had fewer levels or seeds then.
    """
    from xorsweep.analysis.export import write_csv
    from xorsweep.analysis.map_files import BOUNDARY, MAP, write_map
    from xorsweep.analysis.maps import PixelMap

    if axes is None:
        _remove(store.folder, MAP, BOUNDARY)
        return write_csv(store.experiment.summarize(results), store.folder / SUMMARY)
    _remove(store.folder, SUMMARY, COMPARISONS)
    write_map(PixelMap.of(results, axes, list(grid.columns), store.experiment), store.folder)
    return results.head(0)


def write_comparisons(
    store: Store,
    results: pd.DataFrame,
    summary: pd.DataFrame,
    axes: MapAxes | None,
    asked: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Write comparisons.csv, which is returned, and the experiment's further tables.

    The rows `asked` are compared, all where None. A map, which has `axes`, has none of these tables
    and no comparisons.
    """
    from xorsweep.analysis.export import write_csv, write_further

    if axes is not None:
        return results.head(0)
    experiment, folder = store.experiment, store.folder
    write_further(experiment.further_tables(results, summary), folder)
    release_pages()
    return write_csv(experiment.compare(results if asked is None else asked), folder / COMPARISONS)


def findings_of_map(store: Store, grid: Grid, results: pd.DataFrame, axes: MapAxes) -> list[str]:
    """Return the findings of a map."""
    from xorsweep.analysis.maps import PixelMap
    from xorsweep.reporting.map_findings import map_findings

    return map_findings(PixelMap.of(results, axes, list(grid.columns), store.experiment))


def _remove(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
