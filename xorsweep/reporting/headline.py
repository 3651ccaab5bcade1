"""The title of a sweep of networks, and its rate of solution in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.intervals import simultaneous
from xorsweep.reporting.layout import Layout, levels
from xorsweep.reporting.selection import SelectedCells
from xorsweep.reporting.wording import (
    best_text,
    share_text,
    shares_texts,
    with_text,
    within_text,
)
from xorsweep.text import join_words, level_words

MOST_NAMED = 4
"""Lines that are named one by one; of more, those with the lowest and the highest rate."""
KEY_WORDS = {"lr": "learning rate", "hidden": "hidden units", "init": "initial weights"}


def network_title(summary: pd.DataFrame) -> str:
    """Return the question of the sweep, with its keys."""
    layout = Layout.of(summary, swept_columns(summary))
    keys = [key for key in (layout.x, layout.hue, *layout.col) if key]
    by = f", by {join_words([KEY_WORDS.get(key, key) for key in keys])}" if keys else ""
    question = "How often" if summary["runs"].max() > 1 else "Where"
    return f"{question} training {_goal(summary, 's')}{by}"


def network_headline(shown: SelectedCells, layout: Layout, compared: int) -> str:
    """Return how often runs solve the task, by the key that makes lines, at the best of the other.

    Intervals hold for all cells together that the best were selected from. `shown` are the cells of
    the heat map, each with the most epochs of its setting, selected from `compared` cells.
    """
    cells = shown.cells.dropna(subset=["rate"])
    if cells.empty:
        return ""
    x, hue = ("" if key == "epochs" else key for key in (layout.x, layout.hue))
    lines = [
        (_share(_best(line), simultaneous(compared)), level, line)
        for level, line in _lines(cells, hue)
    ]
    within = f"{within_text(cells['epochs'])}{_held_text(cells, layout)}"
    shares = join_words(shares_texts(lines, hue, x))
    return f"Runs that {_goal(cells)} {within}{best_text(cells, x)}: {shares}."


def states_all_rates(shown: SelectedCells, layout: Layout) -> bool:
    """Tell whether the headline names every line, each at the same levels of the other keys."""
    cells = shown.cells.dropna(subset=["rate"])
    held = [key for key in layout.col if key != "epochs"]
    lines = cells[layout.hue].nunique(dropna=False) if layout.hue else 1
    return (
        not shown.thinned
        and 0 < lines <= MOST_NAMED
        and all(cells[key].nunique(dropna=False) == 1 for key in held)
    )


def _goal(rows: pd.DataFrame, ending: str = "") -> str:
    if (rows["task"] == "xor").all():
        return f"solve{ending} XOR"
    return f"meet{ending} the criterion"


def _lines(cells: pd.DataFrame, hue: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield the level of each line and its cells, of many the lowest and the highest line."""
    if not hue:
        yield None, cells
        return
    found = [
        (level, cells[cells[hue].isna() if pd.isna(level) else cells[hue] == level])
        for level in levels(cells, hue)
    ]
    if len(found) > MOST_NAMED:
        found.sort(key=lambda line: float(line[1]["rate"].max()))
        found = [found[0], found[-1]]
    yield from found


def _best(cells: pd.DataFrame) -> pd.Series[Any]:
    """Return the cell with the highest rate, of several the one with most runs."""
    trained = cells["runs"] - cells["failed"]
    order = cells.assign(trained=trained).sort_values(["rate", "trained"], kind="stable")
    return order.iloc[-1]


def _share(cell: pd.Series[Any], confidence: float) -> str:
    return share_text(int(cell["converged"]), int(cell["trained"]), confidence)


def _held_text(cells: pd.DataFrame, layout: Layout) -> str:
    """Return the levels at which the other keys are held, where they are one each."""
    keys: Sequence[str] = [key for key in layout.col if key != "epochs"]
    held = [
        level_words(key, cells[key].iloc[0])
        for key in keys
        if cells[key].nunique(dropna=False) == 1 and pd.notna(cells[key].iloc[0])
    ]
    return with_text(*held)
