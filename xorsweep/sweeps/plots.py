"""The figures of a finished sweep, drawn on request with the axes that a caller chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from xorsweep.errors import ConfigError
from xorsweep.reporting.console_python import register_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from xorsweep.reporting.figures.axes import DrawnFigure
    from xorsweep.reporting.figures.catalog import FigureSpec, FigureTables
    from xorsweep.sweeps.sweep import Sweep


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


@dataclass(frozen=True)
class SweepPlots:
    """The figures of a sweep's report, as Matplotlib figures.

    Each raises ConfigError if the results don't allow it.
    """

    _sweep: Sweep

    def rate(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the rate of a boolean column; for networks, the rate of convergence.

        Args:
            column: The column, which is `converged` for networks.
            axes: As in `FigureAxes`.
        """
        if column in (None, "converged") and self._has("convergence_rate"):
            return self._draw("convergence_rate", **axes)
        flag = self._column(column, "rate_heatmap", "rate_lines")
        return self._draw(f"{flag}_heatmap", f"{flag}_rate", **axes)

    def metric(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the median and the middle half of a numeric column.

        Args:
            column: The column, the only one where None.
            axes: As in `FigureAxes`.
        """
        return self._draw(f"{self._column(column, 'number_lines')}_median", **axes)

    def survival(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the share of runs whose event hasn't happened yet, by a column of times.

        Args:
            column: The column, which is `converged_epoch` for networks.
            axes: As in `FigureAxes`.
        """
        if column in (None, "converged_epoch") and self._has("unsolved"):
            return self._draw("unsolved", **axes)
        return self._draw(f"{self._column(column, 'time_curves')}_survival", **axes)

    def curves(self, column: str | None = None, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the median and the middle half of arrays by step.

        Args:
            column: The column of lists, which is `learning_curve` for networks.
            axes: As in `FigureAxes`.
        """
        if column in (None, "learning_curve") and self._has("error_by_epoch"):
            return self._draw("error_by_epoch", **axes)
        return self._draw(f"{self._column(column, 'curve_lines')}_by_step", **axes)

    def map(self, column: str | None = None) -> Figure:
        """Return a map with one pixel per point: the outcome of each network, or a column.

        Args:
            column: The column; None: `map` of networks, or the only column of other sweeps.
        """
        if not any(spec.module in ("outcome_map", "column_map") for spec in self._catalog):
            from xorsweep.analysis.maps import MAP

            raise ConfigError(f"plot.map: the sweep is {self._sweep.manifest.grid.text}; {MAP}")
        if column is None and self._has("map"):
            return self._draw("map")
        return self._draw(f"{self._column(column, 'column_map')}_map")

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
        return self._draw(f"{self._column(column, 'variance_shares')}_variance")

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

    @cached_property
    def _catalog(self) -> Sequence[FigureSpec]:
        return self._sweep.reporter.catalog(self._sweep.results)

    @cached_property
    def _column_catalog(self) -> Sequence[FigureSpec]:
        return self._sweep.columns.figures(self._sweep.results)

    def _has(self, name: str) -> bool:
        return any(spec.name == name for spec in self._catalog)

    def _column(self, column: str | None, *modules: str) -> str:
        """Return a column that has figures of a kind, the only one where None is given.

        Raises ConfigError where there is no such column, or several.
        """
        specs = [*self._catalog, *self._column_catalog]
        kept = [spec for spec in specs if spec.module in modules and spec.columns]
        found = dict.fromkeys(spec.columns[0] for spec in kept)
        there = ", ".join(found) or "none"
        if column is None and len(found) != 1:
            raise ConfigError(f"plot: choose one column; there is {there}")
        if column is not None and column not in found:
            near = get_close_matches(column, found, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"plot: {column} has no such figure; there is {there}{hint}")
        return column or next(iter(found))

    def _draw(self, *names: str, **axes: Unpack[FigureAxes]) -> Figure:
        """Return the first of some figures that this sweep has."""
        # Python itself takes any name for **axes, which only type checkers hold to FigureAxes.
        if unknown := axes.keys() - FigureAxes.__annotations__:
            raise TypeError(
                f"plot: unknown argument {min(unknown)}; there are x, hue, col and where"
            )
        from xorsweep.reporting.figures.style import styled

        with styled():
            drawn = next(filter(None, self._drawings(names, axes)), None)
        if drawn is None:
            raise ConfigError(f"plot: the rows of this sweep don't allow {names[0]}")
        return register_figure(drawn.figure)

    def _drawings(self, names: Sequence[str], axes: FigureAxes) -> Iterator[DrawnFigure | None]:
        """Yield figures by their names: those of the report, then those of columns alone."""
        for catalog, of_columns in ((self._catalog, False), (self._column_catalog, True)):
            for spec in (spec for name in names for spec in catalog if spec.name == name):
                yield spec.draw(self._tables(axes, of_columns))

    def _tables(self, axes: FigureAxes, of_columns: bool) -> FigureTables:
        chosen: dict[str, Any] = {
            key: value for key, value in axes.items() if value not in (None, [], ())
        }
        if not chosen:
            return self._sweep.column_tables if of_columns else self._sweep.tables
        where = chosen.pop("where", None)
        return self._sweep.tables_with(chosen, where, of_columns)
