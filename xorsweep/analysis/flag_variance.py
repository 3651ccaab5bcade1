"""The share of the variance of a boolean column's rate that each axis explains."""

from __future__ import annotations

import pandas as pd

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.column_summary import SEED, ColumnCells
from xorsweep.analysis.columns import has_levels
from xorsweep.analysis.variance_shares import FEWEST_SEEDS, VarianceShares, variance_shares
from xorsweep.experiment import OK, STATUS, STATUSES


def flag_variance(results: pd.DataFrame, cells: ColumnCells, flag: str) -> VarianceShares | None:
    """Return the shares of the variance of how often a column is true."""
    has_seeds = SEED in results
    if has_seeds and not has_levels(results[SEED], FEWEST_SEEDS):
        return None
    return variance_shares(
        cells.summary[list(cells.keys)],
        CellIndex.of_frame(results, cells.keys),
        results[SEED].to_numpy() if has_seeds else None,
        results[flag].fillna(False).to_numpy(bool),
        (results[STATUS] == STATUSES[OK]).to_numpy(),
    )


def tables_by_flag(results: pd.DataFrame, cells: ColumnCells) -> pd.DataFrame:
    """Return the tables of all columns of truth values, which the first column names."""
    found = {flag: flag_variance(results, cells, flag) for flag in cells.roles.flags}
    tables = [
        pd.concat([pd.Series(flag, each.table.index, name="flag"), each.table], axis=1)
        for flag, each in found.items()
        if each
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
