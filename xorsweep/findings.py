"""What a sweep found, in sentences made from its numbers; none that their intervals don't carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.comparisons import NO_DIFFERENCE
from xorsweep.costs import running_time_intervals
from xorsweep.layout import Layout, chosen, is_numeric, level_name, level_text, levels, longest
from xorsweep.rates import rate_interval
from xorsweep.summary import swept_columns

MOST_FINDINGS = 6
FEW_RUNS = 1000
"""Runs in a cell below which the width of an interval is worth a word."""
FEWEST_FOR_A_MEDIAN = 6
"""Runs below which all of them lie on one side of their median more than 5 times in 100."""
ENOUGH_SOLVED = 30
"""Runs that must have converged before a cell's cost has an interval that can be relied on."""
MOST_NAMED = 6

PLATEAUS = {
    "two_rows_at_half": "where two rows share the output one half",
    "three_rows_share": "where three rows share an output of 1/3 or 2/3",
    "all_at_half": "where all rows share the output one half",
    "constant_output": "where the output is 0, or 1, whatever the input",
}


def findings(results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Return up to six findings, most general first, each in a sentence or two with its intervals.

    A difference is said where two 95 % intervals lie apart or a test that is corrected for the
    number of comparisons shows it, and "most" where an interval lies above one half.
    """
    view = _View.of(results, summary)
    parts = (
        _unsolved(view),
        _speed(view),
        _breakdown(view),
        _diverging(view),
        _neighbours(comparisons, view.layout),
        _cheapest(view),
    )
    return [sentence for part in parts for sentence in part][:MOST_FINDINGS]


def remarks(results: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Return what has to be known to read the findings: counts of all runs, and how sure they are.

    The counts have no intervals: a mixture of cells is no sample of anything.
    """
    parts = (_counts(results), _left_again(results), _how_sure(summary))
    return [sentence for part in parts for sentence in part]


@dataclass(frozen=True)
class _View:
    """What the sentences look at: the cells, each at its largest number of epochs.

    Keys that are neither axis nor lines are at their first level; `words` says at which.
    """

    results: pd.DataFrame
    summary: pd.DataFrame
    layout: Layout
    cells: pd.DataFrame
    words: str
    goal: str

    @classmethod
    def of(cls, results: pd.DataFrame, summary: pd.DataFrame) -> _View:
        layout = Layout.of(summary, swept_columns(summary))
        cells, words = _others_first(longest(summary).dropna(subset=["rate"]), layout)
        goal = "solve XOR" if (results["task"] == "xor").all() else "meet the criterion"
        return cls(results, summary, layout, cells, words, goal)

    @property
    def lines(self) -> str:
        """Return the key that is drawn as lines; none where that is the epochs."""
        return "" if self.layout.lines == "epochs" else self.layout.lines

    @property
    def within(self) -> str:
        fewest, most = self.cells["epochs"].min(), self.cells["epochs"].max()
        return (
            f"within {most:,} epochs" if fewest == most else f"within {fewest:,} to {most:,} epochs"
        )

    def by_lines(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the cells at each level that is drawn as a line, with words for it."""
        if not self.lines:
            yield "", self.cells
            return
        some = chosen(self.cells, [self.lines], MOST_NAMED).cells
        for level in levels(some, self.lines):
            yield (
                f" with {_said(self.lines, level)}",
                self.cells[self.cells[self.lines] == level],
            )

    def rows_of(self, cell: pd.Series[Any]) -> pd.DataFrame:
        """Return the runs of a cell."""
        rows = self.results
        for key in swept_columns(self.summary):
            rows = rows[rows[key].isna() if pd.isna(cell[key]) else rows[key] == cell[key]]
        return rows


def _unsolved(view: _View) -> Iterator[str]:
    """Say how often training fails, by the key that is drawn as lines, the other at its best."""
    if view.cells.empty or view.cells["runs"].max() < 2:
        return
    across, where = _best_across(view)
    named = [
        (words, cells[cells[across] == where].iloc[0] if across else cells.iloc[0])
        for words, cells in view.by_lines()
        if not across or (cells[across] == where).any()
    ]
    tried = view.cells[across].nunique() if across else 0
    at = f" at {_said(across, where)}" if across else ""
    best = f"{at}, the best of {tried:,}" if tried > 1 else at
    shares = [f"{_unsolved_share(cell)}{words}" for words, cell in named]
    end = f"{view.words}: {'; '.join(shares)}."
    yield f"Runs that don't {view.goal} {view.within}{best}{best and view.words and ','}{end}"
    words, worst = max(named, key=lambda item: float(item[1]["runs"] - item[1]["converged"]))
    ends = _where_they_end(view, worst)
    if ends:
        yield f"Of the runs{words} that don't{at}, {ends}."


def _unsolved_share(cell: pd.Series[Any]) -> str:
    trained = int(cell["runs"] - cell["failed"])
    return _share(trained - int(cell["converged"]), trained)


def _where_they_end(view: _View, cell: pd.Series[Any]) -> str:
    """Return where most of a cell's unsolved runs sit, if the interval says that most do."""
    rows = view.rows_of(cell)
    unsolved = rows[(rows["status"] == "ok") & ~rows["converged"]]["outcome"]
    counts = unsolved[unsolved.isin(list(PLATEAUS))].astype(str).value_counts()
    if counts.empty:
        return ""
    name, count = str(counts.index[0]), int(counts.iloc[0])
    if rate_interval(count, len(unsolved))[0] <= 0.5:
        return ""
    return f"{_share(count, len(unsolved))} end {PLATEAUS[name]}"


def _speed(view: _View) -> Iterator[str]:
    """Say how the median time depends on the learning rate, at the size that is hardest."""
    if view.layout.across != "lr":
        return
    for words, cells in view.by_lines():
        reached = cells[cells["converged"] >= FEWEST_FOR_A_MEDIAN]
        reached = reached.dropna(subset=["median_epochs_low", "median_epochs_high"])
        reached = reached.sort_values("lr")
        if len(reached) < 2:
            continue
        slow, fast = reached.iloc[0], reached.iloc[reached["median_epochs"].argmin()]
        least = slow["median_epochs_low"] / max(fast["median_epochs_high"], 1)
        if least <= 1:
            continue
        most = slow["median_epochs_high"] / max(fast["median_epochs_low"], 1)
        yield (
            f"Half of the runs{words}{view.words} {view.goal} within {_median(slow)} epochs at "
            f"lr {slow['lr']:g} and within {_median(fast)} at lr {fast['lr']:g}: "
            f"{_number(least)} to {_number(most)} times sooner."
        )
        return


def _breakdown(view: _View) -> Iterator[str]:
    """Say from which learning rate on training breaks down: where intervals lie apart."""
    if view.layout.across != "lr":
        return
    for words, cells in view.by_lines():
        ordered = cells.sort_values("lr")
        for place in range(len(ordered) - 1):
            before, after = ordered.iloc[place], ordered.iloc[place + 1]
            if after["rate_high"] < before["rate_low"]:
                ends = _where_they_end(view, after)
                yield (
                    f"From lr {before['lr']:g} to lr {after['lr']:g} the share of runs{words}"
                    f"{view.words} that {view.goal} {view.within} falls from {_rate(before)} to "
                    f"{_rate(after)}{ends and f'; of the others, {ends}'}."
                )
                return


def _diverging(view: _View) -> Iterator[str]:
    """Say where runs diverge most surely, if they do."""
    cells = view.cells[view.cells["diverged_rate"] > 0]
    if cells.empty:
        return
    most = cells.iloc[cells["diverged_rate_low"].argmax()]
    trained = int(most["runs"] - most["failed"])
    share = _share(round(most["diverged_rate"] * trained), trained)
    yield f"Runs diverge most surely with {_named(view.layout, most)}: {share}."


def _neighbours(comparisons: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Say how many neighbouring cells really differ, and by how much along the lines at most."""
    if comparisons.empty:
        return
    differing = comparisons[comparisons["verdict"] != NO_DIFFERENCE]
    text = (
        f"Compared seed by seed, {len(differing):,} of {_count(len(comparisons), 'pair')} of "
        "neighbouring cells differ in how often they converge (McNemar's exact test, p < 0.05 "
        "after Holm's correction over all of them); for the others no difference was shown."
    )
    along = differing[differing["key"] == layout.lines]
    if len(along):
        most = along.iloc[along["difference"].abs().argmax()]
        higher, lower = ("a", "b") if most["difference"] > 0 else ("b", "a")
        ends = sorted(abs(100 * most[f"difference_{end}"]) for end in ("low", "high"))
        at = ", ".join(
            _said(key, most[key])
            for key in (layout.across, *layout.others)
            if key and pd.notna(most[key])
        )
        text += (
            f" The largest step along {layout.lines}{at and f', at {at},'} is from "
            f"{_said(layout.lines, most[f'level_{lower}'])} up to "
            f"{_said(layout.lines, most[f'level_{higher}'])}: "
            f"{abs(100 * most['difference']):.0f} points [{ends[0]:.0f}, {ends[1]:.0f}]."
        )
    yield text


def _cheapest(view: _View) -> Iterator[str]:
    """Say which cell solves the task for the fewest epochs, those of its failures included."""
    summary = view.summary
    if len(summary) < 2:
        return
    low, high = _costs(view)
    cost = summary["expected_running_time"].where(summary["converged"] >= ENOUGH_SOLVED)
    if cost.notna().sum() < 2:
        return
    best = int(np.nanargmin(cost))
    as_cheap = int((low[cost.notna()] <= high[best]).sum()) - 1
    others = (
        f"{_count(as_cheap, 'other cell')} can't be told from it"
        if as_cheap
        else "every other cell costs more"
    )
    yield (
        "Counting the epochs of runs that fail, too, a solution costs the fewest epochs with "
        f"{_named(view.layout, summary.iloc[best])}: {cost.iloc[best]:,.0f} "
        f"[{low[best]:,.0f}, {high[best]:,.0f}]; {others}."
    )


def _costs(view: _View) -> tuple[Any, Any]:
    """Return the limits (cells,) of what a solution costs, in the order of the summary."""
    rows = view.results[view.results["status"] != "failed"]
    swept = swept_columns(view.summary)
    every = view.results.groupby(swept, sort=False, observed=True, dropna=False).ngroup()
    cell = every.to_numpy()[(view.results["status"] != "failed").to_numpy()]
    spent = rows["converged_epoch"].fillna(rows["epochs"]).to_numpy(np.float64)
    low, high = np.full((2, len(view.summary)), np.nan)
    found = running_time_intervals(cell, spent, rows["converged"].to_numpy(np.float64))
    low[: len(found[0])], high[: len(found[1])] = found
    return low, high


def _counts(results: pd.DataFrame) -> Iterator[str]:
    ended = results["status"].value_counts()
    trained = len(results) - int(ended.get("failed", 0))
    if trained:
        converged = int(results["converged"].sum())
        yield (
            f"Of {_count(trained, 'run')} trained, {converged:,} met the criterion within "
            f"{'its' if trained == 1 else 'their'} epochs."
        )
    for status, text in (("diverged", "diverged"), ("failed", "couldn't be trained")):
        if ended.get(status, 0):
            yield f"{_count(int(ended[status]), 'run')} {text}."


def _left_again(results: pd.DataFrame) -> Iterator[str]:
    left = int((results["converged"] & ~results["holds_at_end"]).sum())
    if left:
        yield (
            f"{_count(left, 'run')} met the criterion and no longer did after the last epoch: "
            "converged is not yet settled."
        )


def _how_sure(summary: pd.DataFrame) -> Iterator[str]:
    runs = int((summary["runs"] - summary["failed"]).min())
    if 0 < runs < FEW_RUNS:
        low, high = rate_interval(runs // 2, runs)
        yield (
            f"With {_count(runs, 'run')} a cell, an interval is up to {100 * (high - low):.0f} "
            f"points wide; {FEW_RUNS:,} seeds would bring that down to "
            f"{100 * np.subtract(*rate_interval(FEW_RUNS // 2, FEW_RUNS)[::-1]):.0f}."
        )


def _share(count: int, total: int) -> str:
    low, high = rate_interval(count, total)
    words = {0: f"none of {total:,}", total: f"all {total:,}"}
    text = words.get(count, f"{_percent(count / total)} %")
    return f"{text} [{_percent(low)}, {_percent(high)}{' %' if count in words else ''}]"


def _rate(cell: Any) -> str:
    low, high = _percent(cell["rate_low"]), _percent(cell["rate_high"])
    return f"{_percent(cell['rate'])} % [{low}, {high}]"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}".removesuffix(".0")


def _number(times: float) -> str:
    return f"{times:.1f}" if times < 10 else f"{times:,.0f}"


def _median(cell: Any) -> str:
    low, high = cell["median_epochs_low"], cell["median_epochs_high"]
    return f"{cell['median_epochs']:,.0f} [{low:,.0f}, {high:,.0f}]"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _said(key: str, level: Any) -> str:
    """Return a level with its key, in the words of someone who has never seen the configuration."""
    if key == "hidden":
        return f"{level_name(level)} hidden unit{'' if level == 1 else 's'}"
    return level_text(key, level)


def _named(layout: Layout, cell: Any) -> str:
    keys = [layout.across, layout.lines, *layout.others]
    return ", ".join(_said(key, cell[key]) for key in keys if key and pd.notna(cell[key]))


def _best_across(view: _View) -> tuple[str, Any]:
    """Return the key along the axis and its level with the most runs converged."""
    across = view.layout.across
    if not across or across == "epochs":
        return "", None
    rows = view.cells[view.cells[across].notna()]
    if rows.empty:
        return "", None
    best = rows.groupby(across, sort=False, observed=True)["converged"].sum().idxmax()
    return across, rows[across].dtype.type(best) if is_numeric(rows[across]) else best


def _others_first(rows: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, str]:
    """Return the rows at the first level of the keys not drawn as axis or lines, and its words."""
    words = ""
    for key in layout.others:
        if key == "epochs" or rows.empty:
            continue
        level = rows[key].iloc[0]
        if pd.isna(level):  # another choice of its group has this key
            rows = rows[rows[key].isna()]
            continue
        words += f"{',' if words else ' with'} {_said(key, level)}"
        rows = rows[rows[key] == level]
    return rows, words
