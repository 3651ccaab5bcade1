"""Reference figures against measured ones: each with its 95 % interval and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xorsweep.analysis.intervals import rate_interval
from xorsweep.analysis.studies.measures import Cells, Estimate, measure
from xorsweep.analysis.studies.spec import CERTAINTIES, MEASURES, REFERENCES, PublishedValue, Study
from xorsweep.text import count_text, level_text

AGREES, DIFFERS, NOT_COMPARED, NOT_RUN = "agrees", "differs", "not compared", "not run"


@dataclass(frozen=True)
class Verdict:
    """A figure, what was measured, None where its cell isn't in the grid, and the judgement.

    `agrees` is None where nothing was measured or there is nothing to agree with.
    """

    figure: PublishedValue
    measured: Estimate | None
    agrees: bool | None
    why: str

    @property
    def label(self) -> str:
        """Return the verdict in a word or two."""
        if self.measured is None:
            return NOT_RUN
        return NOT_COMPARED if self.agrees is None else AGREES if self.agrees else DIFFERS


HEAD = ("figure", "reference", "its value", "measured, 95 % interval", "verdict", "why")


def verdicts(study: Study, results: pd.DataFrame) -> list[Verdict]:
    """Return a verdict a figure, in the study's order, from the rows of a sweep."""
    cells = Cells(results[results["status"] != "failed"])
    return [_judge(figure, measure(figure, cells)) for figure in study.figures]


def verdict_row(verdict: Verdict, certainty: str | None) -> tuple[str, ...]:
    """Return the texts under `HEAD` for a figure; `certainty` is that of the study."""
    figure, measured = verdict.figure, verdict.measured
    return (
        figure_text(figure),
        _reference_text(figure, certainty),
        _value_text(figure),
        _measured_text(figure, measured) if measured else "",
        verdict.label,
        verdict.why,
    )


def verdict_findings(judged: Sequence[Verdict]) -> Iterator[str]:
    """Yield how many figures of each kind of reference agree, and which differ."""
    compared = [each for each in judged if each.agrees is not None]
    for reference, words in _COUNTED.items():
        kind = [each for each in compared if each.figure.reference == reference]
        if kind:
            yield f"{words.format(len(kind), 's' * (len(kind) > 1))}: {_agreement(kind)}"
    unjudged = sum(each.label == NOT_COMPARED for each in judged)
    if unjudged:
        yield f"{count_text(unjudged, 'figure')} {_is(unjudged)} measured without a verdict."
    skipped = sum(each.label == NOT_RUN for each in judged)
    if skipped:
        yield f"{count_text(skipped, 'figure')} {_is(skipped)} not compared: not in this sweep."


_COUNTED = {
    "published": "{:,} published figure{}",
    "reproduced": "{:,} figure{} reproduced elsewhere",
    "simulation": "{:,} figure{} checked against our own simulation only",
}


def _agreement(kind: Sequence[Verdict]) -> str:
    different = [figure_text(each.figure) for each in kind if not each.agrees]
    if not different:
        return "it agrees." if len(kind) == 1 else "all agree."
    agree = len(kind) - len(different)
    return f"{agree or 'none'} agree{'s' if agree == 1 else ''}; different: {'; '.join(different)}."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def figure_text(figure: PublishedValue) -> str:
    """Return for which cell a figure is, and what it measures."""
    seeds = [f"first {figure.seeds:,} seeds"] if figure.seeds else []
    cell = ", ".join([*(level_text(*item) for item in figure.own.items()), *seeds])
    words = MEASURES[figure.measure].words
    return f"{cell}: {words}" if cell else words


def _judge(figure: PublishedValue, measured: Estimate | None) -> Verdict:
    if measured is None:
        return Verdict(figure, None, None, "its cell isn't in this sweep")
    agrees, reason = _ACCEPTED[figure.accept](figure, measured)
    return Verdict(figure, measured, agrees, "; ".join(filter(None, (reason, figure.why))))


_Accepted = tuple[bool | None, str]


def _value(figure: PublishedValue) -> float:
    assert figure.value is not None  # checked by `PublishedValue.check`
    return figure.value


def _overlap(figure: PublishedValue, measured: Estimate) -> _Accepted:
    low, high = _reference_interval(figure)
    agrees = measured.low <= high and measured.high >= low
    return agrees, f"the intervals {'overlap' if agrees else 'do not overlap'}"


def _exact(figure: PublishedValue, measured: Estimate) -> _Accepted:
    agrees = round(measured.value) == _value(figure)
    return agrees, "the same number" if agrees else "not the same number"


