"""The mean and the quantiles over the seeds of each cell, where `seed` has several levels."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.functions.folder import FunctionColumns
from xorsweep.grid.grid import Grid
from xorsweep.storage.atomic import write_atomically

SEED = "seed"
QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def write_summary(grid: Grid, assembled: FunctionColumns, folder: Path) -> Path | None:
    """Write summary.csv: mean and quantiles of each number over the seeds that have it.

    `n` counts a cell's points that are ok, `failed` the others; quantiles interpolate linearly.
    Where a key has one of these names, the column gets an underscore behind its own. Returns None,
    and writes nothing, where there are no seeds to be summarised.
    """
    if SEED not in grid.columns or len(grid.columns[SEED].levels) < 2:
        return None
    import pandas as pd  # here, once there are rows to show

    keys = [key for key in grid.columns if key != SEED]
    index = CellIndex.of_grid(grid)
    columns = {
        key: pd.Series(grid.columns[key].levels).take(grid.columns[key].codes[index.first]).array
        for key in keys
    }
    for name, values in _summed(assembled, index.number).items():
        columns[_free(name, columns)] = values
    path = folder / "summary.csv"
    write_atomically(path, pd.DataFrame(columns).to_csv(index=False).encode())
    return path


def _summed(assembled: FunctionColumns, cells: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return what is said of cells, in their order, by name."""
    import pandas as pd

    found = {
        "n": np.bincount(cells, ~assembled.failed).astype(np.int64),
        "failed": np.bincount(cells, assembled.failed).astype(np.int64),
    }
    for name in assembled.columns.column_names:
        column = assembled.columns[name]
        if not pa.types.is_string(column.type):
            by = pd.Series(column.cast(pa.float64(), safe=False).to_numpy()).groupby(cells)
            found[f"{name}_mean"] = by.mean().to_numpy()
            for quantile, share in QUANTILES.items():
                found[f"{name}_{quantile}"] = by.quantile(share).to_numpy()
    return found


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name
