"""Texts of numbers in a report's sentences: shares, counts, levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from xorsweep.analysis.intervals import CONFIDENCE, rate_interval
from xorsweep.reporting.layout import Layout
from xorsweep.text import any_level_words, level_text, level_words, percent_text

PLATEAU_TEXTS = {
    "two_rows_at_half": "where two outputs are right and two are at one half",
    "three_rows_share": "where one output is right and three are at the mean of their targets",
    "all_at_half": "where all outputs are at one half",
    "constant_output": "where all outputs are at the same target",
}
ANSWER_TEXTS = {
    "one_row_wrong": "answer one row wrong, with every output at a target",
    "two_rows_wrong": "answer two rows wrong, with every output at a target",
    "diverged": "diverge",
}
"""Texts about runs that neither solve the task nor are at a plateau."""
END_TEXTS = {
    "solved": "solved at the end",
    "one_row_wrong": "one row is wrong at the end, with every output at a target",
    "two_rows_wrong": "two rows are wrong at the end, with every output at a target",
    "diverged": "it diverged",
}
"""Texts about how one run ended, other than at a plateau."""
ENDS = (*PLATEAU_TEXTS, *ANSWER_TEXTS)
"""Named outcomes of runs that don't solve the task."""

LEVEL_WORDS = {"lr": "learning rates", "hidden": "hidden sizes"}
MOST_TIES = 4
"""Levels with the same rate that are named one by one."""
WIDE = 0.05
"""The width from which an interval of a share says nothing about tenths of a percent."""


def share_text(count: int, total: int, confidence: float = CONFIDENCE) -> str:
    """Return a share with its interval in percent; only none and all are 0 % and 100 %."""
    low, high = rate_interval(count, total, confidence)
    share, low_text, high_text = percent_texts(count / total, low, high)
    return f"{share} % [{low_text}, {high_text}]"


def percent_texts(value: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a number and its limits in percent, without decimals where the interval is wide."""
    digits = 0 if high - low >= WIDE else 1
    return percent_text(value, digits), percent_text(low, digits), percent_text(high, digits)


def times_text(ratio: float) -> str:
    """Return a ratio with at least two digits."""
    return f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"


def range_text(numbers: Iterable[int]) -> str:
    """Return the minimum and the maximum of some numbers, or the number if there is only one."""
    different = sorted(set(numbers))
    ends = dict.fromkeys((different[0], different[-1]))
    return " to ".join(f"{number:,}" for number in ends)


def within_text(epochs: Iterable[int]) -> str:
    """Return the epochs of some cells as the time within which something happened."""
    different = set(epochs)
    return f"within {'their ' if len(different) > 1 else ''}{range_text(different)} epochs"


def at_epochs_text(epochs: Iterable[int], of: str = "each") -> str:
    """Return the epochs at which cells are, where their own are the most of several."""
    different = set(epochs)
    return f" at {f'{different.pop():,}' if len(different) == 1 else 'the most'} epochs" + (
        f" of {of}" if different else ""
    )


def with_text(*names: str) -> str:
    """Return words that identify runs by their levels, or an empty text without levels."""
    known = [name for name in names if name]
    return f" with {', '.join(known)}" if known else ""


def best_text(cells: pd.DataFrame, x: str) -> str:
    """Return of how many levels the best was selected, nothing where there is one."""
    tried = cells[x].nunique(dropna=False) if x else 1
    return f", at the best of {tried:,} {_levels_words(x)}" * (tried > 1)


def _levels_words(key: str) -> str:
    return LEVEL_WORDS.get(key, f"levels of {key}")


def shares_texts(lines: Iterable[tuple[str, Any, pd.DataFrame]], hue: str, x: str) -> list[str]:
    """Return shares with their lines, and with the levels of the x axis at which they are best.

    Lines with the same share at the same place are named together. Each line has the share at its
    best cell, its level and its cells; `x` is the key along a line.
    """
    found: dict[tuple[str, str], list[Any]] = {}
    for share, level, cells in lines:
        found.setdefault((share, _place_text(cells, x)), []).append(level)
    return [f"{share}{_lines_text(hue, some)}{place}" for (share, place), some in found.items()]


def _lines_text(hue: str, found: Sequence[Any]) -> str:
    """Return the words for lines by their levels, nothing where there is one line."""
    if not hue:
        return ""
    known = [level for level in found if pd.notna(level)]
    texts = [with_text(any_level_words(hue, known))] if known else []
    return " or".join([*texts, *[f" without {hue}"] * (len(known) < len(found))])


def _place_text(line: pd.DataFrame, x: str) -> str:
    """Return the levels at which a line has its highest rate, nothing where there is one level."""
    if not x or len(line) == 1:
        return ""
    best = line[line["rate"] == line["rate"].max()]
    if len(best) == len(line):
        return f" (the same at all {_levels_words(x)})"
    names = best[x].to_list()
    if len(names) > MOST_TIES:
        return f" ({level_words(x, names[0])} or {len(names) - 1:,} other levels)"
    return f" ({any_level_words(x, names)})"


def levels_text(cell: Any, keys: Iterable[str]) -> str:
    """Return the levels of a cell with their keys, without those that its components don't have."""
    return ", ".join(level_text(key, cell[key]) for key in keys if pd.notna(cell[key]))


def cell_words(layout: Layout, cell: Any) -> str:
    """Return the levels that distinguish a cell from the others."""
    keys = [layout.x, layout.hue, *layout.col]
    return ", ".join(level_words(key, cell[key]) for key in keys if key and pd.notna(cell[key]))


def outcome_text(outcome: str, epochs: int) -> str:
    """Return the text of an outcome after a number of epochs."""
    if outcome in PLATEAU_TEXTS:
        return f"are still at the plateau {PLATEAU_TEXTS[outcome]} after {epochs:,} epochs"
    return ANSWER_TEXTS[outcome]


def end_text(outcome: str, epochs: int) -> str:
    """Return how one run ended after a number of epochs."""
    if outcome in PLATEAU_TEXTS:
        return f"still at the plateau {PLATEAU_TEXTS[outcome]} after {epochs:,} epochs"
    return END_TEXTS.get(outcome, "its outputs show no known pattern at the end")


def continued_text(runs: pd.DataFrame) -> str:
    """Return how many runs, as returned by `continued`, were solved after their most epochs."""
    solved = int(runs.loc[runs["last_outcome"] == "solved", "runs"].sum())
    after = f"solved after {range_text(runs['last_epochs'])} epochs"
    if runs["runs"].sum() == 1:
        return f"it was{'' if solved else ' not'} {after}"
    count = f"{solved:,} of them" if solved else "none of them"
    return f"{count} {'was' if solved == 1 else 'were'} {after}"
