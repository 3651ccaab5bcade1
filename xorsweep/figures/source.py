"""What the pictures are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xorsweep.config import choose
from xorsweep.layout import Layout
from xorsweep.measures import plateaus
from xorsweep.summary import point_columns, swept_columns

Courses = Callable[[pd.DataFrame], pd.DataFrame]
"""Returns quantiles of the error by epoch in some cells: summary rows in, long form out."""


@dataclass(frozen=True)
class Tables:
    """What the pictures are made from: the rows, the summary, and how to get at the courses.

    `plateaus` are half the sums of squared errors to be marked, by the outcomes of runs there.
    """

    results: pd.DataFrame
    summary: pd.DataFrame
    courses: Courses
    plateaus: Mapping[str, float]
    layout: Layout = field(init=False)

    @classmethod
    def of(cls, results: pd.DataFrame, summary: pd.DataFrame, courses: Courses) -> Tables:
        """Return those of a sweep, with the plateaus that all of its tasks have."""
        return cls(results, summary, courses, _shared_plateaus(results))

    def __post_init__(self) -> None:
        layout = Layout.of(self.summary, swept_columns(self.summary))
        object.__setattr__(self, "layout", layout)


def _shared_plateaus(results: pd.DataFrame) -> dict[str, float]:
    columns = [key for key in point_columns(results) if key.split(".")[0] == "task"]
    tasks = results[columns].drop_duplicates().astype(object).to_dict("records")
    found = [plateaus(choose("task", _present(task)).targets()) for task in tasks]
    first, *others = found or [{}]
    return {name: at for name, at in first.items() if all(each.get(name) == at for each in others)}


def _present(point: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in point.items() if value == value}
