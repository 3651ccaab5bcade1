"""The tables that figures of networks are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.analysis.variance_shares import VarianceShares, rate_variance
from xorsweep.networks.metrics import plateaus
from xorsweep.networks.schema import component_of
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.selection import SelectedCells, final_epochs_only, select_cells
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.compact_columns import take_rows

if TYPE_CHECKING:
    from xorsweep.analysis.learning_curves import CellLearningCurves
    from xorsweep.fields import FloatArray
    from xorsweep.grid.schema import Point

NetworksOf = Callable[[Sequence[int]], "Mapping[int, tuple[Point, FloatArray]]"]
"""Returns the point and the final parameters (P,) of some runs, by row."""

LearningCurvesOf = Callable[..., "Mapping[int, CellLearningCurves]"]
"""Returns the errors by epoch in some cells, by their index in the summary.

A column of the parts, as second argument, has something else by epoch.
"""


@dataclass(frozen=True)
class Rates:
    """How often something happens in the cells of a sweep.

    Attributes:
        frame: `rate`, `low`, `high`, `count` and `total` of each cell that has a rate, by its index
            in the summary.
        label: The label of an axis of rates.
        are_values: Whether each cell has one run, whose value is shown rather than a rate.
    """

    frame: pd.DataFrame
    label: str
    are_values: bool = False


@dataclass(frozen=True)
class Tables:
    """The tables of a sweep, as its figures read them.

    Attributes:
        results: The rows of the sweep.
        summary: One row per cell.
        learning_curves: Reads the errors by epoch of some cells.
        networks: Reads some networks, where they can be read.
        looks: Which axis is shown where.
    """

    results: pd.DataFrame
    summary: pd.DataFrame
    learning_curves: LearningCurvesOf
    networks: NetworksOf | None = None
    looks: FigureSettings = DEFAULT_LOOKS

    @property
    def cells(self) -> pd.DataFrame:
        """Return the summary."""
        return self.summary

    def rates(self) -> Rates:
        """Return how often training converges."""
        known = self.summary.dropna(subset=["rate"])
        frame = pd.DataFrame(
            {
                "rate": known["rate"],
                "low": known["rate_low"],
                "high": known["rate_high"],
                "count": known["converged"],
                "total": known["runs"] - known["failed"],
            }
        )
        return Rates(frame, "runs that converged")

    def variance_shares(self) -> VarianceShares | None:
        """Return the shares of the variance of the convergence rate that each axis explains."""
        return rate_variance(self.results, self.summary)

    def select(self, cells: pd.DataFrame, keys: Sequence[str], most: int) -> SelectedCells:
        """Return cells around the best one, with at most `most` combinations of levels."""
        return select_cells(cells, keys, most)

    def at_the_end(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells at the most epochs that their settings have."""
        return final_epochs_only(cells)

    @cached_property
    def layout(self) -> Layout:
        """Return which swept key goes where."""
        layout = Layout.of(self.summary, swept_columns(self.summary))
        return layout.with_axes(self.looks.axes)

    @cached_property
    def plateaus(self) -> Mapping[str, float]:
        """Return the errors at which all tasks have a plateau, by the outcomes of runs there."""
        columns = [key for key in point_columns(self.results) if key.split(".")[0] == "task"]
        found = []
        # The task is the same throughout a cell.
        tasks = self.results[columns].iloc[self.index.first].drop_duplicates()
        for task in tasks.astype(object).to_dict("records"):
            point = {str(key): value for key, value in task.items() if value == value}
            found.append(plateaus(component_of("task", point).targets()).items())
        return dict(each for each in found[0] if all(each in other for other in found))

    @cached_property
    def index(self) -> CellIndex:
        """Return the cell of each row, as the summary numbers them."""
        return CellIndex.of_frame(self.results, swept_columns(self.summary))

    @property
    def cell_of(self) -> NDArray[np.int64]:
        """Return the place in the summary (N,) of each row's cell."""
        return self.index.number

    def runs_of(self, cell: int, columns: Sequence[str]) -> pd.DataFrame:
        """Return some columns of the runs of a cell, given by its place in the summary."""
        return take_rows(self.results, self.index.rows_of(cell), columns)
