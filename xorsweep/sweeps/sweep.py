"""The return type of `xorsweep.sweep` and `xorsweep.load`: a finished sweep, read on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xorsweep.errors import ConfigError, StoreError
from xorsweep.experiment import Experiment
from xorsweep.fields import Boolean, Field, Nullable, Real, String
from xorsweep.fields.values import read_value, read_whole
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import status_text
from xorsweep.reporting.console_python import ScriptConsole, caller_console
from xorsweep.settings import ZOOM_FACTOR, ZOOM_FRAMES
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.paths import folder_of
from xorsweep.storage.plain_files import copy_tree, is_there
from xorsweep.storage.store import LOCK, MANIFEST, check_unused, read_manifest
from xorsweep.sweeps.figure_sources import ColumnFigures, ReportFigures
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.sweeps.folders import OpenedSweep, open_sweep, open_with_rounds
from xorsweep.sweeps.outputs import findings_of_map, map_axes
from xorsweep.sweeps.plots import SweepPlots
from xorsweep.text import shorten

if TYPE_CHECKING:
    import pandas as pd
    import xarray

    from xorsweep.analysis.maps import MapAxes

MOST_CELLS = 24
"""The number of rows of a sweep's table in a notebook; `summary` has all."""


@dataclass(frozen=True, repr=False)
class Sweep:
    """A finished sweep: its folder, and the folder's content, read on first use."""

    folder: Path
    manifest: FinishedManifest
    experiment: Experiment[Any] | None = None
    """The experiment that runs its points again; that of the folder where None."""

    @classmethod
    def open(cls, folder: Path, experiment: Experiment[Any] | None = None) -> Sweep:
        """Return the sweep in a folder; raises StoreError where there is no finished one."""
        opened = open_sweep(folder, experiment)
        for line in opened.store.experiment.notes(opened.grid):
            ScriptConsole().log(line)
        return cls(folder, finished_manifest(folder), experiment)

    @property
    def counts(self) -> dict[str, int]:
        """Return the numbers of points planned, ok, diverged and failed."""
        return dict(self.manifest.counts)

    @cached_property
    def results(self) -> pd.DataFrame:
        """Return one row per point, with the columns of results.csv.

        Texts are categorical, integers with missing values Int64. If results.parquet has changed
        since it was written, the rows are made from the parts, and a line on stderr reports it.
        """
        return stored_results(self.folder, self.manifest, ScriptConsole(), whole=True)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Return one row per setting (all points that differ only in the seed), as summary.csv."""
        return self._experiment.summarize(self.results)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Return one row per pair of neighbouring settings, compared run by run.

        Of pairs that differ only in epochs it has the one with the most.
        """
        return self.comparisons_at(None)

    def comparisons_at(self, epochs: int | None) -> pd.DataFrame:
        """Return the comparisons after a number of epochs; raises ConfigError if there are none."""
        from xorsweep.analysis.trainings import at_epochs

        return self._experiment.compare(at_epochs(self.results, epochs))

    @cached_property
    def findings(self) -> list[str]:
        """Return the findings after each setting's most epochs, a sentence or two each."""
        return self.findings_at(None)

    def findings_at(self, epochs: int | None) -> list[str]:
        """Return the findings after a number of epochs; raises ConfigError if there are none."""
        from xorsweep.analysis.trainings import at_epochs

        if self._axes:
            return findings_of_map(self._opened.store, self._grid, self.results, self._axes)
        summary = at_epochs(self.summary, epochs)
        return self._experiment.findings(self.results, summary, self.comparisons_at(epochs))

    @cached_property
    def plot(self) -> SweepPlots:
        """Return the figures of the report, as methods."""
        given = (self, self._opened.store, self._grid, self._axes)
        return SweepPlots(ReportFigures(*given), ColumnFigures(*given))

    def run(self, row: int) -> Any:
        """Run one row of `results`, counted from 0, again and alone, and return its result.

        A network is returned as a `Run`. Raises ConfigError if the row doesn't exist.
        """
        number = read_whole("row", row, 0, len(self._grid) - 1)
        return self._experiment.run_point(self._grid.point(number))

    def curves(self, column: str) -> pd.DataFrame:
        """Return the arrays of a column of lists.

        Args:
            column: The name of an array that a function returned, or `learning_curve` of networks.

        Returns:
            One row per point that has an array, indexed by the rows of `results`; one column per
            step or epoch, NaN after the end of a shorter array.

        Raises:
            ConfigError: The column doesn't exist.
        """
        from xorsweep.sweeps.curves import curves_in

        return curves_in(self._opened.store, self._grid, column)

    def to_xarray(self, curves: Sequence[str] | None = None) -> xarray.Dataset:
        """Return `results` as a dataset of xarray, which `to_netcdf` and `to_zarr` can write.

        Args:
            curves: The columns of lists to read, such as arrays that a function returned, or
                `learning_curve` of networks. Each is a variable with one more dimension. With
                None, all curves, unless they are too large; then a line on stderr reports it.

        Returns:
            A dataset whose dimensions are the axes, whose variables are the columns of results, and
            whose attributes say where they come from. Keys with one level are scalar coordinates.
            If the points aren't a full product of the axes, missing values are NaN or empty texts,
            and integers and booleans become floats.

        Raises:
            ConfigError: xarray isn't installed, there is no such column, or the product of the axes
                is too large.
        """
        from xorsweep.sweeps.to_xarray import to_xarray

        store = self._opened.store
        return to_xarray(store, self._grid, self.manifest, self.results, curves)

    def zoom(
        self,
        into: str | Path,
        at: tuple[float, float] | None = None,
        factor: float = 8.0,
        *,
        frames: int | None = None,
        flag: str | None = None,
        report: bool = False,
        progress: bool = True,
    ) -> Sweep:
        """Train a window of a map, with as many points per axis as the map has, and return it.

        A second identical call resumes an interrupted sweep and finds a finished one.

        Args:
            into: The folder of the window's sweep.
            at: The centre of the window, a level of each axis; None: the window with the most
                boundary. At the edge of the map the window is moved inside.
            factor: How many times narrower than the map the window is, along each axis.
            frames: How many maps `zoom.gif` in the folder shows, from the whole to the window; the
                windows between are trained, too. None: no animation.
            flag: The boolean column whose boundary counts; None: `trainable` or `converged` of
                networks.
            report: Whether to write the report into the folder.
            progress: Whether to print the progress.

        Raises:
            ConfigError: The window is outside the map, or an argument isn't allowed.
            StoreError: The sweep isn't a map, or the folder holds another sweep.
        """
        from xorsweep.sweeps.zoom import zoom

        given = {"factor": factor, "frames": frames, "flag": flag, "report": report}
        chosen: dict[str, Any] = {
            key: read_value(key, given[key], kind) for key, kind in _ZOOM.items()
        }
        read_value("progress", progress, Boolean())
        call = f"xorsweep.load({str(self.folder)!r}).zoom({str(into)!r}, at={at}, factor={factor})"
        window = zoom(
            self.folder,
            folder_of(into, "into"),
            at if at is None else _read_place(at),
            terminal=caller_console(progress),
            experiment=self.experiment,
            command_line=[call],
            **chosen,
        )
        return Sweep.open(window, self.experiment)

    def report(
        self, folder: str | Path | None = None, *, figures: Mapping[str, Any] | None = None
    ) -> Path:
        """Write the report and all other files into a folder; return the page's path.

        Args:
            folder: The folder; the sweep's own where None.
            figures: The axes, the style and the files of the figures, such as
                `{"x": "hidden", "formats": ["png", "pdf"]}`; others are as the sweep has them.

        Raises:
            StoreError: The folder holds another sweep, or can't be written.
            ConfigError: A figure can't be as it is to be.
        """
        from xorsweep.sweeps.report import remake_report

        target = self.folder if folder is None else folder_of(folder)
        if target.absolute() != self.folder.absolute():
            _refuse_other(target, self.manifest.digest)
        with writing(target):
            if target.absolute() != self.folder.absolute():
                target.mkdir(parents=True, exist_ok=True)
                copy_tree(self.folder, target, {LOCK})
            return remake_report(target, ScriptConsole(), figures=figures)

    @cached_property
    def _axes(self) -> MapAxes | None:
        """Return the axes of a map, None of any other sweep."""
        return map_axes(self._opened.store, self._grid)

    @cached_property
    def _opened(self) -> OpenedSweep:
        return open_with_rounds(self.folder, self.experiment)

    @property
    def _experiment(self) -> Experiment[Any]:
        return self._opened.store.experiment

    @property
    def _grid(self) -> Grid:
        return self._opened.grid

    def __len__(self) -> int:
        return int(self.counts["planned"])

    def __repr__(self) -> str:
        return f"<Sweep {self._text}, {status_text(self.counts)}>"

    @property
    def _text(self) -> str:
        return self.manifest.grid.text

    def _repr_html_(self) -> str:
        found = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.findings)
        if self._axes:
            return f"{self._head}<ul>{found}</ul>"
        cells = self._described_cells()
        left = len(self.summary) - len(cells)
        more = f"<p>and {left:,} more cells in <code>summary</code></p>" if left > 0 else ""
        return f"{self._head}<ul>{found}</ul>{cells.to_html(index=False, border=0)}{more}"

    def _described_cells(self) -> pd.DataFrame:
        """Return texts for the swept keys and the statistics of each cell, if they aren't many."""
        from pandas import DataFrame

        from xorsweep.network_experiment import NetworkExperiment
        from xorsweep.reporting.column_tables import column_cells_table
        from xorsweep.reporting.rate_table import rate_frame

        if isinstance(self._experiment, NetworkExperiment):
            return rate_frame(self.summary).head(MOST_CELLS)
        table = column_cells_table(self.plot.column_figures.cells, MOST_CELLS)
        return DataFrame(table.rows, columns=list(table.head))

    @property
    def _head(self) -> str:
        return f"<p><b>{escape(self._text)}</b><br>{escape(status_text(self.counts))}</p>"


_ZOOM: Mapping[str, Field] = {
    "factor": ZOOM_FACTOR,
    "frames": Nullable(ZOOM_FRAMES),
    "flag": Nullable(String()),
    "report": Boolean(),
}
"""The arguments of `Sweep.zoom`, without those of the window."""


def _read_place(at: Any) -> tuple[float, float]:
    try:
        x, y = (Real().read(each) for each in at)
    except (TypeError, ValueError):
        raise ConfigError(f"at={shorten(at)}: must be two numbers, such as (0.5, 2)") from None
    return x, y


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raise StoreError if something can't be written."""
    try:
        yield
    except OSError as error:
        where, reason = error.filename or folder, error.strerror or error
        raise StoreError(f"{where} can't be written: {reason}") from None


def holds_sweep(folder: Path) -> bool:
    """Tell whether a sweep was started in a folder."""
    return is_there(folder / MANIFEST)


def _refuse_other(folder: Path, digest: str) -> None:
    """Raise StoreError if a folder holds a sweep with another digest."""
    if not holds_sweep(folder):
        check_unused(folder)
    elif read_manifest(folder).get("digest") != digest:
        raise StoreError(
            f"folder={folder}: holds another sweep; xs.load opens it, or choose another folder"
        )
