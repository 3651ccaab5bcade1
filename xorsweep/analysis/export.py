"""The tables that a sweep leaves beside its rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xorsweep.analysis.summary import summarize
from xorsweep.storage.atomic import atomic_path


def write_summary(results: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write summary.csv and return it."""
    return _written(summarize(results), folder / "summary.csv")


def write_comparisons(results: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write comparisons.csv and return it."""
    # It brings SciPy, and a summary doesn't wait for that.
    from xorsweep.analysis.paired_tests import PairedComparisons

    return _written(PairedComparisons()(results), folder / "comparisons.csv")


def _written(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    with atomic_path(path) as file:
        table.to_csv(file, mode="wb", index=False, encoding="utf-8")
    return table
