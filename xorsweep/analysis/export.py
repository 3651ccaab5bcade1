"""What a sweep leaves beside its rows: tables, and for each reason what failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xorsweep.analysis.summary import summarize
from xorsweep.command_lines import single_run_command
from xorsweep.storage.atomic import atomic_path


def write_summary(results: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write summary.csv and return it."""
    return _written(summarize(results), folder / "summary.csv")


def write_comparisons(results: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Write comparisons.csv and return it."""
    # It brings SciPy, and a summary doesn't wait for that.
    from xorsweep.analysis.paired_tests import compare_neighbours

    return _written(compare_neighbours(results), folder / "comparisons.csv")


def _written(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    with atomic_path(path) as file:
        table.to_csv(file, mode="wb", index=False, encoding="utf-8")
    return table


@dataclass(frozen=True)
class Failure:
    """A reason, the number of runs that it took, and the command for one of them."""

    reason: str
    runs: int
    command: str


def failures_of(results: pd.DataFrame, keys: list[str]) -> list[Failure]:
    """Return what failed, by reason, in the order of rows; `keys` are the columns of a point."""
    failed = results[results["status"] == "failed"]
    groups = failed.groupby("message", sort=False, observed=True)
    return [
        Failure(
            str(reason),
            len(rows),
            single_run_command(rows[keys].astype(object).iloc[0].to_dict()),
        )
        for reason, rows in groups
    ]
