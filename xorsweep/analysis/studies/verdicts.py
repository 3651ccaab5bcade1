"""Reference values and measured ones, each with its 95 % interval and a verdict."""

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
    """A published value, the measured one, None where its cell isn't in the grid, and the verdict.

    `agrees` is None where nothing was measured or there is nothing to agree with.
    """

    published: PublishedValue
    measured: Estimate | None
    agrees: bool | None
    why: str

    @property
    def label(self) -> str:
        """Return the verdict in a word or two."""
        if self.measured is None:
            return NOT_RUN
        return NOT_COMPARED if self.agrees is None else AGREES if self.agrees else DIFFERS


HEAD = ("quantity", "reference", "its value", "measured, 95 % interval", "verdict", "why")


def verdicts(study: Study, results: pd.DataFrame) -> list[Verdict]:
    """Return a verdict per published value, in the study's order, from the rows of a sweep."""
    # Points that failed have nothing that could be compared.
    cells = Cells(results[results["status"] != "failed"])
    return [_judge(published, measure(published, cells)) for published in study.values]


def verdict_row(verdict: Verdict, certainty: str | None) -> tuple[str, ...]:
    """Return the texts under `HEAD` for a verdict; `certainty` is that of the study."""
    published, measured = verdict.published, verdict.measured
    return (
        cell_text(published),
        _reference_text(published, certainty),
        _value_text(published),
        _measured_text(published, measured) if measured else "",
        verdict.label,
        verdict.why,
    )


def verdict_findings(judged: Sequence[Verdict]) -> Iterator[str]:
    """Yield how many values of each kind of reference agree, and which differ."""
    compared = [each for each in judged if each.agrees is not None]
    for reference, words in _COUNTED.items():
        kind = [each for each in compared if each.published.reference == reference]
        if kind:
            yield f"{words.format(len(kind), 's' * (len(kind) > 1))}: {_agreement(kind)}"
    for label, words in (
        (NOT_COMPARED, "measured without a verdict"),
        (NOT_RUN, "not compared: not in this sweep"),
    ):
        count = sum(each.label == label for each in judged)
        if count:
            yield f"{count_text(count, 'value')} {'is' if count == 1 else 'are'} {words}."


_COUNTED = {
    "published": "{:,} value{} of the source",
    "reproduced": "{:,} value{} reproduced elsewhere",
    "simulation": "{:,} value{} checked against our own simulation only",
}


def _agreement(kind: Sequence[Verdict]) -> str:
    different = [cell_text(each.published) for each in kind if not each.agrees]
    if not different:
        return "it agrees." if len(kind) == 1 else "all agree."
    agree = len(kind) - len(different)
    return f"{agree or 'none'} agree{'s' if agree == 1 else ''}; different: {'; '.join(different)}."


def cell_text(published: PublishedValue) -> str:
    """Return the cell of a published value, and its quantity."""
    seeds = [f"first {published.seeds:,} seeds"] if published.seeds else []
    cell = ", ".join([*(level_text(*item) for item in published.own.items()), *seeds])
    words = MEASURES[published.measure].words
    return f"{cell}: {words}" if cell else words


def _judge(published: PublishedValue, measured: Estimate | None) -> Verdict:
    if measured is None:
        return Verdict(published, None, None, "its cell isn't in this sweep")
    agrees, reason = _ACCEPTED[published.accept](published, measured)
    return Verdict(published, measured, agrees, "; ".join(filter(None, (reason, published.why))))


_Accepted = tuple[bool | None, str]


def _value(published: PublishedValue) -> float:
    assert published.value is not None  # checked by `PublishedValue.check`
    return published.value


def _overlap(published: PublishedValue, measured: Estimate) -> _Accepted:
    low, high = _reference_interval(published)
    agrees = measured.low <= high and measured.high >= low
    return agrees, f"the intervals {'overlap' if agrees else 'do not overlap'}"


