"""The order of rows for a network, online; it is that of `schedules.shuffled_rows`."""

from __future__ import annotations

from typing import Any

import numpy as np

from xorsweep.networks.engines.cuda.compile import compile_function
from xorsweep.networks.engines.numba.row_order import BY27, BY30, BY31, GAMMA, MIX1, MIX2, SHUFFLED


@compile_function
def _hashed(number: Any) -> Any:
    """Return one output of SplitMix64 from a number as its state."""
    mixed = number + GAMMA
    mixed = (mixed ^ (mixed >> BY30)) * MIX1
    mixed = (mixed ^ (mixed >> BY27)) * MIX2
    return mixed ^ (mixed >> BY31)


@compile_function
def draw_order(i: Any, kind: Any, seeds: Any, epoch: Any, keys: Any, order: Any) -> None:
    """Write the order of rows (R, B) of a network for an epoch, by insertion sort."""
    stream = _hashed(_hashed(seeds[i]) + np.uint64(epoch))
    for row in range(len(keys)):
        key = _hashed(stream + np.uint64(row)) if kind == SHUFFLED else np.uint64(row)
        place = row
        while place > 0 and keys[place - 1, i] > key:
            keys[place, i] = keys[place - 1, i]
            order[place, i] = order[place - 1, i]
            place -= 1
        keys[place, i] = key
        order[place, i] = row
