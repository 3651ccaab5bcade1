"""The figures that a finished sweep has, and the tables that they are made from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xorsweep.errors import ConfigError
from xorsweep.fields.sections import read_fields
from xorsweep.grid.where import read_where
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.sweeps.keywords import keywords_in_errors
from xorsweep.sweeps.outputs import report_writer

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.column_summary import ColumnCells
    from xorsweep.analysis.maps import MapAxes
    from xorsweep.grid.grid import Grid
    from xorsweep.reporting.column_report import ColumnReport
    from xorsweep.reporting.figures.catalog import FigureSpec, FigureTables
    from xorsweep.reporting.report import ReportWriter
    from xorsweep.storage.store import Store
    from xorsweep.sweeps.sweep import Sweep


@dataclass(frozen=True)
class FigureSource(ABC):
    """Figures of a sweep, with the store and the points of the sweep, and the axes of a map."""

    sweep: Sweep
    store: Store = field(repr=False)
    grid: Grid = field(repr=False)
    map_axes: MapAxes | None = field(repr=False)

    @cached_property
    @abstractmethod
    def catalog(self) -> Sequence[FigureSpec]:
        """Return the figures."""

    @abstractmethod
    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return the cells of some of the sweep's results."""

    @abstractmethod
    def writer(self, grid: Grid, looks: FigureSettings) -> ReportWriter:
        """Return the writer that makes the tables of some of the sweep's points."""

    @cached_property
    def tables(self) -> FigureTables:
        """Return the tables of all points, with the axes that the figures have by default."""
        results = self.sweep.results
        return self.writer(self.grid, DEFAULT_LOOKS).tables(results, self.summarize(results))

    def tables_with(self, axes: Mapping[str, Any]) -> FigureTables:
        """Return the tables with other axes, or of some of the points.

        Args:
            axes: The keys of `x`, `hue` and `col`, and an expression `where` that is true at the
                points to keep. Of those that are None or empty, the default is taken.

        Raises:
            ConfigError: There is no such axis, or the expression isn't allowed or keeps no point.
        """
        chosen = {key: value for key, value in axes.items() if value not in (None, [], ())}
        if not chosen:
            return self.tables
        if self.map_axes:
            raise ConfigError("plot: a map has its own axes; x, hue, col and where are for others")
        grid, results = self.grid, self.sweep.results
        where = chosen.pop("where", None)
        if where is not None:
            with keywords_in_errors():
                rows = read_where(self.store.experiment.schema, where).rows(grid.columns)
            if not len(rows):
                raise ConfigError(f"where={where}: keeps no point of this sweep")
            grid, results = grid.at(rows), results.iloc[rows].reset_index(drop=True)
        # With the names of arguments, which a report's figures have behind `figures`.
        looks = FigureSettings(**read_fields("", {**vars(DEFAULT_LOOKS), **chosen}, FigureSettings))
        looks.check(prefix="")
        # `where` may have left one level of a key.
        swept = [key for key in grid.swept if results[key].nunique(dropna=False) > 1]
        looks.check_axes(swept, prefix="")
        return self.writer(grid, looks).tables(results, self.summarize(results))


class ReportFigures(FigureSource):
    """The figures of a sweep's report."""

    @cached_property
    def catalog(self) -> Sequence[FigureSpec]:
        """Return the figures of the report."""
        return self.writer(self.grid, DEFAULT_LOOKS).catalog(self.sweep.results)

    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return the cells as in summary.csv; of a map, whose points are its cells, the results."""
        if self.map_axes:
            return results
        if results is self.sweep.results:
            return self.sweep.summary
        return self.store.experiment.summarize(results)

    def writer(self, grid: Grid, looks: FigureSettings) -> ReportWriter:
        """Return the writer of the report."""
        return report_writer(self.store, grid, 1, axes=self.map_axes, figures=looks)


class ColumnFigures(FigureSource):
    """The figures of columns by their kinds, which the results of any experiment have."""

    @cached_property
    def catalog(self) -> Sequence[FigureSpec]:
        """Return the figures of all columns."""
        return self.writer(self.grid, DEFAULT_LOOKS).figures(self.sweep.results)

    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return the quantiles and rates of the columns of each cell."""
        from xorsweep.analysis.column_summary import summarize_columns

        return summarize_columns(results, list(self.grid.columns), self.store.experiment.times)

    @property
    def cells(self) -> ColumnCells:
        """Return all cells of the sweep, with the kinds of their columns."""
        from xorsweep.analysis.column_summary import ColumnCells

        results, times = self.sweep.results, self.store.experiment.times
        return ColumnCells.of(results, self.summarize(results), list(self.grid.columns), times)

    def writer(self, grid: Grid, looks: FigureSettings) -> ColumnReport:
        """Return the writer of reports of columns."""
        from xorsweep.reporting.column_report import ColumnReport

        report = ColumnReport(grid, self.store, 1)
        report.looks = looks
        return report
