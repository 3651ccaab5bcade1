"""The figures of a finished sweep, drawn on request with the axes that a caller chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Nullable
from xorsweep.fields.values import read_value
from xorsweep.reporting.console_python import register_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from xorsweep.reporting.figures.catalog import FigureSpec
    from xorsweep.sweeps.figure_sources import ColumnFigures, FigureSource, ReportFigures


class FigureAxes(TypedDict, total=False):
    """The axes of a figure, and the points that it shows.

    Axes that aren't named take the places that are left, and then make panels: nothing is averaged
    over them.

    Attributes:
        x: The axis across.
        hue: The axis whose levels have colours; the rows of a heat map.
        col: The axis that makes panels, or several.
        where: An expression that is true at the points to keep, such as `"lr < 10"`.
    """

    x: str | None
    hue: str | None
    col: str | Sequence[str] | None
    where: str | None


MOST_ROWS = 100_000
"""Results up to which an error lists the figures that they allow, since it has to draw them."""


@dataclass(frozen=True)
class SweepPlots:
    """The figures of a sweep's report, as Matplotlib figures.

    Each raises ConfigError if the results don't allow it.

    Attributes:
        report_figures: The figures of the report, and their tables.
        column_figures: The figures of columns by their kinds, and their tables.
    """

    report_figures: ReportFigures
    column_figures: ColumnFigures
    _most_rows: int = MOST_ROWS

    def rate(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the rate of a boolean column; for networks, the rate of convergence.

        Args:
            column: The column, which is `converged` for networks.
            axes: As in `FigureAxes`.
        """
        if column in (None, "converged") and self._has("convergence_rate"):
            return self._draw("rate", "convergence_rate", **axes)
        flag = self._column("rate", column)
        return self._draw("rate", f"{flag}_heatmap", f"{flag}_rate", **axes)

    def metric(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the median and the middle half of a numeric column.

        Args:
            column: The column, the only one where None.
            axes: As in `FigureAxes`.
        """
        return self._draw("metric", f"{self._column('metric', column)}_median", **axes)

    def survival(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the share of runs whose event hasn't happened yet, by a column of times.

        Args:
            column: The column, which is `converged_epoch` for networks.
            axes: As in `FigureAxes`.
        """
        if self._has("unsolved"):
            read_value("column", column, Nullable(Choice(("converged_epoch",))))
            return self._draw("survival", "unsolved", **axes)
        return self._draw("survival", f"{self._column('survival', column)}_survival", **axes)

    def curves(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the median and the middle half of arrays by step.

        Args:
            column: The column of lists, which is `learning_curve` for networks.
            axes: As in `FigureAxes`.
        """
        if column in (None, "learning_curve") and self._has("error_by_epoch"):
            return self._draw("curves", "error_by_epoch", **axes)
        return self._draw("curves", f"{self._column('curves', column)}_by_step", **axes)

    def map(self, column: str | None = None) -> Figure:
        """Return a map with one pixel per point: the outcome of each network, or a column.

        Args:
            column: The column; None: `map` of networks, or the only column of other sweeps.
        """
        if not self._is_map:
            from xorsweep.analysis.maps import MAP

            text = self.report_figures.sweep.manifest.grid.text
            raise ConfigError(f"plot.map: the sweep is {text}; {MAP}")
        if column is None and self._has("map"):
            return self._draw("map")
        return self._draw("map", f"{self._column('map', column)}_map")

    def rate_lines(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the rates as lines with their 95 % intervals."""
        return self._draw("rate_lines", **axes)

    def unsolved(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the share of runs that hadn't converged yet, by epoch, with 95 % bands."""
        return self._draw("unsolved", **axes)

    def final_error(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the final errors of runs, and the plateaus of the error."""
        return self._draw("final_error", **axes)

    def error_by_epoch(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the error by epoch: its median and middle half over the seeds."""
        return self._draw("error_by_epoch", **axes)

    def curvature_by_epoch(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the extreme eigenvalues of the Hessian by epoch, and 2 / lr."""
        return self._draw("curvature_by_epoch", **axes)

    def variance_shares(self, column: str | None = None) -> Figure:
        """Return the share of the variance of a rate that each axis explains.

        Args:
            column: A boolean column; `converged` for networks.
        """
        if column in (None, "converged") and self._has("variance_shares"):
            return self._draw("variance_shares")
        flag = self._column("variance_shares", column)
        return self._draw("variance_shares", f"{flag}_variance")

    def outcomes_by_seed(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the outcome of each seed along an axis, one row per seed."""
        return self._draw("outcomes_by_seed", **axes)

    def solutions(self, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the shares of the classes of solutions among the runs of each setting."""
        return self._draw("solutions", **axes)

    def solution_surfaces(self) -> Figure:
        """Return the decision surface of a typical run of each class of solutions."""
        return self._draw("solution_surfaces")

    def initial_weights(self) -> Figure:
        """Return how often training fails, by the initial weights of two hidden units."""
        return self._draw("initial_weights")

    def initial_weights_map(self) -> Figure:
        """Return how often training fails, by the initial weights of both hidden units."""
        return self._draw("initial_weights_map")

    def _has(self, name: str) -> bool:
        return any(spec.name == name for spec in self.report_figures.catalog)

    @property
    def _is_map(self) -> bool:
        maps = ("outcome_map", "column_map")
        return any(spec.module in maps for spec in self.report_figures.catalog)

    def _column(self, method: str, column: str | None) -> str:
        """Return a column that a method draws, the only one where None is given.

        Raises ConfigError where there is no such column, or several.
        """
        from xorsweep.reporting.figures.methods import method_of

        drawn = (spec for _, spec in self._specs() if spec.columns and method_of(spec) == method)
        found = tuple(dict.fromkeys(spec.columns[0] for spec in drawn))
        if not found:
            raise self._refusal(method, {})
        if column is None and len(found) > 1:
            raise ConfigError(f"plot.{method}: name a column, one of {', '.join(found)}")
        return found[0] if column is None else str(read_value("column", column, Choice(found)))

    def _draw(self, method: str, *names: str, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the first figure with one of some names, by default the method's.

        Raises ConfigError if the rows allow none of them.
        """
        # Python itself takes any name for **axes, which only type checkers hold to FigureAxes.
        if unknown := axes.keys() - FigureAxes.__annotations__:
            raise TypeError(
                f"plot.{method}: unknown argument {min(unknown)}; there are x, hue, col and where"
            )
        from xorsweep.reporting.figures.style import styled

        drawings = (
            spec.draw(source.tables_with(axes))
            for name in names or (method,)
            for source, spec in self._specs()
            if spec.name == name
        )
        with styled():
            drawn = next(filter(None, drawings), None)
        if drawn is None:
            raise self._refusal(method, axes)
        return register_figure(drawn.figure)

    @property
    def _sources(self) -> tuple[FigureSource, FigureSource]:
        return self.report_figures, self.column_figures

    def _specs(self) -> Iterator[tuple[FigureSource, FigureSpec]]:
        """Yield the figures of the report, then those of columns, with their source."""
        for source in self._sources:
            yield from ((source, spec) for spec in source.catalog)

    def _refusal(self, method: str, axes: FigureAxes) -> ConfigError:
        """Return the error for a figure that the rows don't allow; it names those they allow."""
        from xorsweep.reporting.figures.methods import NEEDS, method_of
        from xorsweep.reporting.figures.style import styled

        is_known = any(method_of(spec) == method for _, spec in self._specs())
        why = "isn't drawn of maps" if self._is_map and not is_known else f"needs {NEEDS[method]}"
        if len(self.report_figures.sweep) > self._most_rows:
            return ConfigError(f"plot.{method}: {why}")
        allowed: list[str] = []
        with styled():
            for source in self._sources:
                tables = source.tables_with(axes)
                for spec in source.catalog:
                    name = method_of(spec)
                    if name not in allowed and spec.draw(tables):
                        allowed.append(name)
        there = ", ".join(f"plot.{name}" for name in allowed) or "no figure"
        return ConfigError(f"plot.{method}: {why}; these rows allow {there}")
