"""Published figures against measured ones: each with its 95 % interval and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xorsweep.layout import level_text
from xorsweep.measured import Cells, Measured, measure
from xorsweep.rates import rate_interval
from xorsweep.studies import CERTAINTIES, MEASURES, Figure, Study

AGREES, DIFFERS, OURS, NOT_RUN = "agrees", "differs", "reference is ours", "not run"


@dataclass(frozen=True)
class Verdict:
    """A figure, what was measured, None where its cell isn't in the grid, and the judgement.

    `agrees` is None where nothing was measured or there is nothing to agree with.
    """

    figure: Figure
    measured: Measured | None
    agrees: bool | None
    why: str

    @property
    def word(self) -> str:
        """Return the verdict; where the reference is ours, whether it was met again."""
        if self.measured is None:
            return NOT_RUN
        judged = "" if self.agrees is None else AGREES if self.agrees else DIFFERS
        if self.figure.certainty == "ours" or not judged:
            return f"{OURS}: {judged}" if judged else OURS
        return judged


HEAD = ("figure", "published", "measured, 95 % interval", "verdict", "why")


def verdicts(study: Study, results: pd.DataFrame) -> list[Verdict]:
    """Return a verdict a figure, in the study's order, from the rows of a sweep."""
    cells = Cells(results[results["status"] != "failed"])
    return [_judge(figure, measure(figure, cells)) for figure in study.figures]


def verdict_row(verdict: Verdict, certainty: str) -> tuple[str, ...]:
    """Return a row of texts under `HEAD`; `certainty` is that of the study."""
    figure, measured = verdict.figure, verdict.measured
    return (
        figure_text(figure),
        _published_text(figure, certainty),
        _measured_text(figure, measured) if measured else "",
        verdict.word,
        verdict.why,
    )


def verdict_findings(judged: Sequence[Verdict]) -> Iterator[str]:
    """Say in a sentence or two how many figures agree, and which don't."""
    compared = [each for each in judged if each.agrees is not None]
    different = [figure_text(each.figure) for each in compared if not each.agrees]
    skipped = sum(each.measured is None for each in judged)
    if compared:
        agree = len(compared) - len(different)
        but = f"; these differ: {'; '.join(different)}" if different else ""
        yield f"{agree:,} of {_figures(len(compared))} agree with their reference{but}."
    own = sum(each.measured is not None and each.agrees is None for each in judged)
    if own:
        has = "has" if own == 1 else "have"
        yield f"{_figures(own)} {has} no reference that ours could be held against."
    if skipped:
        yield f"{_figures(skipped)} can't be compared: not every cell is in this sweep."


def _figures(count: int) -> str:
    return f"{count:,} figure{'' if count == 1 else 's'}"


def figure_text(figure: Figure) -> str:
    """Return for which cell a figure is, and what it measures."""
    seeds = [f"first {figure.seeds:,} seeds"] if figure.seeds else []
    cell = ", ".join([*(level_text(*item) for item in figure.own.items()), *seeds])
    words = MEASURES[figure.measure].words
    return f"{cell}: {words}" if cell else words


def _judge(figure: Figure, measured: Measured | None) -> Verdict:
    if measured is None:
        return Verdict(figure, None, None, "its cell isn't in this sweep")
    agrees, reason = _ACCEPTED[figure.accept](figure, measured)
    return Verdict(figure, measured, agrees, "; ".join(filter(None, (reason, figure.why))))


_Accepted = tuple[bool | None, str]


def _value(figure: Figure) -> float:
    assert figure.value is not None  # `Figure.check` has seen to it
    return figure.value


def _overlap(figure: Figure, measured: Measured) -> _Accepted:
    low, high = _published_interval(figure)
    agrees = measured.low <= high and measured.high >= low
    return agrees, f"the intervals {'overlap' if agrees else 'do not overlap'}"


def _exact(figure: Figure, measured: Measured) -> _Accepted:
    agrees = round(measured.value) == _value(figure)
    return agrees, "the same number" if agrees else "not the same number"


def _within(figure: Figure, measured: Measured) -> _Accepted:
    assert figure.tolerance is not None
    off = measured.value - _value(figure)
    return abs(off) <= figure.tolerance, (
        f"{_number(figure.unit, abs(off))} {'above' if off > 0 else 'below'}; "
        f"accepted within {_number(figure.unit, figure.tolerance)}"
    )


def _within_percent(figure: Figure, measured: Measured) -> _Accepted:
    assert figure.tolerance is not None
    off = 100 * (measured.value / _value(figure) - 1)
    return abs(off) <= figure.tolerance, (
        f"{abs(off):.0f} % {'above' if off > 0 else 'below'}; "
        f"accepted within {figure.tolerance:g} %"
    )


def _at_least(figure: Figure, measured: Measured) -> _Accepted:
    return measured.value >= _value(
        figure
    ), f"at least {_number(figure.unit, _value(figure))} asked"


def _none(figure: Figure, measured: Measured) -> _Accepted:
    return None, ""


_ACCEPTED: Mapping[str, Callable[[Figure, Measured], _Accepted]] = {
    "overlap": _overlap,
    "exact": _exact,
    "within": _within,
    "within_percent": _within_percent,
    "at_least": _at_least,
    "none": _none,
}


def _published_interval(figure: Figure) -> tuple[float, float]:
    """Return the published interval, or Wilson's for a percentage of so many runs, or NaN."""
    if figure.low is not None and figure.high is not None:
        return figure.low, figure.high
    if figure.runs is None or figure.unit != "percent":
        return np.nan, np.nan
    low, high = rate_interval(round(_value(figure) * figure.runs / 100), figure.runs)
    return 100 * low, 100 * high


def _published_text(figure: Figure, certainty: str) -> str:
    """Return the published figure; its certainty too if unverified, or not that of the study."""
    is_marked = figure.certainty == "memory" or figure.certainty != certainty
    sure = f" ({CERTAINTIES[figure.certainty]})" if is_marked else ""
    if figure.value is None:
        return "none"
    least = "at least " if figure.accept == "at_least" else ""
    runs = f", {figure.runs:,} runs" if figure.runs else ""
    interval = Measured(figure.value, *_published_interval(figure))
    return least + _measured_text(figure, interval) + runs + sure


def _measured_text(figure: Figure, measured: Measured) -> str:
    text = _number(figure.unit, measured.value)
    if not (np.isnan(measured.low) and np.isnan(measured.high)):
        low, high = (
            _number(figure.unit, end).removesuffix(" %") for end in (measured.low, measured.high)
        )
        text += f" [{low}, {high}]"
    return text + measured.note


def _number(unit: str, value: float) -> str:
    if not np.isfinite(value):
        return "not reached"
    if unit == "percent":
        return f"{value:.1f}".removesuffix(".0") + " %"
    return f"{value:.3f}" if unit == "error" else f"{value:,.0f}"
