"""Findings of a sweep: sentences that are supported by intervals or tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.intervals import rate_interval, running_time_intervals, simultaneous
from xorsweep.analysis.paired_tests import A_HIGHER, NO_DIFFERENCE, difference_interval
from xorsweep.analysis.time_ratios import TimeRatio, time_ratio
from xorsweep.analysis.trainings import continued
from xorsweep.reporting.layout import Layout, levels
from xorsweep.reporting.selection import best_first, final_epochs_only, select_cells
from xorsweep.reporting.tables import swept_in
from xorsweep.reporting.wording import (
    ENDS,
    PLATEAU_TEXTS,
    at_epochs_text,
    best_text,
    cell_words,
    continued_text,
    outcome_text,
    percent_texts,
    share_text,
    shares_texts,
    times_text,
    with_text,
    within_text,
)
from xorsweep.storage.compact_columns import take_rows
from xorsweep.text import count_text, level_name, level_words, percent_text

MOST_FINDINGS = 7
RUN_COLUMNS = ("seed", "status", "outcome", "converged", "converged_epoch")
"""The columns of results that tell how runs ended."""
# 2 / 2**6 is 0.03; 2 / 2**5 would be 0.06.
FEWEST_FOR_A_MEDIAN = 6
"""Runs below which all of them lie on one side of their median more than 5 times in 100."""
ENOUGH_SOLVED = 30
"""Runs that must have converged before a cell's cost has an interval that can be relied on."""
MOST_NAMED = 6
"""Levels drawn as lines that are named one by one: of more, evenly spaced ones and the best."""


