"""Tests of neighbours in the grid: cells compared run by run on the seeds they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import is_numeric, swept_columns
from xorsweep.analysis.intervals import CONFIDENCE, standard_errors
from xorsweep.analysis.trainings import have_most_epochs
from xorsweep.fields import FloatArray
from xorsweep.storage.mapped_arrays import release_pages

SIGNIFICANCE = 0.05
A_HIGHER, B_HIGHER, NO_DIFFERENCE = "a higher", "b higher", "no difference shown"
FEW_DIFFERING = 1_000
"""Pairs of runs that differ, in all comparisons, whose binomials take milliseconds to add up."""
WORDS_AT_ONCE = 2**21
"""64-bit words of runs that are compared at a time, so that memory stays bounded."""

Counts = NDArray[np.int64]
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Cells a and b of some comparisons, as places (n,) in a frame of cells."""


def compare_neighbours(results: pd.DataFrame, snapshot_key: str | None = "epochs") -> pd.DataFrame:
    """Compare convergence in neighbouring cells, a and b, by the runs of the same seeds.

    Neighbours differ in one swept key: they are next to each other along a key of numbers, and any
    two levels of another key. Parameters that only one of two components has don't count. Cells
    that differ in epochs alone aren't compared, since the runs of one are the beginnings of the
    other's. A run that failed is excluded together with its partner. Of pairs that differ in epochs
    alone that with the most is compared, since the others are earlier looks at the same runs.

    Args:
        results: The rows of a sweep.
        snapshot_key: The key in place of epochs, None where there is no such key.

    Returns:
        One row per pair of neighbours that share seeds, in grid order, key by key. Columns: `key`,
        `level_a`, `level_b`; the swept keys, empty for the one that is compared; `n_pairs` pairs of
        runs, of which `both` converged, `only_a`, `only_b`, `neither`; `rate_a`, `rate_b`, their
        `difference` with its 95 % interval `difference_low`, `difference_high`; McNemar's `p`,
        Holm's `p_holm` over all rows; `verdict`.
    """
    swept = swept_columns(results)
    index = CellIndex.of_frame(results, swept)
    cells = results[swept].iloc[index.first].reset_index(drop=True)
    release_pages()
    pairs = _Neighbours.among(cells, swept, snapshot_key)
    counts = Runs.of((results, index.number)).compared(pairs.a, pairs.b)
    kept = pairs.longest(cells, counts["n_pairs"] > 0, snapshot_key)
    compared = pd.DataFrame({**counts, **_rates(**counts)})[kept]
    p = exact_mcnemar(*(compared[name].to_numpy() for name in ("only_a", "only_b")))
    compared = compared.assign(**judge(compared["difference"].to_numpy(), p))
    return pd.concat([pairs.described(cells)[kept], compared], axis=1).reset_index(drop=True)


def judge(difference: FloatArray, p: FloatArray) -> dict[str, NDArray[Any]]:
    """Return `p`, Holm's `p_holm` and the `verdict` of differences (n,), each (n,)."""
    p_holm = holm(p)
    differ = p_holm < SIGNIFICANCE
    higher = [differ & (difference > 0), differ & (difference < 0)]
    verdict = np.select(higher, [A_HIGHER, B_HIGHER], NO_DIFFERENCE)
    return {"p": p, "p_holm": p_holm, "verdict": verdict}


def surest_first(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs by their p-value after Holm's correction, of equal ones the most different."""
    # lexsort's last key counts most, and it is stable.
    return pairs.iloc[np.lexsort((-pairs["difference"].abs(), pairs["p_holm"]))]


def exact_mcnemar(only_a: Counts, only_b: Counts) -> FloatArray:
    """Return the two-sided exact p (n,) that runs differ as often one way as the other.

    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), with the binomial instead of its approximation: of the
    pairs of which one alone converged, it is a's with probability one half.
    """
    fewer, differing = np.minimum(only_a, only_b), only_a + only_b
    if differing.sum() <= FEW_DIFFERING:  # small sweeps needn't wait for SciPy
        tails = np.array(
            [
                sum(comb(n, count) for count in range(k + 1)) / 2**n
                for k, n in zip(fewer.tolist(), differing.tolist(), strict=True)
            ]
        )
    else:
        from scipy.special import bdtr

        tails = bdtr(fewer, differing, 0.5)
    # Two-sided: twice the smaller tail, which is above 1 where both are equal.
    p: FloatArray = np.minimum(1.0, 2 * tails)
    return p


def holm(p: FloatArray) -> FloatArray:
    """Return p (n,) so raised that the chance of any false difference among them all is kept.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979). It needs no independence.
    """
    order = np.argsort(p, kind="stable")
    # A p is never below that of a surer comparison, whatever their factors.
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, raised)
    return adjusted


