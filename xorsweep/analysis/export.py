"""Files of a sweep besides its rows: further tables, and failures by reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from xorsweep.storage.atomic import atomic_path


def write_csv(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Write a table as CSV and return it."""
    with atomic_path(path) as file:
        # pandas encodes its text for a binary file with mode "wb" alone.
        table.to_csv(file, mode="wb", index=False, encoding="utf-8")
    return table


def write_further(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables by the names of their files; of one without rows there is no file."""
    for name, table in tables.items():
        if table.empty:
            (folder / name).unlink(missing_ok=True)  # of fewer points there may have been one
        else:
            write_csv(table, folder / name)


@dataclass(frozen=True)
class Failure:
    """A reason, the number of runs that it took, and the command for one of them."""

    reason: str
    runs: int
    command: str


def failures_of(
    results: pd.DataFrame, keys: Sequence[str], command: Callable[[Mapping[Any, Any]], str]
) -> list[Failure]:
    """Return the failures by reason, in the order of rows.

    Args:
        results: The rows of a sweep.
        keys: The columns of a point.
        command: Returns the command that runs one point alone.
    """
    failed = results[results["status"] == "failed"]
    groups = failed.groupby("message", sort=False, observed=True)
    return [
        Failure(
            str(reason),
            len(rows),
            command(rows[[*keys]].astype(object).iloc[0].to_dict()),
        )
        for reason, rows in groups
    ]
