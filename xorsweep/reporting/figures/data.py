"""What the figures are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.summary import point_columns, swept_columns
from xorsweep.networks.metrics import plateaus
from xorsweep.networks.schema import component_of
from xorsweep.reporting.layout import Layout

if TYPE_CHECKING:
    from xorsweep.analysis.learning_curves import CellLearningCurves

LearningCurvesOf = Callable[[pd.DataFrame], "Mapping[int, CellLearningCurves]"]
"""Returns the errors by epoch in some cells, by their index in the summary."""


@dataclass(frozen=True)
class Tables:
    """What the figures are made from.

    Attributes:
        results: The rows of the sweep.
        summary: One row per cell.
        learning_curves: Reads the errors by epoch of some cells.
        plateaus: Half the sums of squared errors to be marked, by the outcomes of runs there.
    """

    results: pd.DataFrame
    summary: pd.DataFrame
    learning_curves: LearningCurvesOf
    plateaus: Mapping[str, float]

    @classmethod
    def of(
        cls, results: pd.DataFrame, summary: pd.DataFrame, learning_curves: LearningCurvesOf
    ) -> Tables:
        """Return those of a sweep, with the plateaus that all of its tasks have."""
        return cls(results, summary, learning_curves, _shared_plateaus(results))

    @cached_property
    def layout(self) -> Layout:
        """Return which swept key goes where."""
        return Layout.of(self.summary, swept_columns(self.summary))

    @cached_property
    def cell_of(self) -> NDArray[np.int64]:
        """Return the place in the summary (N,) of each row's cell."""
        return CellIndex.of_frame(self.results, swept_columns(self.summary)).number

    def rows_of(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the results of some cells of the summary."""
        return self.results[np.isin(self.cell_of, cells.index)]


def _shared_plateaus(results: pd.DataFrame) -> dict[str, float]:
    columns = [key for key in point_columns(results) if key.split(".")[0] == "task"]
    tasks = results[columns].drop_duplicates().astype(object).to_dict("records")
    found = []
    for task in tasks:
        point = {str(key): value for key, value in task.items() if value == value}
        found.append(plateaus(component_of("task", point).targets()))
    first, *others = found or [{}]
    return {name: at for name, at in first.items() if all(each.get(name) == at for each in others)}
