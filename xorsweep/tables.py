"""The tables that a sweep leaves beside its rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xorsweep.atomic import replacing
from xorsweep.comparisons import PairedComparisons
from xorsweep.summary import summarise


def write_tables(results: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write summary.csv and comparisons.csv; return the summary and the comparisons."""
    tables = summarise(results), PairedComparisons()(results)
    for table, name in zip(tables, ("summary", "comparisons"), strict=True):
        with replacing(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False)
    return tables
