"""What a sweep found, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.comparisons import NO_DIFFERENCE
from xorsweep.layout import Layout, is_numeric, level_text, levels, longest
from xorsweep.measures import LEVELS
from xorsweep.rates import rate_interval
from xorsweep.summary import swept_columns

FEW_RUNS = 1000
"""Runs in a cell below which the width of an interval is worth a word."""
MOST_NAMED = 6

PLATEAUS = {
    "two_rows_at_half": "at 1/4, where two rows share the output one half",
    "three_rows_share": "at 1/3, where three rows share an output of 1/3 or 2/3",
    "all_at_half": "at 1/2, where all rows share the output one half",
    "constant_output": "at 1, where the output is 0 or 1 whatever the input",
}


def findings(results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Return the main findings, most general first, each a sentence or two with its intervals."""
    layout = Layout.of(summary, swept_columns(summary))
    parts = (
        _counts(results),
        _by_lines(summary, layout),
        _speed(summary, layout),
        _too_large(summary, layout),
        _neighbours(comparisons),
        _cheapest(summary, layout),
        _where_stuck(results),
        _left_again(results),
        _how_sure(summary),
    )
    return [sentence for part in parts for sentence in part]


def _counts(results: pd.DataFrame) -> Iterator[str]:
    ended = results["status"].value_counts()
    trained = len(results) - int(ended.get("failed", 0))
    converged = int(results["converged"].sum())
    if trained:
        yield (
            f"Of {_runs(trained)} trained, {converged:,} met the criterion within "
            f"{'its' if trained == 1 else 'their'} epochs{_of(converged, trained)}."
        )
    for status, text in (("diverged", "diverged"), ("failed", "couldn't be trained")):
        if ended.get(status, 0):
            yield f"{_runs(int(ended[status]))} {text}."


