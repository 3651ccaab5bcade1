"""The report and the tables of the points that a sweep has so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xorsweep.errors import StoreError
from xorsweep.experiment import Experiment
from xorsweep.reporting.console import Console
from xorsweep.reporting.console_python import ScriptConsole
from xorsweep.storage.paths import folder_of
from xorsweep.storage.plain_files import make_folder
from xorsweep.storage.results import read_results, results_of, write_results
from xorsweep.storage.store import PARTIAL
from xorsweep.sweeps.folders import OpenedSweep
from xorsweep.sweeps.outputs import (
    map_axes,
    recorded_figures,
    report_writer,
    write_comparisons,
    write_summary,
)
from xorsweep.sweeps.snapshot import Snapshot, take_snapshot
from xorsweep.sweeps.sweep import Sweep, holds_sweep, writing

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def report_partial(
    folder: Path,
    terminal: Console | None = None,
    epochs: int | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Path:
    """Write tables, figures and report of the points on disk into `partial/`; return the page.

    Args:
        folder: The folder of a sweep that runs, was interrupted, or is finished.
        terminal: The console for messages about damaged parts, which are skipped.
        epochs: The epochs of findings and comparisons; each cell's most epochs where None.
        figures: Values of `FigureSettings`; the others are as the sweep has them.

    Raises:
        StoreError: The folder holds no sweep or none of its points, or can't be used.
        ConfigError: There are no points with these epochs, or a figure can't be as it is to be.
    """
    snapshot = _take_filled(folder, None, terminal or Console.silent())
    return _write(snapshot, folder / PARTIAL, epochs, figures)


def _take_filled(folder: Path, experiment: Experiment[Any] | None, terminal: Console) -> Snapshot:
    snapshot = take_snapshot(folder, experiment)
    for line in snapshot.store.experiment.notes(snapshot.planned):
        terminal.log(line)
    for line in snapshot.damaged:
        terminal.warn(line)
    if not snapshot.present.any():
        raise StoreError(f"{folder}: no point is on disk yet, of {len(snapshot.planned):,}")
    return snapshot


def _write(
    snapshot: Snapshot,
    into: Path,
    epochs: int | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Path:
    # These bring pandas, which a caller from Python who only trains doesn't need.
    from xorsweep.analysis.trainings import at_epochs

    looks = recorded_figures(snapshot.manifest, snapshot.grid, figures)
    with writing(into):
        make_folder(into)
        # The parts are read from the sweep's folder, whose files are known by their paths.
        store, grid = replace(snapshot.store, folder=into), snapshot.grid
        experiment, stored = store.experiment, snapshot.stored()
        table = experiment.tabulate(grid, stored)
        # One process draws, as the sweep has the others.
        axes = map_axes(store, snapshot.planned)  # pixels that aren't there yet are empty
        report = report_writer(store, grid, 1, epochs, axes, looks)
        report.begin(stored)
        write_results(grid, table, into, snapshot.manifest.csv)
        results = read_results(into, experiment)
        asked = at_epochs(results, epochs)
        summary = write_summary(store, grid, results, axes)
        report.draw(results, summary)
        comparisons = write_comparisons(store, results, summary, axes, asked)
        return report.write(snapshot.describe(table), comparisons)


@dataclass(frozen=True, repr=False)
class PartialSweep(Sweep):
    """The points that a sweep has on disk, as they were when it was loaded."""

    snapshot: Snapshot = field(kw_only=True)

    @classmethod
    def open(cls, folder: Path, experiment: Experiment[Any] | None = None) -> PartialSweep:
        """Return the points of the sweep in a folder; raises StoreError where there are none."""
        snapshot = _take_filled(folder, experiment, ScriptConsole())
        table = snapshot.store.experiment.tabulate(snapshot.grid, snapshot.stored())
        return cls(folder, snapshot.describe(table), experiment, snapshot=snapshot)

    @cached_property
    def results(self) -> pd.DataFrame:
        """Return one row for each point that is there, the columns those of results.csv."""
        grid, experiment = self._grid, self._experiment
        table = experiment.tabulate(grid, self.snapshot.stored())
        return results_of(grid, table, experiment, whole=True)

    def to_xarray(self, curves: Sequence[str] | None = None) -> xarray.Dataset:
        """Return these points among all that are planned, as `Sweep.to_xarray` does."""
        from xorsweep.sweeps.to_xarray import to_xarray

        store, planned = self.snapshot.store, self.snapshot.planned
        there = np.flatnonzero(self.snapshot.present)
        return to_xarray(store, planned, self.manifest, self.results, curves, there)

    def report(
        self, folder: str | Path | None = None, *, figures: Mapping[str, Any] | None = None
    ) -> Path:
        """Write the report of these points into a folder, `partial` inside the sweep's by default.

        Returns:
            The path of the page.

        Raises:
            StoreError: The folder is a sweep's own, or can't be written.
            ConfigError: A figure can't be as it is to be.
        """
        target = self.folder / PARTIAL if folder is None else folder_of(folder)
        # Its tables and its report would be overwritten by those of a part of the points.
        if holds_sweep(target):
            raise StoreError(f"folder={target}: holds a sweep; choose another folder")
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        return _write(self.snapshot, target, figures=figures)

    @cached_property
    def _opened(self) -> OpenedSweep:
        return OpenedSweep(self.snapshot.store, self.snapshot.grid, self.manifest)

    def __len__(self) -> int:
        return len(self._grid)
