"""Findings on the columns of a sweep, sentences that its numbers support."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pandas as pd

from xorsweep.analysis.column_summary import ColumnCells, median_time
from xorsweep.analysis.intervals import median_interval, rate_interval, simultaneous
from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.reporting.wording import share_text
from xorsweep.text import count_text, level_name, number_text

MOST_FINDINGS = 6
MOST_FLAGS = 2
"""The number of flags with sentences, which leaves room for other columns."""


def column_findings(
    cells: ColumnCells, comparisons: pd.DataFrame, rate: str | None = None
) -> list[str]:
    """Return up to six findings: rates of flags, medians of times and of numbers, failures.

    Failures follow the first of them, so that they are among the six. `rate` is the flag that the
    sweep is about, if it is named.
    """
    roles = cells.roles
    flags = sorted(roles.flags, key=lambda flag: flag != rate)
    parts = [
        *(_rates(cells, flag) for flag in flags[:MOST_FLAGS]),
        *(_differences(comparisons, flag) for flag in flags[:1]),
        *(_time(cells, time, flag) for time, flag in islice(roles.times.items(), 1)),
        *(_number(cells, number) for number in roles.numbers),
    ]
    found = [sentence for part in parts for sentence in part]
    has_failures = cells.statistic("failed").any()
    # The first sentence is the headline; failures cast doubt on all that follow.
    found.insert(1 if has_failures else len(found), _points(cells))
    return found[:MOST_FINDINGS]


def _points(cells: ColumnCells) -> str:
    runs, failed = (int(cells.statistic(name).sum()) for name in ("runs", "failed"))
    where = f" in {count_text(len(cells.summary), 'setting')}" if cells.has_seeds else ""
    count = "none" if not failed else "all" if failed == runs else f"{failed:,}"
    return f"Of {count_text(runs, 'point')}{where}, {count} failed."


def _rates(cells: ColumnCells, flag: str) -> Iterator[str]:
    """Yield where a flag is most and least often true; intervals hold for all cells together."""
    rates = cells.rates(flag)
    if rates.empty:
        return
    if not cells.has_seeds:
        true = int(rates["count"].sum())
        ok = " that didn't fail" if cells.statistic("failed").any() else ""
        yield f"{flag} is true at {true:,} of {count_text(len(rates), 'point')}{ok}."
        return
    confidence = simultaneous(len(rates))
    # If several cells have the same rate, the one with the most runs is named.
    ordered = rates.sort_values("total", ascending=False, kind="stable")
    highest, lowest = (
        ordered.iloc[place] for place in (ordered["rate"].argmax(), ordered["rate"].argmin())
    )
    most, least = (
        share_text(int(cell["count"]), int(cell["total"]), confidence) for cell in (highest, lowest)
    )
    if len(rates) == 1:
        yield f"Runs with {flag} true: {most}."
    elif highest["rate"] == lowest["rate"]:
        others = f"other {len(rates) - 1:,} settings" if len(rates) > 2 else "other setting"
        yield f"Runs with {flag} true: {most} {_with(cells, highest.name)}, as in the {others}."
    else:
        overlap = _interval(lowest, confidence)[1] >= _interval(highest, confidence)[0]
        yield (
            f"The rate of {flag} is highest {_where(cells, rates['rate'], highest.name)}: {most}. "
            f"It is lowest {_where(cells, rates['rate'], lowest.name)}: {least}"
            f"{'; these two intervals overlap' * overlap}."
        )


def _interval(cell: pd.Series[Any], confidence: float) -> tuple[float, float]:
    return rate_interval(int(cell["count"]), int(cell["total"]), confidence)


def _differences(comparisons: pd.DataFrame, flag: str) -> Iterator[str]:
    if comparisons.empty:
        return
    pairs = comparisons[comparisons["flag"] == flag]
    if pairs.empty:
        return
    differing = int((pairs["verdict"] != NO_DIFFERENCE).sum())
    count = f"{differing:,}" if differing else "none"
    yield (
        f"Compared seed by seed, the rate of {flag} differs between neighbouring settings in "
        f"{count} of {count_text(len(pairs), 'pair')} (McNemar's exact test, p < 0.05 after Holm's "
        "correction)."
    )


def _time(cells: ColumnCells, time: str, flag: str) -> Iterator[str]:
    # Where no run is ok, a missing median doesn't say that the flag isn't reached.
    medians = cells.statistic(f"{time}_median")[cells.statistic("ok") > 0]
    known = medians.dropna()
    unreached = len(medians) - len(known)
    noun, subject = "setting", f"The median of {time} until {flag}"
    if not cells.has_seeds:
        noun, subject = "point", f"{time} until {flag}"
    if medians.empty:
        return
    if known.empty:
        at_all = f"any of the {count_text(len(medians), noun)}" if len(medians) > 1 else "the runs"
        yield f"{subject} isn't reached in {at_all}."
        return
    left = f"; it isn't reached in {unreached:,} of {count_text(len(medians), noun)}" * (
        unreached > 0
    )
    confidence = simultaneous(len(known))

    def limits(place: Any) -> str:
        if not cells.has_seeds:
            return ""
        _, low, high = median_time(cells.runs_of(place), time, flag, confidence)
        return f" [{number_text(low)}, {number_text(high) or 'not reached'}]"

    if len(medians) == 1:
        yield f"{subject} is {number_text(known.iloc[0])}{limits(known.index[0])}."
        return
    if known.min() == known.max():
        where = f"in all {count_text(len(known), noun)} where it is reached"
        yield f"{subject} is {number_text(known.min())} {where}{left}."
        return
    lowest = known.idxmin()
    yield (
        f"{subject} is lowest {_where(cells, known, lowest)}: "
        f"{number_text(known.min())}{limits(lowest)}{left}."
    )


def _number(cells: ColumnCells, number: str) -> Iterator[str]:
    medians = cells.statistic(f"{number}_median").dropna()
    if medians.empty:
        return
    subject = f"The median of {number}" if cells.has_seeds else number
    places: list[Any] = [medians.idxmin(), medians.idxmax()]
    lowest, highest = places
    confidence = simultaneous(len(medians))
    low, high = (
        f"{number_text(medians[place])}{_limits(cells, number, place, confidence)}"
        for place in places
    )
    if len(medians) == 1:
        yield f"{subject} is {low}{_middle_half(cells, number, lowest)}."
    elif medians.min() == medians.max():
        noun = "setting" if cells.has_seeds else "point"
        alike = f"in all {count_text(len(medians), noun)} that have one"
        yield f"{subject} is {number_text(medians.min())} {alike}."
    else:
        yield (
            f"{subject} is lowest {_where(cells, medians, lowest)}: {low}. "
            f"It is highest {_where(cells, medians, highest)}: {high}."
        )


def _limits(cells: ColumnCells, number: str, place: Any, confidence: float) -> str:
    """Return the interval of a cell's median, nothing where it has too few runs for one."""
    values = cells.runs_of(place)[number].dropna().to_numpy(float)
    limits = median_interval(values, confidence)
    return f" [{', '.join(map(number_text, limits))}]" if limits else ""


def _middle_half(cells: ColumnCells, number: str, place: Any) -> str:
    low, high = (number_text(cells.statistic(f"{number}_{name}")[place]) for name in ("q25", "q75"))
    if not (cells.has_seeds and low and high):  # there are none next to infinite values
        return ""
    return f", and the middle half of its runs is between {low} and {high}"


def _where(cells: ColumnCells, values: pd.Series[Any], place: Any) -> str:
    """Return which cell has a value, and how many others have the same."""
    alike = int((values == values[place]).sum())
    if alike == 1:
        return _with(cells, place)
    noun = "setting" if cells.has_seeds else "point"
    return f"in {alike:,} of {count_text(len(values), noun)}, such as the one {_with(cells, place)}"


def _with(cells: ColumnCells, place: Any) -> str:
    levels = (f"{key} {level_name(cells.summary.loc[place, key])}" for key in cells.swept)
    return f"with {', '.join(levels)}"
