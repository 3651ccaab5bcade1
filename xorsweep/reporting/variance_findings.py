"""Finding: the share of the variance of a rate that each axis explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from xorsweep.analysis.intervals import Z, simultaneous, standard_errors
from xorsweep.analysis.variance_shares import VarianceShares
from xorsweep.reporting.wording import with_text
from xorsweep.text import count_text, join_words, level_words

MOST_NAMED = 3
KINDS = ("first_order", "total")


def variance_findings(shares: VarianceShares | None, rate: str) -> Iterator[str]:
    """Yield the shares of the axes that explain most; limits hold for all axes together.

    `rate` is the rate in words.
    """
    if shares is None or not shares.is_shown:
        return
    rows = _with_simultaneous_limits(shares.largest_first)
    named = rows.head(MOST_NAMED)
    texts = [
        f"{row['axis']} explains {_share_text(row, 'first_order')} alone and "
        f"{_share_text(row, 'total')} with its interactions"
        for row in named.to_dict("records")
    ]
    left = len(rows) - len(named)
    others = f"; {count_text(left, 'other axis', 'other axes')} at most as much" * (left > 0)
    held = with_text(*(level_words(*each) for each in shares.product.held.items()))
    axes = join_words([f"{len(each):,} of {key}" for key, each in shares.product.axes.items()])
    cells = f"{shares.product.places.size:,} settings{held}"
    yield (
        f"Of the variance of {rate} over the {cells} ({axes}, in all combinations), "
        f"{'; '.join(texts)}{others}.{_most(rows)}"
    )


def _with_simultaneous_limits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table with limits that hold for all its shares together, between 0 and 1."""
    # Limits are Z standard errors from their share; these are as many as the correction needs.
    wider = standard_errors(simultaneous(len(KINDS) * len(rows))) / Z
    for kind in KINDS:
        for end in ("low", "high"):
            name = f"{kind}_{end}"
            # Estimates of a share may lie below 0 or above 1 by chance.
            limit = rows[kind] + wider * (rows[name] - rows[kind])
            rows = rows.assign(**{name: limit.clip(0, 1)})
        rows = rows.assign(**{kind: rows[kind].clip(0, 1)})
    return rows


def _share_text(row: dict[Any, Any], kind: str) -> str:
    text = f"{100 * row[kind]:.0f} %"
    if pd.isna(row[f"{kind}_low"]):
        return text
    return f"{text} [{100 * row[f'{kind}_low']:.0f}, {100 * row[f'{kind}_high']:.0f}]"


def _most(rows: pd.DataFrame) -> str:
    """Return which axis matters most, where no other's limits reach its own."""
    # Where there are no limits the shares are compared.
    low, high = (rows[f"total_{end}"].fillna(rows["total"]) for end in ("low", "high"))
    return f" {rows['axis'].iloc[0]} matters most." if low.iloc[0] > high.iloc[1:].max() else ""
