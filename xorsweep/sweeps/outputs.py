"""What a finished sweep leaves beside its rows: tables, a report, and lines on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xorsweep.grid.grid import Grid
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.console import Console
    from xorsweep.reporting.report import ReportWriter


def write_tables(
    store: Store,
    grid: Grid,
    manifest: FinishedManifest,
    results: pd.DataFrame,
    report: ReportWriter | None,
    terminal: Console,
) -> Path | None:
    """Write the tables and the report, if any; return the report's path.

    Args:
        store: The sweep's folder.
        grid: Its points.
        manifest: What the folder's manifest is to hold.
        results: The rows, as `read_results` returns them.
        report: The report whose figures are being drawn.
        terminal: Where the results are printed.
    """
    # pandas, SciPy and seaborn are imported here, once there are rows to show.
    from xorsweep.analysis.export import failures_of, write_csv, write_further

    experiment, folder = store.experiment, store.folder
    summary = write_csv(experiment.summarize(results), folder / "summary.csv")
    if report:
        report.draw(results, summary)
    comparisons = write_csv(experiment.compare(results), folder / "comparisons.csv")
    write_further(experiment.further_tables(results, summary), folder)
    experiment.log_results(results, summary, manifest.study, terminal)
    terminal.failures(failures_of(results, list(grid.columns), experiment.point_command))
    return report.write(manifest, comparisons) if report else None
