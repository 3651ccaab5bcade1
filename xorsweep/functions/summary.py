"""What the seeds of a cell came to together, where a key `seed` has several levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xorsweep.atomic import write_atomically
from xorsweep.functions.folder import Assembled
from xorsweep.grid import Grid

SEED = "seed"
QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def write_summary(grid: Grid, assembled: Assembled, folder: Path) -> Path | None:
    """Write summary.csv: mean and quantiles of each number over the seeds that have it.

    `n` counts a cell's points that are ok, `failed` the others; quantiles interpolate linearly.
    Returns None, and writes nothing, where there are no seeds to be summarised.
    """
    if SEED not in grid.columns or len(grid.columns[SEED].levels) < 2:
        return None
    import pandas as pd  # here, once there are rows to show

    keys = [key for key in grid.columns if key != SEED]
    table = assembled.table.drop_columns(["identity", "message"])
    returned: pd.DataFrame = table.to_pandas()
    names = [name for name in returned if returned[name].dtype.kind in "fib"]
    numbers = returned[names].astype(float)
    frame = pd.concat([_keys(grid), numbers], axis=1)
    failed = pd.Series(assembled.failed, name="failed")
    groups = [frame[key] for key in keys] or [pd.Series(0, index=frame.index)]
    by = frame.groupby(groups, sort=False)
    found: dict[str, Any] = {
        "n": (~failed).groupby(groups, sort=False).sum(),
        "failed": failed.groupby(groups, sort=False).sum(),
    }
    for name in names:
        found[f"{name}_mean"] = by[name].mean()
        found |= {f"{name}_{q}": by[name].quantile(share) for q, share in QUANTILES.items()}
    summary = pd.DataFrame(found).reset_index(drop=not keys)
    path = folder / "summary.csv"
    write_atomically(path, summary.to_csv(index=False).encode())
    return path


def _keys(grid: Grid) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {key: pd.Series(column.levels)[column.codes].array for key, column in grid.columns.items()}
    )
