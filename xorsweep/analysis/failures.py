"""What failed: every reason, how many runs it took, and the command that tries one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xorsweep.command_lines import single_run_command

if TYPE_CHECKING:
    import pandas as pd


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
