"""Levels that are each allowed, and may mean nothing together: every combination is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.grid.columns import Column
from xorsweep.networks.schema import check_points

Columns = Mapping[str, Column]


def check_combinations(columns: Columns) -> None:
    """Raise ConfigError where levels that are each allowed mean nothing together."""
    structural = [key for key, column in columns.items() if not column.batched]
    structural = [key for key in structural if key not in ("epochs", "seed")]
    sizes = {key: len(columns[key].levels) for key in structural}
    varying = [key for key in structural if sizes[key] > 1]
    batched = [key for key in columns if key not in (*structural, "epochs", "seed")]
    for codes in product(*(range(sizes[key]) for key in varying)):
        chosen = dict(zip(varying, codes, strict=True))
        rows = _first_rows(columns, chosen, batched)
        if len(rows):
            check_points({**_present(columns, rows), "seed": columns["seed"].level_array})


def _first_rows(
    columns: Columns, chosen: Mapping[str, int], batched: list[str]
) -> NDArray[np.intp]:
    """Return one row for each combination of batched levels among the points chosen."""
    mask = np.ones(len(columns["seed"].codes), bool)
    for key, code in chosen.items():
        mask &= columns[key].codes == code
    rows = np.flatnonzero(mask)
    key_code = np.zeros(len(rows), np.int64)
    for key in batched:
        column = columns[key]
        if len(column.levels) > 1:
            key_code = key_code * len(column.levels) + column.codes[rows]
    return rows[np.unique(key_code, return_index=True)[1]]


def _present(columns: Columns, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    return {
        key: column.array(rows)
        for key, column in columns.items()
        if column.levels[column.codes[rows[0]]] is not None
    }