@dataclass(frozen=True)
class _View:
    """The cells that the sentences are about, each at its largest number of epochs.

    `index` has the cell of each row of the results, as the summary numbers them. `shown` are the
    cells whose keys other than `x` and `hue` are at their level in the best cell, `fixed` names
    these levels, and `panels` counts their combinations. `when` says at which epochs the cells are,
    where others have fewer.
    """

    results: pd.DataFrame
    index: CellIndex
    layout: Layout
    x: str
    hue: str
    cells: pd.DataFrame
    shown: pd.DataFrame
    fixed: tuple[str, ...]
    panels: int
    goal: str
    when: str

    @classmethod
    def of(cls, results: pd.DataFrame, summary: pd.DataFrame) -> _View:
        layout = Layout.of(summary, swept_columns(summary))
        # Cells whose runs all failed have no rate.
        known = summary.dropna(subset=["rate"])
        cells = final_epochs_only(known)
        when = at_epochs_text(cells["epochs"]) if len(cells) < len(known) else ""
        cells = cells.assign(trained=cells["runs"] - cells["failed"])
        shown, fixed = cells, []
        held = [key for key in layout.col if key != "epochs"] if len(cells) else []
        # A slice, as there may be no cells; then no key is held either.
        best = best_first(cells).argsort()[:1]
        for key in held:
            level = cells[key].iloc[best].item()
            shown = shown[_having(shown[key], level)]
            if pd.notna(level):  # else another component of its group has this key
                fixed.append(level_words(key, level))
        goal = "solve XOR" if (results["task"] == "xor").all() else "meet the criterion"
        x, hue = ("" if key == "epochs" else key for key in (layout.x, layout.hue))
        index = CellIndex.of_frame(results, swept_columns(results))
        panels = len(cells[held].drop_duplicates()) if held else 1
        return cls(results, index, layout, x, hue, cells, shown, tuple(fixed), panels, goal, when)

    def by_line(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the cells at each level that is drawn as a line, with the name of the level.

        Those without the key, which another component of its group has, have no name for it.
        """
        if not self.hue:
            yield "", self.shown
            return
        for level in levels(select_cells(self.shown, [self.hue], MOST_NAMED).cells, self.hue):
            name = "" if pd.isna(level) else level_words(self.hue, level)
            yield name, self.shown[_having(self.shown[self.hue], level)]

    def those_with(self, line: str) -> str:
        """Return the words that tell the runs on a line from the others."""
        return with_text(line, *self.fixed)

    def runs_of(self, cell: pd.Series[Any]) -> pd.DataFrame:
        """Return how the runs of a cell ended, by their rows."""
        return take_rows(self.results, self.index.rows_of(int(str(cell.name))), RUN_COLUMNS)


def _having(column: pd.Series[Any], level: Any) -> Any:
    """Tell where a column has a level (n,), which may be none."""
    return column.isna() if pd.isna(level) else column == level


def findings(
    results: pd.DataFrame,
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    has_rates: bool = True,
) -> list[str]:
    """Return up to seven findings, most general first, each with its intervals or its test.

    A difference is reported where a test or an interval shows it that is corrected for the number
    of those it was selected from, and "most" where an interval lies above one half.

    Args:
        results: All rows of the sweep.
        summary: The cells, all of them or those of some epochs; of each the most epochs count.
        comparisons: The paired tests of neighbouring cells of this summary.
        has_rates: Whether to begin with the rates of the best settings.
    """
    view = _View.of(results, summary)
    parts = (
        _rates(view, has_rates),
        _speed(view),
        _fall(view, comparisons),
        _diverging(view),
        _neighbours(view, comparisons),
        _cheapest(view),
    )
    return [sentence for part in parts for sentence in part][:MOST_FINDINGS]


def _best_of(cells: pd.DataFrame, panels: int) -> tuple[pd.Series[Any], str]:
    """Return the best of some cells and the share of its runs that converged.

    Of cells that tie that with the most runs; the interval is corrected for the cells compared.
    """
    best = cells[cells["rate"] == cells["rate"].max()]
    cell = best.iloc[int(best["trained"].argmax())]
    trained = int(cell["trained"])
    confidence = simultaneous(len(cells) * panels)
    return cell, share_text(int(cell["converged"]), trained, confidence)


def _rates(view: _View, has_rates: bool) -> Iterator[str]:
    """Yield how often training succeeds, by the key drawn as lines, the other at its best.

    How most of the other runs end follows, where the rate is lowest.
    """
    # A rate takes more than one run.
    if view.shown.empty or view.shown["trained"].max() < 2:
        return
    lines = list(view.by_line())
    found = [(line, *_best_of(cells, view.panels)) for line, cells in lines]
    if has_rates:
        shares = [
            (share, cells[view.hue].iloc[0] if view.hue else None, cells)
            for (_, cells), (*_, share) in zip(lines, found, strict=True)
        ]
        texts = "; ".join(shares_texts(shares, view.hue, view.x))
        within = within_text(pd.concat([cells["epochs"] for _, cells in lines]))
        levels_left = view.shown[view.hue].nunique(dropna=False) - len(found) if view.hue else 0
        left = f"; summary.csv has {levels_left:,} more levels of {view.hue}" * (levels_left > 0)
        yield (
            f"Runs that {view.goal} {within}{with_text(*view.fixed)}"
            f"{best_text(view.shown, view.x)}: {texts}{left}."
        )
    # Of the line with the most failures it is most important how they end.
    line, worst, _ = min(found, key=lambda item: float(item[1]["rate"]))
    if end := _most_end(view, worst):
        at = f" at {level_words(view.x, worst[view.x])}" if view.x else ""
        yield f"Of the unsolved runs{view.those_with(line)}{at}, {end}."


def _most_end(view: _View, cell: pd.Series[Any]) -> str:
    """Return how most of the runs of a cell end that don't converge, if an interval shows it.

    Runs that diverged are among them. A plateau that they are at is followed by their later outcome
    with more epochs, where the sweep has these.
    """
    rows = view.runs_of(cell)
    rows = rows[(rows["status"] != "failed") & ~rows["converged"]]
    outcomes = rows["outcome"].astype(str)
    counts = outcomes[outcomes.isin(ENDS)].value_counts()
    if counts.empty:
        return ""
    # The most frequent one is selected from all ends, hence the correction.
    name, count, confidence = str(counts.index[0]), int(counts.iloc[0]), simultaneous(len(ENDS))
    if rate_interval(count, len(rows), confidence)[0] <= 0.5:
        return ""
    share = share_text(count, len(rows), confidence)
    text = f"{share} {outcome_text(name, int(cell['epochs']))}"
    if name in PLATEAU_TEXTS and view.results["epochs"].max() > cell["epochs"]:
        at_plateau = np.zeros(len(view.results), bool)
        # The index of `rows` has their places in the results.
        at_plateau[rows.index[outcomes == name]] = True
        later = continued(view.results, at_plateau)
        if len(later):
            text += f" ({continued_text(later)})"
    return text


def _speed(view: _View) -> Iterator[str]:
    """Yield how many times sooner the same seeds converge at another learning rate than the lowest.

    It is the fastest that is named, at the first line that shows a difference; the interval is
    corrected for all pairs of learning rates on all lines.
    """
    if view.x != "lr":
        return
    lines = [(line, _timed(cells)) for line, cells in view.by_line()]
    pairs = sum(len(cells) * (len(cells) - 1) // 2 for _, cells in lines)
    confidence = simultaneous(pairs * view.panels)
    for line, cells in lines:
        if len(cells) < 2:
            continue
        slow, fast = cells.iloc[0], cells.iloc[int(cells["median_epochs"].argmin())]
        ratio = time_ratio(view.runs_of(slow), view.runs_of(fast), confidence)
        if ratio and ratio.low > 1:
            yield _ratio_text(view, line, ratio, slow, fast)
            return


def _timed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that have a median time, by learning rate."""
    enough = cells[cells["converged"] >= FEWEST_FOR_A_MEDIAN]
    return enough.dropna(subset=["median_epochs"]).sort_values("lr")


def _ratio_text(view: _View, line: str, ratio: TimeRatio, slow: Any, fast: Any) -> str:
    seeds = (
        f"all {count_text(ratio.seeds, 'seed')}"
        if ratio.converged == ratio.seeds
        else f"the {ratio.converged:,} of {count_text(ratio.seeds, 'seed')}"
    )
    value, low, high = map(times_text, (ratio.value, ratio.low, ratio.high))
    slower, faster = level_name(slow["lr"]), level_name(fast["lr"])
    return (
        f"Compared seed by seed, runs{view.those_with(line)} that {view.goal} take {value} "
        f"[{low}, {high}] times as many epochs at lr {slower} as at lr {faster}: the median of the "
        f"ratios over {seeds} that converge at both."
    )


def _fall(view: _View, comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield from which learning rate to the next the rate first falls, as the comparisons show."""
    along = comparisons[comparisons["key"] == "lr"]
    # Of a pair, `a` is the lower level: its higher rate is a fall.
    falling = along[along["verdict"] == A_HIGHER]
    if view.x != "lr" or falling.empty:
        return
    for line, cells in view.by_line():
        ordered = cells.sort_values("lr")
        for place in range(len(ordered) - 1):
            before, after = ordered.iloc[place], ordered.iloc[place + 1]
            pair = _pair_of(falling, before, after)
            if pair is not None:
                yield _fall_text(view, line, pair, before, after, len(along))
                return


def _pair_of(pairs: pd.DataFrame, a: Any, b: Any) -> pd.Series[Any] | None:
    """Return the comparison of two cells that differ in lr alone, None where there is none."""
    for key in swept_in(pairs):
        if key != "lr":
            pairs = pairs[_having(pairs[key], a[key])]
    pairs = pairs[(pairs["level_a"] == a["lr"]) & (pairs["level_b"] == b["lr"])]
    return None if pairs.empty else pairs.iloc[0]


def _fall_text(view: _View, line: str, pair: Any, before: Any, after: Any, tried: int) -> str:
    end = _most_end(view, after)
    rest = f"; of the unsolved runs at lr {level_name(after['lr'])}, {end}" if end else ""
    rates = (f"{percent_text(pair[name])} %" for name in ("rate_a", "rate_b"))
    within = within_text((before["epochs"], after["epochs"]))
    return (
        f"From lr {level_name(before['lr'])} to lr {level_name(after['lr'])} the share of "
        f"runs{view.those_with(line)} that {view.goal} {within} falls from "
        f"{' to '.join(rates)} of the same {count_text(int(pair['n_pairs']), 'seed')}, by "
        f"{_points_text(pair, tried)}{rest}."
    )


def _points_text(pair: Any, tried: int) -> str:
    """Return the size of a difference in points, its interval corrected for the pairs tried."""
    n, only_a, only_b = (np.array([int(pair[name])]) for name in ("n_pairs", "only_a", "only_b"))
    limits = difference_interval(n, only_a, only_b, simultaneous(tried))
    low, high = (float(limit[0]) for limit in limits)
    # The size is b minus a then: both limits change their signs, and their places.
    if pair["difference"] < 0:
        low, high = -high, -low
    size, low_text, high_text = percent_texts(abs(pair["difference"]), low, high)
    return f"{size} points [{low_text}, {high_text}]"


def _diverging(view: _View) -> Iterator[str]:
    """Yield where the largest share of the runs diverges before it converges, if any does."""
    cells = view.cells
    if not (cells["diverged_rate"] > 0).any():
        return
    most = cells[cells["diverged_rate"] == cells["diverged_rate"].max()]
    cell = most.iloc[int(most["trained"].argmax())]
    # The summary has only the rate; rate times runs is the number, except for rounding.
    diverged, trained = round(cell["diverged_rate"] * cell["trained"]), int(cell["trained"])
    share = share_text(diverged, trained, simultaneous(len(cells)))
    if len(cells) == 1:
        where = with_text(cell_words(view.layout, cell))
        yield f"Runs{where} that diverge before they {view.goal}: {share}."
        return
    others = count_text(len(most) - 1, "other setting")
    ties = f"; the same share in {others}{view.when}" * (len(most) > 1)
    yield (
        f"The largest share of runs that diverge before they {view.goal} is with "
        f"{cell_words(view.layout, cell)}: {share}{ties}."
    )


def _neighbours(view: _View, comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield how many neighbouring cells really differ, and by how much along the lines at most."""
    if comparisons.empty:
        return
    differing = comparisons[comparisons["verdict"] != NO_DIFFERENCE]
    count = f"{len(differing):,}" if len(differing) else "none"
    others = "; no difference is shown for the others"
    rest = others * (0 < len(differing) < len(comparisons))
    # Pairs have the most epochs that both cells have.
    when = at_epochs_text(comparisons["epochs"], "each pair") if view.when else ""
    yield (
        f"Compared seed by seed, the rate of convergence differs between neighbouring settings in "
        f"{count} of {count_text(len(comparisons), 'pair')}{when} (McNemar's exact test, p < 0.05 "
        f"after Holm's correction for all of them){rest}."
        f"{_largest_step(comparisons, view.layout)}"
    )


def _largest_step(comparisons: pd.DataFrame, layout: Layout) -> str:
    """Return the largest difference along the lines, if one was shown."""
    along = comparisons[comparisons["key"] == layout.hue]
    size = along["difference"].abs().where(along["verdict"] != NO_DIFFERENCE)
    if not size.notna().any():
        return ""
    most = along.iloc[int(size.argmax())]
    higher, lower = ("a", "b") if most["difference"] > 0 else ("b", "a")
    keys = [key for key in (layout.x, *layout.col) if key in along.columns]
    at = ", ".join(level_words(key, most[key]) for key in keys if key and pd.notna(most[key]))
    ties = int((size == size.max()).sum()) - 1
    differ = "differs" if ties == 1 else "differ"
    alike = f"; {count_text(ties, 'other pair')} {differ} by the same amount" if ties else ""
    return (
        f" The largest difference along {layout.hue}{at and f' is at {at}'}: with "
        f"{level_words(layout.hue, most[f'level_{higher}'])} the rate is "
        f"{_points_text(most, len(along))} higher than with "
        f"{level_words(layout.hue, most[f'level_{lower}'])}{alike}."
    )


def _cheapest(view: _View) -> Iterator[str]:
    """Yield which cell solves the task for the fewest epochs, those of its failures included."""
    cells = view.cells
    enough = cells[cells["converged"] >= ENOUGH_SOLVED]
    if len(enough) < 2:
        return
    low, high = _costs(view, enough)
    best = int(enough["expected_running_time"].argmin())
    cell, cost = enough.iloc[best], enough["expected_running_time"].iloc[best]
    # The best one's own interval reaches itself, so it is subtracted.
    alike = int((low <= high[best]).sum()) - 1
    dearer = len(enough) - 1 - alike
    parts = [
        f"{count_text(alike, 'other')} can't be distinguished from it" if alike else "",
        f"{dearer:,} cost{'s' if dearer == 1 else ''} more" if dearer else "",
    ]
    yield (
        f"Cheapest per solution, counting failed attempts: {cell_words(view.layout, cell)}, at "
        f"{cost:,.0f} [{low[best]:,.0f}, {high[best]:,.0f}] epochs. Of the "
        f"{count_text(len(enough), 'setting')}{view.when} with at least {ENOUGH_SOLVED} solutions, "
        f"{' and '.join(filter(None, parts))}.{_too_few_text(view, cost)}"
    )


def _too_few_text(view: _View, cost: float) -> str:
    """Return how many cells have too few solutions, and whether one of them costs less so far."""
    few = view.cells[view.cells["converged"] < ENOUGH_SOLVED]
    if few.empty:
        return ""
    excluded = "is excluded" if len(few) == 1 else "are excluded"
    text = f" {count_text(len(few), 'setting')} with fewer solutions {excluded}"
    cheaper = few[few["expected_running_time"] < cost]
    if cheaper.empty:
        return f"{text}."
    least = cheaper.iloc[int(cheaper["expected_running_time"].argmin())]
    return (
        f"{text}; the lowest cost among these is {least['expected_running_time']:,.0f}, from "
        f"{count_text(int(least['converged']), 'solution')} with {cell_words(view.layout, least)}."
    )


def _costs(view: _View, cells: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the limits (cells,) of the cost of a solution, which hold for all cells together."""
    place_of = np.full(len(view.index), -1)
    place_of[cells.index] = np.arange(len(cells))
    limits = np.full((2, len(cells)), np.nan)
    # In blocks, as these columns of all rows together may not fit in memory. Each has whole cells.
    for rows in view.index.blocks():
        rows = rows[place_of[view.index.number[rows]] >= 0]
        runs = take_rows(view.results, rows, ["epochs", "converged", "converged_epoch", "status"])
        runs = runs[runs["status"] != "failed"]
        places, cell = np.unique(place_of[view.index.number[runs.index]], return_inverse=True)
        # A run that doesn't converge costs all its epochs.
        spent = runs["converged_epoch"].fillna(runs["epochs"]).to_numpy(np.float64)
        converged = runs["converged"].to_numpy(np.float64)
        limits[:, places] = running_time_intervals(cell, spent, converged, simultaneous(len(cells)))
    low, high = limits
    return low, high
