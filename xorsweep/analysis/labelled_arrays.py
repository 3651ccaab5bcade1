"""The rows of a sweep as arrays with named axes, for xarray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import check_size
from xorsweep.grid.columns import Column, combined_codes
from xorsweep.grid.grid import Grid
from xorsweep.text import format_value

if TYPE_CHECKING:
    import pandas as pd
    import xarray

Rows = NDArray[np.int64] | slice


def dataset_of(
    grid: Grid,
    results: pd.DataFrame,
    curves: Mapping[str, pd.DataFrame],
    attributes: Mapping[str, str | float],
    rows: Rows = slice(None),
) -> xarray.Dataset:
    """Return the rows of a sweep as a dataset whose dimensions are the axes.

    Where the points are no full product of the axes, values of points that aren't there are NaN,
    or empty texts; whole numbers and truth values become floats then.

    Args:
        grid: The points (N,).
        results: A row per point that is there, in the same order.
        curves: A row per point that has a curve, with the point's row as index and a column per
            step, by name; the dimension of the steps is `NAME_step`. A curve whose name is a
            column's is the variable `NAME_curve`.
        attributes: The attributes of the dataset.
        rows: Which points `results` has, by their rows (n,); all of them by default.

    Raises:
        ConfigError: xarray isn't installed, or the product of the axes has too many places.
    """
    try:
        import xarray
    except ImportError:
        raise ConfigError(
            "to_xarray: xarray isn't installed; pip install 'xorsweep[xarray]', or use results"
        ) from None

    dimensions = dimensions_of(grid)
    array = _Array(grid, dimensions)
    variables: dict[str, Any] = {
        name: (dimensions, array.fill(_values_of(results[name]), rows))
        for name in results.columns
        if name not in grid.columns
    }
    coordinates = dict(_coordinates(grid, dimensions, array))
    for name, frame in curves.items():
        steps = f"{name}_step"
        coordinates[steps] = ((steps,), frame.columns.to_numpy(np.int64))
        values = array.fill(frame.to_numpy(np.float64), frame.index.to_numpy(np.int64))
        variable = f"{name}_curve" if name in variables else name
        variables[variable] = ((*dimensions, steps), values)
    return xarray.Dataset(variables, coordinates, attributes)


def dimensions_of(grid: Grid) -> tuple[str, ...]:
    """Return the swept keys that tell the points from each other.

    Of keys that vary together, the first is a dimension where it tells the levels of the others.
    """
    varying = [key for key, column in grid.columns.items() if len(column.levels) > 1]
    swept = [key for key in grid.swept if key in varying]
    following: set[str] = set()
    if len(grid.blocks) == 1:
        following = {
            axis.key
            for first, *others in grid.blocks[0].dimensions
            for axis in others
            if {first.key, axis.key} <= grid.columns.keys() and _tells(grid, first.key, axis.key)
        }
    found = [key for key in swept if key not in following]
    # Blocks may differ in keys of no axis: keys are added until each point has its own place.
    for key in dict.fromkeys([*swept, *varying]):
        if _count(grid, found) == len(grid):
            break
        if key not in found:
            found.append(key)
    return tuple(found)


def _tells(grid: Grid, key: str, other: str) -> bool:
    """Tell whether the level of one key says which level of the other a point has."""
    return _count(grid, [key]) == _count(grid, [key, other])


def _count(grid: Grid, keys: Sequence[str]) -> int:
    return len(np.unique(combined_codes(grid.columns, keys, np.arange(len(grid)))))


class _Array:
    """An array with an axis per dimension: where the points of a grid lie in it."""

    def __init__(self, grid: Grid, dimensions: Sequence[str]) -> None:
        columns = [grid.columns[key] for key in dimensions]
        self._shape = tuple(len(column.levels) for column in columns)
        try:
            check_size(dict(zip(dimensions, self._shape, strict=True)))
        except ConfigError as error:
            raise ConfigError(f"to_xarray: {error}, or use results") from None
        self._flat = np.zeros(len(grid), np.int64)
        for column, size in zip(columns, self._shape, strict=True):
            self._flat = self._flat * size + column.codes
        self._size = int(np.prod(self._shape, dtype=np.int64))

    def fill(self, values: NDArray[Any], rows: Rows = slice(None)) -> NDArray[Any]:
        """Return values (n, ...) of points at some rows, with the dimensions in place of n."""
        further = values.shape[1:]
        # Every place gets a value, so that whole numbers and truth values keep their type.
        if len(values) == self._size:
            filled = np.empty((self._size, *further), values.dtype)
        elif values.dtype == object:
            filled = np.full((self._size, *further), "", object)
        else:
            filled = np.full((self._size, *further), np.nan)
        filled[self._flat[rows]] = values
        return filled.reshape(self._shape + further)


def _coordinates(
    grid: Grid, dimensions: Sequence[str], array: _Array
) -> Iterator[tuple[str, tuple[Sequence[str], Any]]]:
    """Yield the levels of the dimensions, then those of all other keys along their dimensions."""
    for key in dimensions:
        yield key, ((key,), _levels_of(grid.columns[key]))
    for key, column in grid.columns.items():
        levels = _levels_of(column)
        if key in dimensions:
            continue
        if len(column.levels) == 1:
            yield key, ((), levels[0])
            continue
        # A key that follows from one dimension lies along it; any other needs them all.
        along = next((each for each in dimensions if _tells(grid, each, key)), None)
        if along is None:
            yield key, (dimensions, array.fill(levels[column.codes]))
        else:
            levels_along = np.empty(len(grid.columns[along].levels), levels.dtype)
            levels_along[grid.columns[along].codes] = levels[column.codes]
            yield key, ((along,), levels_along)


def _levels_of(column: Column) -> NDArray[Any]:
    """Return the levels as numbers, with NaN for none, as truth values, or else as texts."""
    kinds = {type(level) for level in column.levels}
    if kinds in ({int}, {bool}):
        return np.array(column.levels)
    if kinds <= {int, float, type(None)}:
        return np.array([np.nan if level is None else level for level in column.levels], float)
    texts = np.empty(len(column.levels), object)
    texts[:] = [
        "" if level is None else level if isinstance(level, str) else format_value(level)
        for level in column.levels
    ]
    return texts


def _values_of(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column of results as numbers, with NaN for none, truth values, or else texts."""
    import pandas as pd

    gaps = column.isna()
    if not pd.api.types.is_numeric_dtype(column):
        texts: NDArray[Any] = column.astype(object).where(~gaps, "").to_numpy(object)
        return texts
    if gaps.any():
        return column.to_numpy(np.float64, na_value=np.nan)
    kind = "bool" if pd.api.types.is_bool_dtype(column) else column.dtype.kind
    return column.to_numpy({"bool": np.bool_, "i": np.int64}.get(kind, np.float64))
