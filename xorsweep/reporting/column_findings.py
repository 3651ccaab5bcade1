"""What the columns of a sweep say, in sentences that the intervals of its numbers support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd


def column_findings(
    results: pd.DataFrame, summary: pd.DataFrame, keys: Sequence[str], times: Mapping[str, str]
) -> list[str]:
    """Return sentences on the rates of flags and the medians of numbers."""
    return []
