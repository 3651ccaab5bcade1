"""The columns of a table of results that identify the point or cell of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from xorsweep.analysis.cells import CellIndex
from xorsweep.storage.column_bits import is_constant

if TYPE_CHECKING:
    import pandas as pd


def point_columns(results: pd.DataFrame) -> list[str]:
    """Return the columns of results, or of a summary, that say which point or cell a row is."""
    end = "final_error" if "final_error" in results.columns else "runs"
    return list(results.columns[: list(results.columns).index(end)])


def swept_columns(rows: pd.DataFrame) -> list[str]:
    """Return the point columns, other than seed, that tell the cells of results apart.

    A column whose values follow from those before it, as `init.low` does from `init`, isn't one.
    """
    return distinguishing_keys(rows, [key for key in point_columns(rows) if key != "seed"])


def distinguishing_keys(rows: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return those of some columns that tell rows apart, without those that follow from others."""
    import pandas as pd

    varying = [key for key in keys if not is_constant(rows[key])]
    # Rows with the same levels say the same, and there are far fewer combinations than rows.
    first = CellIndex.of_frame(rows, varying).first
    found: list[str] = []
    cell, cells = np.zeros(len(first), np.int64), 1
    for key in varying:
        codes, levels = pd.factorize(rows[key].array.take(first))  # -1 where a value is missing
        if not (codes != codes[:1]).any():
            continue
        # The cells by the keys so far and this one: if they are no more, it follows from those.
        finer = pd.factorize(cell * (len(levels) + 1) + codes)[0]
        if finer.max() + 1 > cells:
            found.append(key)
            cell, cells = finer, int(finer.max()) + 1
    return found


def has_levels(column: pd.Series[Any], fewest: int) -> bool:
    """Tell whether a column has some number of different values, or more."""
    # Mostly its beginning has them; to look at all values takes long.
    return column.iloc[: 4 * fewest].nunique() >= fewest or column.nunique() >= fewest


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether the levels of a key are numbers, which an axis can hold."""
    return column.dtype.kind in "iuf" and bool(column.notna().all())
