"""Curves: columns of the parts with a list of numbers per point, such as the loss by step."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xorsweep.experiment import POINT_ID
from xorsweep.fields import FloatArray
from xorsweep.grid.grid import Grid
from xorsweep.storage.store import Store, reading

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.25, 0.5, 0.75)
_HUGE, _INFINITE = 1e300, 1e290
"""Replaces infinity while quantiles are interpolated; larger values are infinite afterwards."""

StepsOf = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Returns the steps of the values of some rows (n,), those of each row behind the others."""


def curve_columns(store: Store) -> dict[str, str]:
    """Return the columns of lists in the parts, by the names under which they were returned."""
    found: dict[str, str] = {}
    for path in store.part_files():
        with reading(path):
            schema = pq.read_schema(path)
        for each in schema:
            if pa.types.is_list(each.type):
                # A part may have a dot and a suffix behind a name that a column has already.
                found.setdefault(each.name.rpartition(".")[0] or each.name, each.name)
    return found


def step_curves(store: Store) -> dict[str, str]:
    """Return those of `curve_columns` whose values are one behind the other, by step."""
    others = store.experiment.other_lists
    return {name: column for name, column in curve_columns(store).items() if name not in others}


def read_curves(
    grid: Grid,
    parts: Iterable[pa.Table],
    column: str,
    rows: NDArray[np.int64] | None = None,
    steps: StepsOf | None = None,
) -> pd.DataFrame:
    """Return the curves of a column, one row per point that has one.

    Args:
        grid: All points.
        parts: The parts of the sweep, with their columns of lists.
        column: The column of lists of numbers in them.
        rows: The rows (n,) of the points to be read; all of them where None.
        steps: Returns the steps of the values; they are counted from 0 where None.

    Returns:
        The curves, in the order of the grid. The index holds the rows of the points, the columns
        are the steps, ascending, and values are NaN at steps that a curve hasn't got.
    """
    import pandas as pd

    wanted = np.ones(len(grid) + 1, bool) if rows is None else np.zeros(len(grid) + 1, bool)
    if rows is not None:
        wanted[rows] = True
    wanted[-1] = False  # points of the parts that aren't the grid's have row -1
    found = [
        _curves_of(grid, part, column, wanted) for part in parts if column in part.schema.names
    ]
    if not any(len(places) for places, _, _ in found):
        return pd.DataFrame(index=pd.Index([], dtype=np.int64))
    places, lengths, values = (np.concatenate(some) for some in zip(*found, strict=True))
    if steps is None:
        names = np.arange(lengths.max())
        curves = np.full((len(places), len(names)), np.nan)
        curves[names < lengths[:, None]] = values
    else:
        names, step = np.unique(steps(places), return_inverse=True)
        curves = np.full((len(places), len(names)), np.nan)
        curves[np.repeat(np.arange(len(places)), lengths), step] = values
    # A point may be in several parts, with the same curve.
    shown, first = np.unique(places, return_index=True)
    return pd.DataFrame(curves[first], index=shown, columns=names)


def _curves_of(
    grid: Grid, part: pa.Table, column: str, wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Return the rows (n,) of a part's points, the lengths (n,) of their curves, and the values."""
    lists = part[column].combine_chunks()
    lengths = lists.value_lengths().fill_null(0).to_numpy().astype(np.int64)
    places = grid.rows_of(part[POINT_ID].to_numpy())
    kept = (lengths > 0) & wanted[places]
    values = lists.filter(pa.array(kept)).flatten().to_numpy(zero_copy_only=False)
    return places[kept], lengths[kept], values


def longest_curve(parts: Iterable[pa.Table], column: str) -> int:
    """Return the length of the longest curve of a column, 0 where there is none."""
    lengths = [
        part[column].combine_chunks().value_lengths().fill_null(0).to_numpy().max(initial=0)
        for part in parts
        if column in part.schema.names
    ]
    return int(max(lengths, default=0))


def curve_quantiles(curves: NDArray[Any]) -> FloatArray:
    """Return the QUANTILES (3, C) over curves (n, C) at each step; NaN where all curves have ended.

    They are interpolated linearly, and infinite where one of their neighbours is.
    """
    # Between two infinities NumPy would interpolate inf - inf, which is NaN.
    known = np.clip(curves, -_HUGE, _HUGE, dtype=np.float64)
    quantile = np.nanquantile if np.isnan(known).any() else np.quantile  # the former is slow
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all of them have ended
        bands: FloatArray = quantile(known, QUANTILES, axis=0)
    bands[bands > _INFINITE] = np.inf
    bands[bands < -_INFINITE] = -np.inf
    return bands
