"""Schedules: from which rows an update is made. An epoch goes through each row once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Choice, field
from xorsweep.registry import Registry


@dataclass(frozen=True)
class Schedule:
    """How an epoch goes through the rows of a task."""


class Batch(Schedule):
    """One update per epoch, from all rows together."""


@dataclass(frozen=True)
class Online(Schedule):
    """One update per row.

    A row's loss is its share of the loss over all rows: at one set of weights the gradients of the
    rows add up to that of the batch. The order is `fixed`, that of the truth table, or `shuffled`:
    each network draws one of its own for each epoch.
    """

    order: str = field("fixed", Choice(("fixed", "shuffled")))


def shuffled_rows(seeds: NDArray[np.uint32], epoch: int, rows: int) -> NDArray[np.intp]:
    """Return the order of the rows for each network (rows, B).

    Rows are sorted by the keys h(h(h(seed) + epoch) + row), which are distinct, since h is
    one-to-one. So the order depends on seed and epoch alone.

    Args:
        seeds: One per network (B,), uint32.
        epoch: From 1.
        rows: How many the task has.
    """
    stream = _hashed(_hashed(seeds.astype(np.uint64)) + np.uint64(epoch))
    keys = _hashed(stream[:, None] + np.arange(rows, dtype=np.uint64))
    return np.ascontiguousarray(np.argsort(keys, axis=1).T)


def _hashed(numbers: NDArray[Any]) -> NDArray[np.uint64]:
    """Return h of uint64 numbers, modulo 2**64: one output of SplitMix64 from each as its state.

    G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators",
    OOPSLA 2014; the constants are those of S. Vigna's public-domain splitmix64.c.
    """
    mixed: NDArray[np.uint64] = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


SCHEDULES = Registry("schedule", None, Schedule, {"batch": Batch, "online": Online}, shared=True)
