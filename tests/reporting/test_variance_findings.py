"""The sentence on shares of variance, and the bars, by the numbers of their table."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.intervals import Z, standard_errors
from xorsweep.analysis.variance_shares import VarianceShares, variance_shares
from xorsweep.reporting.variance_findings import variance_findings


def shares(rates: dict[str, list[float]], seeds: int = 200) -> VarianceShares:
    """Return the shares of made up runs whose rates are sums over the levels of axes."""
    axes = [list(range(len(levels))) for levels in rates.values()]
    cells = pd.MultiIndex.from_product(axes, names=list(rates)).to_frame(index=False)
    added = [np.array(levels)[cells[key]] for key, levels in rates.items()]
    runs = np.random.default_rng(0).random((seeds, len(cells))) < np.sum(added, axis=0)
    cell, seed = np.tile(np.arange(len(cells)), seeds), np.repeat(np.arange(seeds), len(cells))
    index = CellIndex.of_numbers(cell)
    found = variance_shares(cells, index, seed, runs.ravel(), np.ones(runs.size, bool))
    assert found is not None
    return found


def interval(row: dict[Any, Any], kind: str, tried: int) -> str:
    wider = standard_errors(1 - 0.05 / tried) / Z
    ends = (
        row[kind],
        *(row[kind] + wider * (row[f"{kind}_{e}"] - row[kind]) for e in ("low", "high")),
    )
    value, low, high = (round(100 * min(1.0, max(0.0, each))) for each in ends)
    return f"{value} % [{low}, {high}]"


def test_each_share_has_limits_that_hold_for_all_together() -> None:
    found = shares({"lr": [0.1, 0.5], "hidden": [0.0, 0.1, 0.2]})
    (text,) = variance_findings(found, "the rate")
    assert "over the 6 settings (2 of lr and 3 of hidden, in all combinations), " in text
    for row in found.table.to_dict("records"):
        first, total = (interval(row, kind, 4) for kind in ("first_order", "total"))
        words = f"{row['axis']} explains {first} alone and {total} with its interactions"
        assert words in text
    assert text.index("lr explains") < text.index("hidden explains")
    assert text.endswith("lr matters most.")


def test_no_axis_matters_most_where_their_limits_overlap() -> None:
    (text,) = variance_findings(shares({"lr": [0.1, 0.4], "hidden": [0.1, 0.4]}), "the rate")
    assert "matters most" not in text


def test_of_many_axes_three_are_named_and_the_others_counted() -> None:
    rates = {"a": [0.0, 0.3], "b": [0.0, 0.2], "c": [0.0, 0.2], "d": [0.1, 0.15], "e": [0.0, 0.02]}
    (text,) = variance_findings(shares(rates), "the rate")
    assert len(re.findall("explains", text)) == 3
    assert "; 2 other axes at most as much." in text


@pytest.mark.parametrize("chance", [None, {"a": [0.5, 0.5], "b": [0.0, 0.0]}])
def test_without_shares_there_is_no_sentence(chance: dict[str, list[float]] | None) -> None:
    assert not list(variance_findings(chance and shares(chance), "the rate"))