def _within(figure: PublishedValue, measured: Estimate) -> _Accepted:
    assert figure.tolerance is not None
    off = measured.value - _value(figure)
    return abs(off) <= figure.tolerance, (
        f"{_distance(figure.unit, abs(off))} {'above' if off > 0 else 'below'}; "
        f"accepted within {_distance(figure.unit, figure.tolerance)}"
    )


def _within_percent(figure: PublishedValue, measured: Estimate) -> _Accepted:
    assert figure.tolerance is not None
    off = 100 * (measured.value / _value(figure) - 1)
    return abs(off) <= figure.tolerance, (
        f"{abs(off):.0f} % {'above' if off > 0 else 'below'}; "
        f"accepted within {figure.tolerance:g} %"
    )


def _between(figure: PublishedValue, measured: Estimate) -> _Accepted:
    assert figure.low is not None
    assert figure.high is not None
    low, high = (_number(figure.unit, end) for end in (figure.low, figure.high))
    return figure.low <= measured.value <= figure.high, f"accepted between {low} and {high}"


def _at_least(figure: PublishedValue, measured: Estimate) -> _Accepted:
    least = _value(figure)
    return measured.value >= least, f"at least {_number(figure.unit, least)} asked"


_ACCEPTED: Mapping[str, Callable[[PublishedValue, Estimate], _Accepted]] = {
    "overlap": _overlap,
    "exact": _exact,
    "within": _within,
    "within_percent": _within_percent,
    "between": _between,
    "at_least": _at_least,
    "none": lambda figure, measured: (None, ""),
}


def _reference_interval(figure: PublishedValue) -> tuple[float, float]:
    """Return the reference's own interval, or Wilson's for a percentage with its runs, or NaN.

    Limits between which ours has to lie are no interval of the reference.
    """
    if figure.accept == "between":
        return np.nan, np.nan
    if figure.low is not None and figure.high is not None:
        return figure.low, figure.high
    if not _has_wilson(figure):
        return np.nan, np.nan
    assert figure.runs is not None
    low, high = rate_interval(round(_value(figure) * figure.runs / 100), figure.runs)
    return 100 * low, 100 * high


def _reference_text(figure: PublishedValue, certainty: str | None) -> str:
    """Return where a figure comes from; how it is known where that isn't as for its study."""
    if figure.value is None:
        return "none"
    known = figure.certainty
    is_marked = known == "memory" or known != certainty
    return REFERENCES[figure.reference] + (
        f" ({CERTAINTIES[known]})" if known and is_marked else ""
    )


def _has_wilson(figure: PublishedValue) -> bool:
    is_rate = figure.value is not None and figure.unit == "percent"
    return is_rate and figure.runs is not None and figure.low is None


def _value_text(figure: PublishedValue) -> str:
    if figure.value is None:
        return ""
    least = "at least " if figure.accept == "at_least" else ""
    runs = f", {figure.runs:,} runs" if figure.runs else ""
    return (
        least + _measured_text(figure, Estimate(figure.value, *_reference_interval(figure))) + runs
    )


def notes(study: Study) -> str:
    """Return what has to be known to read the verdicts and intervals of a study's figures."""
    texts = []
    if any(_has_wilson(figure) for figure in study.figures):
        texts.append(
            "Where a reference gives its number of runs and no interval, the interval of its "
            "value is Wilson's, computed here."
        )
    if any(figure.accept == "overlap" and figure.value is not None for figure in study.figures):
        texts.append(
            "Agreement by overlapping intervals is roughly a test at p = 0.006 where both "
            "intervals are of one width, and it doesn't show that two rates are equal."
        )
    return " ".join(texts)


def _measured_text(figure: PublishedValue, measured: Estimate) -> str:
    text = _number(figure.unit, measured.value)
    if not (np.isnan(measured.low) and np.isnan(measured.high)):
        low, high = (
            _number(figure.unit, end).removesuffix(" %") for end in (measured.low, measured.high)
        )
        text += f" [{low}, {high}]"
    return text + measured.note


def _distance(unit: str, value: float) -> str:
    """Return how far two values lie apart; percentages in points, which aren't percent of them."""
    return _number(unit, value).replace(" %", " points")


def _number(unit: str, value: float) -> str:
    if not np.isfinite(value):
        return "none" if unit == "number" else "not reached"
    if unit == "percent":
        return f"{value:.1f}".removesuffix(".0") + " %"
    if unit == "number":
        return f"{value:.3g}"
    return f"{value:.3f}" if unit == "error" else f"{value:,.0f}"
