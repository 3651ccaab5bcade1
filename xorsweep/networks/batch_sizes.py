"""Sizes of batches: large ones cost least; of small ones workers end together, a kill costs little.

A batch takes some seconds whatever its size, and more for each of its networks. A worker that is
free takes the longest batch that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from math import ceil, inf, log2

LONG = 10.0
"""Seconds that a batch should take at most, since a kill costs as much of each worker."""
BATCHES_A_WORKER = 8
"""Into how many batches the share of a worker is cut, if that costs little."""
LITTLE = 0.05
"""Share of the time that smaller batches may cost."""


@dataclass(frozen=True)
class Group:
    """Networks that may share a batch, of which it has `most` at most, and the seconds it takes."""

    members: int
    most: int
    per_batch: float
    per_network: float

    def seconds(self, members: float) -> float:
        """Return the seconds that a batch takes."""
        return self.per_batch + self.per_network * members

    @property
    def fewest(self) -> int:
        """Return the size at which the networks take as long as the fixed cost of a batch.

        Where this is longer than LONG, it is half of that size.
        """
        knee = self.per_batch / self.per_network
        return ceil(knee if self.seconds(knee) <= LONG else knee / 2)

    def count(self, seconds: float, workers: int) -> int:
        """Return into how many batches the group is divided, whose networks take so long at most.

        Only `most` makes batches smaller than `fewest`. Where they are large enough, the number is
        a multiple of `workers`.
        """
        needed, largest = ceil(self.members / self.most), self.members // self.fewest
        wanted = ceil(self.members * self.per_network / seconds)
        count = max(1, needed, min(wanted, largest))
        # With a remainder, some workers would wait for the last batches of the others.
        even = ceil(count / workers) * workers
        return even if even <= largest else count


def batch_counts(groups: Sequence[Group], workers: int) -> list[int]:
    """Return into how many batches each group is divided.

    Of divisions that are finer and finer, it is the last one that takes hardly longer than the
    quickest.
    """
    share = sum(group.per_network * group.members for group in groups) / workers
    # The finest division has BATCHES_A_WORKER, or as many as bring each below LONG.
    halvings = ceil(log2(max(BATCHES_A_WORKER, share / LONG)))
    # inf: as few batches as `most` allows, first of all without regard to the workers.
    divisions = [(inf, 1), (inf, workers)]
    divisions += [(share / 2**halving, workers) for halving in range(halvings + 1)]
    choices = [[group.count(*division) for group in groups] for division in divisions]
    ends = [makespan(_seconds(groups, counts), workers) for counts in choices]
    return next(
        counts
        for counts, end in zip(reversed(choices), reversed(ends), strict=True)
        if end <= (1 + LITTLE) * min(ends)
    )


def _seconds(groups: Sequence[Group], counts: Sequence[int]) -> list[float]:
    return [
        group.seconds(group.members / count)
        for group, count in zip(groups, counts, strict=True)
        for _ in range(count)
    ]


def makespan(seconds: Iterable[float], workers: int) -> float:
    """Return when the last worker ends, each of which takes the longest batch that is left."""
    loads = [0.0] * workers
    for each in sorted(seconds, reverse=True):
        # The least loaded worker is the one that is free first.
        heapreplace(loads, loads[0] + each)
    return max(loads)
