"""The columns of lists of a sweep, such as learning curves, read from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xorsweep.analysis.curves import curve_columns, read_curves
from xorsweep.errors import ConfigError
from xorsweep.grid.grid import Grid
from xorsweep.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd


def curves_in(store: Store, grid: Grid, name: str) -> pd.DataFrame:
    """Return a row per point that has a curve, a column per step, NaN after its end.

    Raises ConfigError where the sweep has no such column.
    """
    columns = curve_columns(store)
    if name not in columns:
        known = ", ".join(columns) or "there is none"
        raise ConfigError(f"curves: {name!r:.80} isn't a column of lists; choose one of {known}")
    steps = store.experiment.curve_steps(grid, name)
    return read_curves(grid, store.parts(), columns[name], steps=steps)
