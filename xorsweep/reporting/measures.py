"""Measures of each setting: rates with intervals, times, costs, quantiles of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import pandas as pd

from xorsweep.analysis.column_summary import ColumnCells
from xorsweep.text import number_text, percent_text

Scale = Literal["rate", "number"]

MOST_COLUMNS = 6
"""Columns of each kind that a page has tables and figures of."""
INTERVAL, MIDDLE_HALF = "95 % interval", "middle half of the runs"


@dataclass(frozen=True)
class Measure:
    """A number of each setting, by the setting's place in the summary, and the bar around it.

    Attributes:
        label: The name of the measure, for an axis.
        values: NaN where there is none.
        low: Where the bar starts; None where the measure has no bars.
        high: Where the bar ends, NaN where that is not known.
        bar: The meaning of the bars.
        scale: `rate` for numbers from 0 to 1, which are written in percent.
        absent: The text for a setting without the number.
    """

    label: str
    values: pd.Series[Any]
    low: pd.Series[Any] | None = None
    high: pd.Series[Any] | None = None
    bar: str = ""
    scale: Scale = "number"
    absent: str = "none"

    def text(self, place: int) -> str:
        """Return the number of a setting as a reader sees it."""
        value = self.values[place]
        if pd.isna(value):
            return self.absent
        return f"{percent_text(value)} %" if self.scale == "rate" else number_text(value)

    def share(self, place: int) -> float:
        """Return where the number of a setting lies between 0 and 1, or the least and the most."""
        value = float(self.values[place])
        if self.scale == "rate":
            return value
        least, most = float(self.values.min()), float(self.values.max())
        # Where all are equal they have the middle colour.
        return (value - least) / (most - least) if most > least else 0.5


def network_measures(summary: pd.DataFrame) -> list[Measure]:
    """Return the measures of settings of networks: rate, time, cost, final error."""
    rate = summary["rate"], summary["rate_low"], summary["rate_high"]
    time = summary["median_epochs"], summary["median_epochs_low"], summary["median_epochs_high"]
    error = summary["final_error_q50"], summary["final_error_q25"], summary["final_error_q75"]
    cost = summary["expected_running_time"]
    return [
        Measure("runs that converged", *rate, INTERVAL, "rate"),
        Measure("median epochs until converged", *time, INTERVAL, absent="not reached"),
        Measure("epochs spent per solution", cost, absent="never solved"),
        Measure("median final error", *error, MIDDLE_HALF),
    ]


def column_measures(cells: ColumnCells) -> list[Measure]:
    """Return the measures of settings by the kinds of columns: flags, times and numbers.

    Without seeds a setting is one run, and rates and numbers have no bars.
    """
    found = []
    for flag in cells.roles.flags[:MOST_COLUMNS]:
        rate, low, high = _statistics(cells, flag, ("rate", "rate_low", "rate_high"))
        if cells.has_seeds:
            label = f"share of runs with {flag} true"
            found.append(Measure(label, rate, low, high, INTERVAL, "rate"))
        else:
            found.append(Measure(flag, rate, scale="rate"))
    for time, flag in islice(cells.roles.times.items(), MOST_COLUMNS):
        medians = _statistics(cells, time, ("median", "median_low", "median_high"))
        label = f"median {time} until {flag}"
        found.append(Measure(label, *medians, INTERVAL, absent="not reached"))
    for number in cells.roles.numbers[:MOST_COLUMNS]:
        median, low, high = _statistics(cells, number, ("median", "q25", "q75"))
        if cells.has_seeds:
            found.append(Measure(f"median {number}", median, low, high, MIDDLE_HALF))
        else:
            found.append(Measure(number, median))
    return found


def _statistics(
    cells: ColumnCells, name: str, ends: tuple[str, str, str]
) -> tuple[pd.Series[Any], pd.Series[Any], pd.Series[Any]]:
    value, low, high = (cells.statistic(f"{name}_{end}").astype(float) for end in ends)
    return value, low, high
