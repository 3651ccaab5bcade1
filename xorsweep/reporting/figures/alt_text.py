"""Parts of the text alternatives of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from xorsweep.reporting.layout import levels
from xorsweep.text import level_name, level_text

MOST_NAMED = 8
"""Levels that an alternative text names one by one; of more only the first and the last."""


def by_level(frame: pd.DataFrame, key: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows at each level with the words for it; all together where there are many."""
    found = levels(frame, key) if key else []
    if not 1 < len(found) <= MOST_NAMED:
        yield "", frame
        return
    for level in found:
        yield f"{level_text(key, level)}, ", frame[frame[key] == level]


def ranges(
    frame: pd.DataFrame,
    key: str,
    values: pd.Series[Any],
    text: Callable[[float], str] = "{:.0%}".format,
) -> str:
    """Return the range of the values of some rows at each level of a key, in words."""
    parts = []
    for words, rows in by_level(frame, key):
        here = values[rows.index]
        ends = dict.fromkeys(text(end) for end in (here.min(), here.max()))
        parts.append(words + " to ".join(ends).replace("%", " %"))
    return "; ".join(parts)


def along(cells: pd.DataFrame, key: str) -> str:
    """Return a key with its levels, all of them or the first and the last, in words."""
    found = levels(cells, key)
    if len(found) <= MOST_NAMED:
        return f"{key} {', '.join(map(level_name, found))}"
    return f"{key}, {len(found):,} levels from {level_name(found[0])} to {level_name(found[-1])},"
