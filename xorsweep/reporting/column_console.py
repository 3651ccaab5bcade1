"""What a terminal shows of a sweep whose rows are columns of any meaning."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from xorsweep.reporting.console import Console


def log_columns(
    results: pd.DataFrame, summary: pd.DataFrame, keys: Sequence[str], console: Console
) -> None:
    """Print the rates of each flag."""
