"""Finding: how well the initial weights predict that training fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.initial_weights import FEWEST_RUNS, WeightCell, weight_cells
from xorsweep.analysis.intervals import simultaneous
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.selection import final_epochs_only
from xorsweep.reporting.wording import at_epochs_text, cell_words, share_text, with_text
from xorsweep.text import count_text

FIFTHS = 5
FEWEST_OF_A_KIND = 20
"""The fewest runs that converge, and that don't, for which a cell's AUC is reported."""


def weight_findings(results: pd.DataFrame, summary: pd.DataFrame) -> Iterator[str]:
    """Yield how often training fails in the lowest and the highest fifth of weight differences.

    The cell is the first with enough runs of either kind, at its most epochs; of several the
    number is given in which the difference tells them apart, with limits corrected for all.
    """
    last = final_epochs_only(summary)
    cells = [
        cell
        for cell in weight_cells(results)
        if cell.place in last.index
        and min(cell.unsolved.sum(), (~cell.unsolved).sum()) >= FEWEST_OF_A_KIND
    ]
    when = at_epochs_text(last["epochs"]) if len(last) < len(summary) else ""
    for cell in cells[:1]:
        groups = cell.groups(FIFTHS)
        low, high = (_group_text(groups.iloc[place]) for place in (0, -1))
        layout, row = Layout.of(summary, swept_columns(summary)), summary.loc[cell.place]
        named = cell_words(layout, row)
        hidden = "" if "hidden" in named else "2 hidden units"
        area = cell.auc
        yield (
            f"{count_text(len(cell.unsolved), 'run')}{with_text(hidden, named)} are sorted by the "
            f"largest difference between a hidden unit's two initial weights: of the {low[0]} with "
            f"the smallest difference {low[1]} don't converge, of the {high[0]} with the largest "
            f"{high[1]}. The AUC is {area.value:.2f} [{area.low:.2f}, {area.high:.2f}]; without a "
            f"relation it would be one half.{_others(cells, when)}"
        )


def _group_text(group: pd.Series[Any]) -> tuple[str, str]:
    runs = int(group["runs"])
    return f"{runs:,}", share_text(int(group["unsolved"]), runs)


def _others(cells: list[WeightCell], when: str) -> str:
    """Return in how many of several cells runs that fail have larger, or smaller, differences."""
    if len(cells) < 2:
        return ""
    areas = [cell.auc_with(simultaneous(len(cells))) for cell in cells]
    larger = sum(area.low > 0.5 for area in areas)
    smaller = sum(area.high < 0.5 for area in areas)
    below = f", and below it in {smaller:,}" if smaller else ""
    return (
        f" It is above one half, with an interval that is corrected for all of them, in "
        f"{larger:,} of {len(cells):,} settings{when} with at least {FEWEST_RUNS:,} runs{below}."
    )
