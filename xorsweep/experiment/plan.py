"""The plan of a sweep: its points in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Batch(Protocol):
    """Points that are run together; it can be pickled."""

    @property
    def point_ids(self) -> NDArray[np.uint64]:
        """Return the identifiers of the points (n,)."""
        ...

    @property
    def work(self) -> int:
        """Return the amount of work, in the experiment's `work_unit`."""
        ...

    @property
    def cost(self) -> float:
        """Return the duration, in any unit; workers get equal shares of it."""
        ...

    def split(self) -> Sequence[Self]:
        """Return smaller batches with the same points; none if it can't be split."""
        ...


BatchT = TypeVar("BatchT", bound=Batch)


@dataclass(frozen=True)
class Plan(Generic[BatchT]):
    """The batches of a sweep, the most expensive first, and their totals.

    Attributes:
        batches: The batches, with each point once; they may be made when they are asked for.
        points: The number of points.
        work: The total work of the batches.
        counts: Further counts of the plan, such as the number of trajectories.
        is_quick: Whether one process runs them, before others could start or because they share
            a device; None if that isn't known before they run.
    """

    batches: Sequence[BatchT]
    points: int
    work: int
    counts: Mapping[str, int] = field(default_factory=dict)
    is_quick: bool | None = None