def _exact(published: PublishedValue, measured: Estimate) -> _Accepted:
    agrees = round(measured.value) == _value(published)
    return agrees, "the same number" if agrees else "not the same number"


def _within(published: PublishedValue, measured: Estimate) -> _Accepted:
    assert published.tolerance is not None
    off = measured.value - _value(published)
    return abs(off) <= published.tolerance, (
        f"{_distance(published.unit, abs(off))} {'above' if off > 0 else 'below'}; "
        f"accepted within {_distance(published.unit, published.tolerance)}"
    )


def _within_percent(published: PublishedValue, measured: Estimate) -> _Accepted:
    assert published.tolerance is not None
    off = 100 * (measured.value / _value(published) - 1)
    return abs(off) <= published.tolerance, (
        f"{abs(off):.0f} % {'above' if off > 0 else 'below'}; "
        f"accepted within {published.tolerance:g} %"
    )


def _between(published: PublishedValue, measured: Estimate) -> _Accepted:
    assert published.low is not None
    assert published.high is not None
    low, high = (_number(published.unit, end) for end in (published.low, published.high))
    return published.low <= measured.value <= published.high, f"accepted between {low} and {high}"


def _at_least(published: PublishedValue, measured: Estimate) -> _Accepted:
    least = _value(published)
    return measured.value >= least, f"at least {_number(published.unit, least)} is required"


_ACCEPTED: Mapping[str, Callable[[PublishedValue, Estimate], _Accepted]] = {
    "overlap": _overlap,
    "exact": _exact,
    "within": _within,
    "within_percent": _within_percent,
    "between": _between,
    "at_least": _at_least,
    "none": lambda published, measured: (None, ""),
}


def _reference_interval(published: PublishedValue) -> tuple[float, float]:
    """Return the reference's own interval, or Wilson's for a percentage with its runs, or NaN.

    Limits between which ours has to lie are no interval of the reference.
    """
    if published.accept == "between":
        return np.nan, np.nan
    if published.low is not None and published.high is not None:
        return published.low, published.high
    if not _has_wilson(published):
        return np.nan, np.nan
    assert published.runs is not None
    # A published percentage is rounded: the number of runs is the nearest whole one.
    low, high = rate_interval(round(_value(published) * published.runs / 100), published.runs)
    return 100 * low, 100 * high


def _reference_text(published: PublishedValue, certainty: str | None) -> str:
    """Return the origin of a value, and how it is known where that isn't as for its study."""
    if published.value is None:
        return "none"
    known = published.certainty
    is_marked = known == "memory" or known != certainty
    return REFERENCES[published.reference] + (
        f" ({CERTAINTIES[known]})" if known and is_marked else ""
    )


def _has_wilson(published: PublishedValue) -> bool:
    is_rate = published.value is not None and published.unit == "percent"
    return is_rate and published.runs is not None and published.low is None


def _value_text(published: PublishedValue) -> str:
    if published.value is None:
        return ""
    least = "at least " if published.accept == "at_least" else ""
    runs = f", {published.runs:,} runs" if published.runs else ""
    return (
        least
        + _measured_text(published, Estimate(published.value, *_reference_interval(published)))
        + runs
    )


def notes(study: Study) -> str:
    """Return notes on the verdicts and intervals of a study."""
    texts = []
    if any(_has_wilson(published) for published in study.values):
        texts.append(
            "Where a reference gives its number of runs and no interval, the interval of its "
            "value is Wilson's, computed here."
        )
    if any(
        published.accept == "overlap" and published.value is not None for published in study.values
    ):
        texts.append(
            "Agreement by overlapping intervals is roughly a test at p = 0.006 if both "
            "intervals have the same width, and it doesn't show that two rates are equal."
        )
    return " ".join(texts)


def _measured_text(published: PublishedValue, measured: Estimate) -> str:
    text = _number(published.unit, measured.value)
    if not (np.isnan(measured.low) and np.isnan(measured.high)):
        low, high = (
            _number(published.unit, end).removesuffix(" %") for end in (measured.low, measured.high)
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
