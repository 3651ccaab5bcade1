"""Finding: the classes of solutions that runs find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.analysis.intervals import simultaneous
from xorsweep.analysis.solutions import classes_only, label_counts
from xorsweep.networks.schema import component_of
from xorsweep.networks.solutions import rows_text
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.selection import final_epochs_only
from xorsweep.reporting.wording import cell_words, share_text, with_text
from xorsweep.text import count_text, join_words

FEWEST_SOLVED = 30
"""The fewest solved runs with a class for which a cell's shares are reported."""
MOST_CLASSES = 3
"""The number of classes that are named, the most frequent ones."""


def solution_findings(results: pd.DataFrame, summary: pd.DataFrame) -> Iterator[str]:
    """Yield the shares of the classes of solutions in one cell.

    The cell is that with the fewest hidden units that has enough solved runs, of several the one
    with most of them. Limits hold for all shares that are named together.
    """
    index = CellIndex.of_frame(results, swept_columns(results))
    found = label_counts(results["solution"], index)
    counts = [classes_only(each) for each in found]
    cells = final_epochs_only(summary)
    solved = pd.Series([sum(counts[place].values()) for place in cells.index], cells.index)
    enough = cells.assign(solved=solved)[solved >= FEWEST_SOLVED]
    if enough.empty:
        return
    cell = enough.sort_values(["hidden", "solved"], ascending=[True, False], kind="stable").iloc[0]
    mine = counts[int(str(cell.name))]
    named = cell_words(Layout.of(summary, swept_columns(summary)), cell)
    hidden = "" if "hidden" in named else count_text(int(cell["hidden"]), "hidden unit")
    runs = f"{cell['solved']:,} solved runs{with_text(hidden, named)}"
    task = {
        key: cell[key]
        for key in point_columns(summary)
        if key.split(".")[0] == "task" and pd.notna(cell[key])
    }
    yield (
        f"By the functions of their hidden units, the {runs} {_classes_text(mine)}."
        f"{_key_text(task, mine)}"
    )


def _classes_text(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    if len(counts) == 1:
        return f"are all in one class, {next(iter(counts))}"
    first = list(counts.items())[:MOST_CLASSES]
    confidence = simultaneous(len(first))
    shares = [f"{label} {share_text(count, total, confidence)}" for label, count in first]
    left = len(counts) - len(first)
    rest = [count_text(left, "other class", "other classes")] if left else []
    return f"are in {len(counts):,} classes: {join_words([*shares, *rest])}"


def _key_text(task: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    """Return a sentence that explains the functions that are named by numbers."""
    inputs = component_of("task", task).inputs().shape[1]
    labels = list(counts)[:MOST_CLASSES]
    # Functions without a name such as AND are f and a number.
    names = dict.fromkeys(name for label in labels for name in label.split("+") if name[0] == "f")
    texts = [f"{name} is 1 at {rows_text(name, inputs)}" for name in names]
    if not texts:
        return ""
    return (
        f" Here {join_words(texts)} (0 elsewhere). A unit counts as 1 where its weighted sum is "
        "above 0; a unit that computes the complement is in the same class."
    )
