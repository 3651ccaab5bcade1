"""Findings of a sweep: sentences that are supported by intervals or tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.intervals import rate_interval, simultaneous
from xorsweep.analysis.paired_tests import A_HIGHER, NO_DIFFERENCE, difference_interval
from xorsweep.analysis.time_ratios import TimeRatio, time_ratio
from xorsweep.analysis.trainings import continued
from xorsweep.reporting.cost_findings import cost_findings
from xorsweep.reporting.findings_view import FindingsView, has_level
from xorsweep.reporting.layout import Layout
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
from xorsweep.text import count_text, level_name, level_words, percent_text

MOST_FINDINGS = 7
# 2 / 2**6 is 0.03; 2 / 2**5 would be 0.06.
FEWEST_FOR_A_MEDIAN = 6
"""Runs below which all of them lie on one side of their median more than 5 times in 100."""


def findings(
    results: pd.DataFrame,
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    has_rates: bool = True,
) -> list[str]:
    """Return up to seven findings, most general first, each with its intervals or its test.

    A difference is reported where a test or an interval shows it that is corrected for the number
    of those it was selected from, and "most" where an interval lies above one half. The summary has
    all cells or those of some epochs, of which each counts at its most, and `comparisons` are the
    paired tests of its neighbours. With `has_rates` the rates of the best settings come first.
    """
    view = FindingsView.of(results, summary)
    parts = (
        _rates(view, has_rates),
        _speed(view),
        _fall(view, comparisons),
        _diverging(view),
        _neighbours(view, comparisons),
        cost_findings(view),
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


def _rates(view: FindingsView, has_rates: bool) -> Iterator[str]:
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


def _most_end(view: FindingsView, cell: pd.Series[Any]) -> str:
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


def _speed(view: FindingsView) -> Iterator[str]:
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


def _ratio_text(view: FindingsView, line: str, ratio: TimeRatio, slow: Any, fast: Any) -> str:
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


def _fall(view: FindingsView, comparisons: pd.DataFrame) -> Iterator[str]:
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
            pairs = pairs[has_level(pairs[key], a[key])]
    pairs = pairs[(pairs["level_a"] == a["lr"]) & (pairs["level_b"] == b["lr"])]
    return None if pairs.empty else pairs.iloc[0]


def _fall_text(
    view: FindingsView, line: str, pair: Any, before: Any, after: Any, tried: int
) -> str:
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


def _diverging(view: FindingsView) -> Iterator[str]:
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


def _neighbours(view: FindingsView, comparisons: pd.DataFrame) -> Iterator[str]:
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
