"""What the pictures are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from xorsweep.layout import Layout
from xorsweep.summary import swept_columns

Courses = Callable[[pd.DataFrame], pd.DataFrame]
"""Returns quantiles of the error by epoch in some cells: summary rows in, long form out."""


@dataclass(frozen=True)
class Tables:
    """What the pictures are made from: the rows, the summary, and how to get at the courses."""

    results: pd.DataFrame
    summary: pd.DataFrame
    courses: Courses
    has_levels: bool
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        layout = Layout.of(self.summary, swept_columns(self.summary))
        object.__setattr__(self, "layout", layout)
