"""The columns of lists of a sweep, such as learning curves, read from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xorsweep.analysis.curves import curve_columns, read_curves
from xorsweep.errors import ConfigError
from xorsweep.grid.grid import Grid
from xorsweep.storage.store import Store
from xorsweep.text import shorten

if TYPE_CHECKING:
    import pandas as pd


def curves_in(store: Store, grid: Grid, name: str, key: str = "column") -> pd.DataFrame:
    """Return a row per point that has a curve, a column per step, NaN after its end.

    Raises ConfigError, which names the argument by `key`, where the sweep has no such column.
    """
    columns = curve_columns(store)
    if not isinstance(name, str) or name not in columns:
        known = f"choose one of {', '.join(columns)}" if columns else "this sweep has none"
        raise ConfigError(f"{key}={shorten(name)}: isn't a column of lists; {known}")
    steps = store.experiment.curve_steps(grid, name)
    return read_curves(grid, store.parts(), columns[name], steps=steps)