def _by_lines(summary: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Say how the rate depends on the key that is drawn as lines, the others at their best."""
    rows = longest(summary).dropna(subset=["rate"])
    if rows.empty:
        return
    rows, others = _others_first(rows, layout)
    rows, where = _best_across(rows, layout.across)
    if not layout.lines or layout.lines == "epochs" or rows[layout.lines].nunique() < 2:
        return
    shown = levels(rows, layout.lines, MOST_NAMED)
    rates = [
        f"{level_text(layout.lines, level)}: " + _rate(rows[rows[layout.lines] == level].iloc[0])
        for level in shown
    ]
    yield f"{_within(rows)}{where}{others}, training converged at {'; '.join(rates)}."


def _speed(summary: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Say how the median time depends on the learning rate, at the size that is hardest."""
    if layout.across != "lr":
        return
    rows, others = _others_first(longest(summary), layout)
    for level, part in _by(rows, layout.lines):
        reached = part.dropna(subset=["median_epochs"]).sort_values("lr")
        if len(reached) < 2:
            continue
        slow = reached.iloc[0]
        fast = reached.iloc[reached["median_epochs"].argmin()]
        if fast["median_epochs"] >= slow["median_epochs"]:
            continue
        times = slow["median_epochs"] / fast["median_epochs"]
        yield (
            f"{_with(layout.lines, level)}{others} half of the runs have converged after "
            f"{_median(slow)} epochs at lr {slow['lr']:g} and after {_median(fast)} at "
            f"lr {fast['lr']:g}, {times:.0f} times sooner."
        )
        return


def _too_large(summary: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Say from which learning rate on training breaks down: where intervals no longer overlap."""
    if layout.across != "lr":
        return
    rows, others = _others_first(longest(summary), layout)
    for level, part in _by(rows, layout.lines):
        ordered = part.dropna(subset=["rate"]).sort_values("lr")
        for before, after in zip(
            ordered.to_dict("records")[:-1], ordered.to_dict("records")[1:], strict=True
        ):
            if after["rate_high"] < before["rate_low"]:
                yield (
                    f"{_with(layout.lines, level)}{others} the rate falls from {_rate(before)} at "
                    f"lr {before['lr']:g} to {_rate(after)} at lr {after['lr']:g}: "
                    "steps that large overshoot."
                )
                return


def _neighbours(comparisons: pd.DataFrame) -> Iterator[str]:
    """Say how many neighbouring cells really differ."""
    if len(comparisons):
        differ = int((comparisons["verdict"] != NO_DIFFERENCE).sum())
        yield (
            f"Compared on the seeds that they share, {differ:,} of "
            f"{_count(len(comparisons), 'pair')} of neighbouring cells differ in how often they "
            "converge (McNemar's exact test, p < 0.05 after Holm's correction); for the others no "
            "difference was shown."
        )


def _cheapest(summary: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Say which cell solves the task for the fewest epochs, those of its failures included."""
    solved = summary.dropna(subset=["expected_running_time"])
    if len(solved) < 2:
        return
    best = solved.iloc[solved["expected_running_time"].argmin()]
    keys = [layout.across, layout.lines, *layout.others]
    names = ", ".join(level_text(key, best[key]) for key in keys if key and pd.notna(best[key]))
    yield (
        "Counting the epochs of runs that failed, a solution is cheapest with "
        f"{names}: {best['expected_running_time']:,.0f} epochs, at a rate of {_rate(best)}."
    )


def _where_stuck(results: pd.DataFrame) -> Iterator[str]:
    """Say at which levels the runs sit that didn't solve the task."""
    rows = longest(results)
    unsolved = rows[(rows["status"] == "ok") & (rows["outcome"] != "solved")]
    counts = unsolved["outcome"].value_counts()
    stuck = {name: int(counts.get(name, 0)) for name in LEVELS}
    total = sum(stuck.values())
    if not total:
        return
    places = [
        f"{count:,} {PLATEAUS[name]}"
        for name, count in sorted(stuck.items(), key=lambda item: -item[1])
        if count
    ]
    yield (
        f"{_within(rows)} {_runs(len(unsolved))} ended without solving the task, and {total:,} of "
        f"them{_of(total, len(unsolved))} at a level of the error at which rows share one output: "
        f"{'; '.join(places)}."
    )


def _left_again(results: pd.DataFrame) -> Iterator[str]:
    left = int((results["converged"] & ~results["holds_at_end"]).sum())
    if left:
        yield (
            f"{_runs(left)} met the criterion and no longer did after the last epoch: "
            "converged is not yet settled."
        )


def _how_sure(summary: pd.DataFrame) -> Iterator[str]:
    runs = int((summary["runs"] - summary["failed"]).min())
    if 0 < runs < FEW_RUNS:
        low, high = rate_interval(runs // 2, runs)
        yield (
            f"With {_runs(runs)} a cell, an interval is up to {100 * (high - low):.0f} points "
            f"wide; {FEW_RUNS:,} seeds would bring that down to "
            f"{100 * np.subtract(*rate_interval(FEW_RUNS // 2, FEW_RUNS)[::-1]):.0f}."
        )


def _of(count: int, total: int) -> str:
    """Return a share; without an interval, since a mixture of cells is no sample of anything."""
    return f" ({_percent(count / total)} %)" if total else ""


def _rate(cell: Any) -> str:
    low, high = _percent(cell["rate_low"]), _percent(cell["rate_high"])
    return f"{_percent(cell['rate'])} % [{low}, {high}]"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}".removesuffix(".0")


def _median(cell: Any) -> str:
    ends = (cell["median_epochs_low"], cell["median_epochs_high"])
    low, high = ("not reached" if np.isnan(end) else f"{end:,.0f}" for end in ends)
    return f"{cell['median_epochs']:,.0f} [{low}, {high}]"


def _runs(count: int) -> str:
    return _count(count, "run")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _within(rows: pd.DataFrame) -> str:
    return f"Within {rows['epochs'].max():,} epochs"


def _with(key: str, level: Any) -> str:
    return f"With {level_text(key, level)}" if key else "Here"


def _by(rows: pd.DataFrame, key: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    if not key:
        yield None, rows
        return
    for level in levels(rows, key):
        yield level, rows[rows[key] == level]


def _best_across(rows: pd.DataFrame, key: str) -> tuple[pd.DataFrame, str]:
    """Return the rows at the level of a key with the most runs converged, and words for it."""
    if not key or key == "epochs":
        return rows, ""
    best = rows.groupby(key, sort=False, observed=True)["converged"].sum().idxmax()
    number = is_numeric(rows[key])
    return rows[rows[key] == best], f" at {key} {best:g}" if number else f" with {key} {best}"


def _others_first(rows: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, str]:
    """Return the rows at the first level of the keys not drawn as axis or lines, and its words."""
    words = ""
    for key in layout.others:
        level = rows[key].iloc[0]
        if key == "epochs":
            continue
        if pd.isna(level):  # another choice of its group has this key
            rows = rows[rows[key].isna()]
            continue
        words += f", {level_text(key, level)}"
        rows = rows[rows[key] == level]
    return rows, words