def difference_interval(
    n: Counts, only_a: Counts, only_b: Counts, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the limits (n,) of the difference between two rates of the same n seeds.

    D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", Journal of Educational and Behavioral Statistics 37 (2012):
    Wald's, with one pair more that differs in either way. It can reach beyond -1 or 1, which no
    difference does, and is cut off there.
    """
    a, b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = standard_errors(confidence) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    return np.maximum(a - b - half, -1.0), np.minimum(a - b + half, 1.0)


def _rates(
    n_pairs: Counts, both: Counts, only_a: Counts, only_b: Counts, neither: Counts
) -> dict[str, FloatArray]:
    low, high = difference_interval(n_pairs, only_a, only_b)
    with np.errstate(invalid="ignore"):  # neighbours without a seed in common are excluded later
        rate_a, rate_b, difference = (
            some / n_pairs for some in (both + only_a, both + only_b, only_a - only_b)
        )
    return {
        "rate_a": rate_a,
        "rate_b": rate_b,
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
    }


@dataclass(frozen=True)
class _Neighbours:
    """Pairs of cells: the `key` in which they differ, and the places (n,) of `a` and `b`."""

    key: NDArray[Any]
    a: NDArray[np.intp]
    b: NDArray[np.intp]

    @classmethod
    def among(
        cls, cells: pd.DataFrame, swept: Sequence[str], snapshot_key: str | None
    ) -> _Neighbours:
        compared = [key for key in swept if key != snapshot_key]
        found = [(key, *pairs) for key in compared for pairs in _along(cells, key, swept)]
        nowhere = np.empty(0, np.intp)
        return cls(
            np.repeat([key for key, _, _ in found], [len(a) for _, a, _ in found]),
            np.concatenate([nowhere, *(a for _, a, _ in found)]),
            np.concatenate([nowhere, *(b for _, _, b in found)]),
        )

    def longest(
        self, cells: pd.DataFrame, shared: NDArray[np.bool_], snapshot_key: str | None
    ) -> NDArray[np.bool_]:
        """Tell which pairs (n,) have the most epochs of those that share seeds, `shared` (n,)."""
        if snapshot_key not in cells.columns:
            return shared
        others = [key for key in cells.columns if key != snapshot_key]
        same = CellIndex.of_frame(cells, others).number
        pairs = pd.DataFrame({"key": self.key, "a": same[self.a], "b": same[self.b]})
        # A pair without seeds in common must not push out a shorter one that has them.
        epochs = np.where(shared, cells[snapshot_key].to_numpy()[self.a], 0)
        return shared & have_most_epochs(
            epochs, CellIndex.of_frame(pairs, ["key", "a", "b"]).number
        )

    def described(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the keys of the pairs: the levels of the one compared, and the other swept ones.

        A parameter that only one of the two has is described by its value there.
        """
        level_a, level_b = (np.full(len(self.key), None) for _ in range(2))
        others = {}
        for key in cells.columns:
            levels, here = cells[key].astype(object).to_numpy(), self.key == key
            a, b = levels[self.a], levels[self.b]
            level_a[here], level_b[here] = a[here], b[here]
            others[key] = np.where(pd.isna(a), b, a)
            others[key][here] = None
        compared = {"key": self.key, "level_a": level_a, "level_b": level_b}
        # A swept key may have the name of a column, so the two aren't one dictionary.
        frames = [pd.DataFrame(columns, dtype=object) for columns in (compared, others)]
        return pd.concat(frames, axis=1)


def _along(cells: pd.DataFrame, key: str, swept: Sequence[str]) -> Iterator[Pairs]:
    """Yield the neighbours along one key, the others being equal."""
    others = [other for other in swept if other != key]
    present = cells[cells[key].notna()]
    if is_numeric(present[key]):
        yield _adjacent(present, key, others)
        return
    # Without parameters all cells have the same keys, and one sort finds all pairs.
    if not any(other.startswith(f"{key}.") for other in others):
        yield _every_pair(present, key, others)
        return
    levels = present[key].unique()
    for one, other in combinations(levels, 2):
        yield _matched(present[present[key] == one], present[present[key] == other], key, others)


def _adjacent(cells: pd.DataFrame, key: str, others: list[str]) -> Pairs:
    """Return cells with adjacent levels of a key of numbers, the lower one first."""
    group = CellIndex.of_frame(cells, others).number
    order = np.lexsort((cells[key].to_numpy(np.float64), group))
    places = cells.index.to_numpy()[order]
    together = group[order][1:] == group[order][:-1]
    return places[:-1][together], places[1:][together]


def _every_pair(cells: pd.DataFrame, key: str, others: list[str]) -> Pairs:
    """Return cells with any two levels of a key of names, in the order of the levels."""
    level = pd.factorize(cells[key])[0]
    group = CellIndex.of_frame(cells, others).number
    order = np.lexsort((level, group))
    nowhere = np.empty(0, np.intp)
    pairs = [(nowhere, nowhere)]
    for apart in range(1, int(np.bincount(group).max(initial=0))):
        together = group[order][apart:] == group[order][:-apart]
        pairs.append((order[:-apart][together], order[apart:][together]))
    a, b = (np.concatenate(some) for some in zip(*pairs, strict=True))
    by_levels = np.lexsort((a, level[b], level[a]))
    places = cells.index.to_numpy()
    return places[a[by_levels]], places[b[by_levels]]


def _matched(a: pd.DataFrame, b: pd.DataFrame, key: str, others: list[str]) -> Pairs:
    """Return the cells of two levels that are equal in all other keys that both levels have."""
    shared = [
        other
        for other in others
        if not other.startswith(f"{key}.") or (a[other].notna().all() and b[other].notna().all())
    ]
    return match_cells(a[shared], b[shared])


def match_cells(a: pd.DataFrame, b: pd.DataFrame) -> Pairs:
    """Return the cells of two tables that are equal in all their keys, by their index, as pairs."""
    # No key has a space.
    left, right = (cells.assign(**{"its place": cells.index}) for cells in (a, b))
    keys = list(a.columns)
    # pandas can't merge on no key.
    how: dict[str, Any] = {"on": keys} if keys else {"how": "cross"}
    merged = left.merge(right, suffixes=("_a", "_b"), **how)
    return merged["its place_a"].to_numpy(np.intp), merged["its place_b"].to_numpy(np.intp)


@dataclass(frozen=True)
class Runs:
    """The result of each seed in each cell, one bit per seed: (cells, words) uint64.

    `present` are the seeds that a cell has, `counted` those whose run didn't fail.
    """

    present: NDArray[np.uint64]
    counted: NDArray[np.uint64]
    converged: NDArray[np.uint64]

    @classmethod
    def of(cls, *parts: tuple[pd.DataFrame, NDArray[np.int64]]) -> Runs:
        """Return the results of runs as bits, given the number of each one's cell (N,)."""
        seeds, counts, ends = [], [], []
        for results, _ in parts:
            seeds.append(results["seed"].to_numpy())
            counts.append((results["status"] != "failed").to_numpy())
            ends.append(results["converged_epoch"].notna().to_numpy())
        cell, counted = np.concatenate([cell for _, cell in parts]), np.concatenate(counts)
        converged, seed = counted & np.concatenate(ends), _numbers(np.concatenate(seeds))
        shape = (int(cell.max(initial=-1)) + 1, int(seed.max(initial=-1)) + 1)
        every = np.ones(len(cell), bool)
        return cls(
            *(_packed(shape, cell[some], seed[some]) for some in (every, counted, converged))
        )

    def same_seeds(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell which cells a have the same seeds as cells b (n,)."""
        same: NDArray[np.bool_] = (self.present[a] == self.present[b]).all(axis=1)
        return same

    def compared(
        self, a: NDArray[np.intp], b: NDArray[np.intp], words_at_once: int = WORDS_AT_ONCE
    ) -> dict[str, Counts]:
        """Return how many of the runs that both cells counted converged in which of them (n,)."""
        at_once = max(1, words_at_once // self.counted.shape[1])
        chunks = [
            self._compared(a[start : start + at_once], b[start : start + at_once])
            for start in range(0, len(a), at_once)
        ]
        counts = np.concatenate([np.empty((4, 0), np.int64), *chunks], axis=1)
        n, both, only_a, only_b = counts
        neither = n - both - only_a - only_b
        return {"n_pairs": n, "both": both, "only_a": only_a, "only_b": only_b, "neither": neither}

    def _compared(self, a: NDArray[np.intp], b: NDArray[np.intp]) -> Counts:
        shared = self.counted[a] & self.counted[b]
        in_a, in_b = self.converged[a] & shared, self.converged[b] & shared
        words = (shared, in_a & in_b, in_a & ~in_b, in_b & ~in_a)
        return np.array([count_bits(some) for some in words])


def count_bits(words: NDArray[Any]) -> Counts:
    """Return how many bits are set in each row (n,) of 64-bit words (n, words)."""
    counts: Counts = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return counts


def _numbers(seeds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number (N,) of each seed, in ascending order."""
    lowest = int(seeds.min(initial=0))
    size = int(seeds.max(initial=0)) - lowest + 1
    # Far apart, as random seeds: a mask of all numbers between them would be too large.
    if size > 4 * len(seeds) + 1:
        return np.unique(seeds, return_inverse=True)[1]
    is_there = np.zeros(size, bool)
    is_there[seeds - lowest] = True
    numbers: NDArray[np.int64] = (np.cumsum(is_there) - 1)[seeds - lowest]
    return numbers


def _packed(
    shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """Return a bit matrix, 64 columns a word, with ones at the places given."""
    bits = np.zeros((shape[0], -(-shape[1] // 64) * 64), bool)
    bits[rows, columns] = True
    # Bits are counted and never read one by one, so their order in a word doesn't matter.
    return np.packbits(bits, axis=1).view(np.uint64)
