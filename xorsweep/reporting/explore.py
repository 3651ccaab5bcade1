"""The settings of a sweep as columns, for the figure of the page whose axes a reader picks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.columns import is_numeric
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.measures import Measure
from xorsweep.reporting.rendering import page_json
from xorsweep.reporting.selection import select_cells
from xorsweep.reporting.svg.palette import CIVIDIS
from xorsweep.text import level_name, typeset

MOST_SETTINGS = 5_000
"""Settings that the page holds, 100 bytes or so each."""


def explore_data(
    cells: pd.DataFrame,
    keys: Sequence[str],
    measures: Sequence[Measure],
    layout: Layout,
    targets: Callable[[int], str],
    rank: Any,
) -> str:
    """Return the settings as JSON that can stand in a page; empty where there is one setting.

    Numbers have four digits, and null is a missing one. `targets` returns the place on the page
    that tells more of a setting, and `rank` (n,) is 0 for the setting whose levels are chosen at
    first.
    """
    found = select_cells(cells, keys, MOST_SETTINGS, rank, thin=True)
    shown = found.cells
    measured = [each for each in measures if each.values[shown.index].notna().any()]
    if len(shown) < 2 or not measured:
        return ""
    data = {
        "keys": [_key(shown[key], key) for key in keys],
        "measures": [_measure(each, shown.index) for each in measured],
        "targets": [targets(place) for place in shown.index],
        "x": layout.x,
        "colour": layout.hue,
        # `rank` is by position in `cells`, whose index has labels.
        "first": int(np.argmin(np.asarray(rank)[cells.index.get_indexer(shown.index)])),
        "note": typeset(found.note) if len(shown) < len(cells) else "",
        "shades": [f"#{colour}" for colour in CIVIDIS.split()],
    }
    return page_json(data)


def _key(column: pd.Series[Any], name: str) -> dict[str, Any]:
    """Return a key's levels as texts, as numbers where they are, and each setting's as a code.

    A key of a component, such as `optimizer.momentum`, doesn't apply to settings with another one.
    """
    numeric = is_numeric(column)
    # A missing level is a level as well; by default pandas gives it the code -1.
    codes, levels = pd.factorize(column, sort=numeric, use_na_sentinel=False)
    return {
        "name": name,
        "levels": [typeset(level_name(level)) for level in levels],
        "numbers": [float(level) for level in levels] if numeric else None,
        "none": int(np.flatnonzero(pd.isna(levels))[0])
        if "." in name and pd.isna(levels).any()
        else None,
        "codes": codes.tolist(),
    }


def _measure(measure: Measure, places: pd.Index[Any]) -> dict[str, Any]:
    def column(values: pd.Series[Any] | None) -> list[float | None] | None:
        return None if values is None else list(_numbers(values[places]))

    return {
        "label": measure.label,
        "scale": measure.scale,
        "bar": typeset(measure.bar),
        "absent": measure.absent,
        "values": column(measure.values),
        "low": column(measure.low),
        "high": column(measure.high),
    }


def _numbers(values: pd.Series[Any]) -> Iterator[float | None]:
    for value in values.to_numpy(float):
        # JSON has neither NaN nor infinity.
        yield float(f"{value:.4g}") if np.isfinite(value) else None
