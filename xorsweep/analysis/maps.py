"""Maps: sweeps of two axes of numbers with one run per point, so that each run is a pixel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from xorsweep.experiment import MESSAGE, STATUS, STATUSES, Experiment
from xorsweep.fields import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.grid.columns import Column
    from xorsweep.grid.grid import Grid

FEWEST_LEVELS = 32
"""Levels that each axis of a map has at least."""
MAP = (
    f"a map has two axes of numbers with at least {FEWEST_LEVELS} levels each, and one run per "
    "point"
)
"""The message for a sweep that isn't a map."""
SEED = "seed"
ABSENT = -1
"""Stands for a truth value, or for the code of a text, where a pixel has none."""
UNEVEN = 0.01
"""How far from its place a level may be, in steps, for levels to count as evenly spaced."""

Spacing = Literal["linear", "log", "uneven"]


@dataclass(frozen=True)
class MapAxis:
    """A swept key with its levels (n,) float64, ascending; `whole` where they are whole numbers."""

    key: str
    levels: FloatArray
    whole: bool = False

    def __len__(self) -> int:
        return len(self.levels)

    @cached_property
    def spacing(self) -> Spacing:
        """Return how the levels are spaced: by equal steps, by equal factors, or neither."""
        found: list[tuple[float, Spacing]] = [(_unevenness(self.levels), "linear")]
        if self.levels[0] > 0:
            found.append((_unevenness(np.log10(self.levels)), "log"))
        least, name = min(found)
        return name if least < UNEVEN else "uneven"

    def coordinates(self, values: FloatArray) -> FloatArray:
        """Return where values lie on the scale on which the levels are evenly spaced.

        That is the value, its logarithm to base 10, or the place among uneven levels.
        """
        if self.spacing == "uneven":
            return np.interp(values, self.levels, np.arange(len(self)))
        return np.log10(values) if self.spacing == "log" else values

    @property
    def text(self) -> str:
        """Return the key with its levels, in words."""
        scale = ", on a log scale" if self.spacing == "log" else ""
        return f"{self.key} from {self.levels[0]:g} to {self.levels[-1]:g}{scale}"


def _unevenness(places: FloatArray) -> float:
    """Return how far ascending places (n,) lie from even ones at most, in steps."""
    even = np.linspace(places[0], places[-1], len(places))
    return float(np.abs(places - even).max() / (even[1] - even[0]))


@dataclass(frozen=True)
class MapAxes:
    """The axes of a map: `x` is the first axis of the grid, and `y`, which points up, the second.

    Arrays of a map are (len(y), len(x)), the lowest row first.
    """

    x: MapAxis
    y: MapAxis

    @classmethod
    def of(cls, grid: Grid) -> MapAxes | None:
        """Return the axes of a grid that is a map, None for any other.

        It is one where two keys alone have several levels, 32 at least and all of them numbers,
        which don't go together, and neither is the seed. Points may be missing.
        """
        swept = [key for key, column in grid.columns.items() if len(column.levels) > 1]
        keys = [key for key in grid.swept if key in swept]
        zipped = any(set(keys) <= set(group) for block in grid.blocks for group in block.zipped)
        if len(swept) != 2 or len(keys) != 2 or zipped or SEED in keys:
            return None
        if not all(_is_axis(grid.columns[key]) for key in keys):
            return None
        return cls(*(_axis(key, grid.columns[key]) for key in keys))

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of columns of pixels."""
        return len(self.y), len(self.x)


def _is_axis(column: Column) -> bool:
    """Tell whether the levels of a key are numbers, and enough of them."""
    return len(column.levels) >= FEWEST_LEVELS and all(
        isinstance(level, int | float) and not isinstance(level, bool) for level in column.levels
    )


def _axis(key: str, column: Column) -> MapAxis:
    levels = np.sort(np.array(column.levels, np.float64))
    return MapAxis(key, levels, all(isinstance(level, int) for level in column.levels))


@dataclass(frozen=True)
class PixelMap:
    """The results of a sweep as arrays over its two axes.

    Attributes:
        results: The rows of the sweep.
        axes: The axes.
        columns: Arrays (rows, columns) by name: truth values int8, 1, 0 or ABSENT; numbers
            float64, NaN where there is none; texts int16, codes into `names`, or ABSENT.
        names: The texts of such codes, by column.
        flags: The columns of truth values, that whose boundary comes first at their head.
        reported: Those of them that sentences are about.
    """

    results: pd.DataFrame
    axes: MapAxes
    columns: Mapping[str, NDArray[Any]]
    names: Mapping[str, Sequence[str]]
    flags: Sequence[str]
    reported: Sequence[str]

    @classmethod
    def of(
        cls,
        results: pd.DataFrame,
        axes: MapAxes,
        keys: Collection[str],
        experiment: Experiment[Any],
    ) -> PixelMap:
        """Return the map of the rows of a sweep, whatever their order."""
        import pandas as pd

        place = _places(results, axes)
        known = {STATUS: STATUSES, **experiment.code_names}
        columns: dict[str, NDArray[Any]] = {}
        names: dict[str, Sequence[str]] = {}
        flags = []
        for name in results.columns.difference([*keys, MESSAGE], sort=False):
            column = results[name]
            if pd.api.types.is_bool_dtype(column):
                flags.append(name)
                values = column.astype("boolean").to_numpy(np.int8, na_value=ABSENT)
            elif pd.api.types.is_numeric_dtype(column):
                values = column.to_numpy(np.float64, na_value=np.nan)
            else:
                texts = known.get(name) or sorted(map(str, column.dropna().unique()))
                names[name] = tuple(texts)
                # The experiment's own order, where it has one: a colour then stands for the same
                # text in any map.
                codes = pd.Categorical(column, categories=pd.Index(texts)).codes
                values = codes.astype(np.int16)
            absent = np.nan if values.dtype.kind == "f" else ABSENT
            columns[name] = np.full(axes.shape, absent, values.dtype)
            columns[name].ravel()[place] = values
        first = [name for name in experiment.map_flags if name in flags]
        every = tuple(dict.fromkeys([*first, *flags]))
        return cls(results, axes, columns, names, every, first or every)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Return which pixels (rows, columns) have a row."""
        there: NDArray[np.bool_] = self.columns[STATUS] != ABSENT
        return there


def _places(results: pd.DataFrame, axes: MapAxes) -> NDArray[np.intp]:
    """Return the pixel (N,) of each row, counted row by row from the lowest."""
    down, across = (
        # Values of the column are levels of the grid to the bit, so that each is found.
        np.searchsorted(axis.levels, results[axis.key].to_numpy(np.float64))
        for axis in (axes.y, axes.x)
    )
    return down * len(axes.x) + across
