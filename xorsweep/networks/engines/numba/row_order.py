"""The order of rows for each network of a tile, online; it is that of `schedules.shuffled_rows`."""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.numba.compile import LANES, compile_function

FIXED, SHUFFLED = range(2)
# As uint64 throughout: Numba, like NumPy, makes float64 of uint64 and int64 together.
GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX1, MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BY30, BY27, BY31 = np.uint64(30), np.uint64(27), np.uint64(31)


@compile_function
def _hashed(number: Any) -> Any:
    """Return one output of SplitMix64 from a number as its state."""
    mixed = number + GAMMA
    mixed = (mixed ^ (mixed >> BY30)) * MIX1
    mixed = (mixed ^ (mixed >> BY27)) * MIX2
    return mixed ^ (mixed >> BY31)


@compile_function
def draw_orders(order: Any, seeds: Any, epoch: Any, keys: Any, orders: Any) -> None:
    """Write the order of rows (R, LANES) for an epoch, by insertion sort; keys (R,) is a buffer."""
    rows = keys.size
    for lane in range(LANES):
        stream = _hashed(_hashed(seeds[lane]) + np.uint64(epoch))
        for row in range(rows):
            key = _hashed(stream + np.uint64(row)) if order == SHUFFLED else np.uint64(row)
            place = row
            while place > 0 and keys[place - 1] > key:
                keys[place] = keys[place - 1]
                orders[place, lane] = orders[place - 1, lane]
                place -= 1
            keys[place] = key
            orders[place, lane] = row


@compile_function
def pick(orders: Any, at: Any, table: Any, row: Any) -> None:
    """Write the row (columns, LANES) of a table (R, columns, LANES) at a place in the order."""
    for column in range(len(row)):
        for lane in range(LANES):
            row[column, lane] = table[orders[at, lane], column, lane]
