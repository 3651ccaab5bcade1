"""The sentences about two sweeps side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.analysis.sweep_comparison import PAIRED, SweepComparison
from xorsweep.reporting.tables import difference_text
from xorsweep.reporting.wording import levels_text
from xorsweep.text import count_text, percent_text


def comparison_findings(found: SweepComparison, event: str) -> Iterator[str]:
    """Yield how many settings differ and which differs most, in how often an event happens."""
    cells, differing = found.cells, found.differing
    higher = {which: int((differing["verdict"] == f"{which} higher").sum()) for which in ("a", "b")}
    if len(cells) == 1:
        yield from _one_cell_findings(found, event)
    elif differing.empty:
        yield (
            f"In none of {count_text(len(cells), 'setting')} do the sweeps differ beyond chance in "
            f"how often {event}. That doesn't show that they are equal."
        )
    else:
        yield (
            f"In {len(differing):,} of {count_text(len(cells), 'setting')} the sweeps differ "
            f"beyond chance in how often {event}: a is higher in {higher['a']:,}, b in "
            f"{higher['b']:,}."
        )
        largest = found.largest.to_dict("records")
        most, ties = largest[0], len(largest) - 1
        others = f"; it is as large in {count_text(ties, 'other setting')}" if ties else ""
        yield (
            f"The largest difference is with {setting_text(most, found.keys)}: {_rates_text(most)}"
            f"{others}."
        )
    if found.points:
        points = count_text(found.points, "point")
        same = {0: f"None of {points}", found.points: f"All {points}"}
        yield (
            f"{same.get(found.same, f'{found.same:,} of {points}')} in both ended with the same "
            "error to the last bit and converged at the same epoch."
        )
    for which, only in (("a", found.only_a), ("b", found.only_b)):
        if len(only):
            yield f"{count_text(len(only), 'setting')} only in {which}: not compared."


def _one_cell_findings(found: SweepComparison, event: str) -> Iterator[str]:
    (cell,) = found.cells.to_dict("records")
    if cell["verdict"] == NO_DIFFERENCE:
        yield (
            f"The sweeps don't differ beyond chance in how often {event} in the one setting "
            "compared. That doesn't show that they are equal."
        )
    else:
        yield (
            f"The sweeps differ beyond chance in how often {event} in the one setting compared: "
            f"{cell['verdict']}, {_rates_text(cell)}."
        )


def _rates_text(cell: Any) -> str:
    return (
        f"{percent_text(cell['rate_a'], 0)} % in a and {percent_text(cell['rate_b'], 0)} % in b, "
        f"{difference_text(cell)}"
    )


def describe_tests(found: SweepComparison) -> str:
    """Return which tests compared the settings, and how to read them."""
    count, paired = len(found.cells), int((found.cells["test"] == PAIRED).sum())
    tests = [
        f"{count_text(cells, 'setting')} with {seeds}"
        for cells, seeds in (
            (paired, "the same seeds in both, compared run by run by McNemar's exact test"),
            (count - paired, "other seeds, compared by Fisher's exact test"),
        )
        if cells
    ]
    corrected = largest = epochs = ""
    if count != 1:
        corrected = f" after Holm's correction for {count_text(count, 'setting')}"
        largest = "; that of the largest difference is corrected for all settings"
    if "epochs" in found.keys:
        epochs = (
            " Of settings that differ only in epochs, those with the most that both sweeps have "
            "are compared; --epochs selects others."
        )
    return (
        f"{'; '.join(tests)}. Beyond chance means p < 0.05{corrected}. "
        f"Brackets are 95 % confidence intervals{largest}.{epochs}"
    )


def setting_text(cell: Any, keys: Sequence[str]) -> str:
    """Return the levels of a setting in words."""
    return levels_text(cell, keys) or "all runs"
