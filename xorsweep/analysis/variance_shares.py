"""The share of the variance of a rate over a grid that each axis explains.

A rate over the full product of some axes is split as in an analysis of variance: the first-order
share of an axis is explained by its level alone, the total share includes its interactions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import distinguishing_keys, has_levels, point_columns, swept_columns
from xorsweep.analysis.intervals import Z
from xorsweep.fields import FloatArray
from xorsweep.storage.column_bits import is_constant
from xorsweep.storage.mapped_arrays import release_pages

TABLE = "variance_shares.csv"
MOST_HELD, MOST_PARTS = 2, 50
"""Keys, and combinations of their levels, that are tried where not all cells are a product."""
VALUES_AT_ONCE = 2**22
"""Effects of runs that are computed together, so that memory stays bounded."""
FEWEST_SEEDS = 3
"""Seeds below which a jackknife has no spread."""
ROUNDING = 1e-12
"""The share of a sum of squares up to which a difference may be its rounding errors."""


@dataclass(frozen=True)
class CellProduct:
    """The cells of a summary that are a full product of several axes.

    Attributes:
        axes: The levels of each axis by its key, in order.
        places: The cells' places in the summary, an array with a dimension per axis.
        held: The level of each key that has several levels in the summary, and one here.
        partners: The keys that vary together with an axis, by its key.
    """

    axes: Mapping[str, list[Any]]
    places: NDArray[np.int64]
    held: Mapping[str, Any] = field(default_factory=dict)
    partners: Mapping[str, list[str]] = field(default_factory=dict)

    def name(self, key: str) -> str:
        """Return an axis with the keys that vary with it."""
        return " with ".join([key, *self.partners.get(key, ())])


def cell_product(cells: pd.DataFrame) -> CellProduct | None:
    """Return the largest full product of at least two axes, None where there is none.

    Where all cells together are none, as few keys as possible are held at a level. The cells are
    rows of keys, by their places in the summary.
    """
    cells = cells[[key for key in cells.columns if not is_constant(cells[key])]]
    keys = distinguishing_keys(cells, list(cells.columns))
    count_of = {key: cells[key].nunique(dropna=False) for key in keys}
    for count in range(min(len(keys) - 1, MOST_HELD + 1)):
        found = [
            product
            for held in combinations(keys, count)
            if prod(count_of[key] for key in held) <= MOST_PARTS
            for part in _parts(cells, held)
            if (product := _product_of(part, [key for key in keys if key not in held]))
        ]
        if found:
            # The first of equally large ones, so that it depends on the grid alone.
            best = max(found, key=lambda product: product.places.size)
            first = cells.loc[best.places.flat[0]]
            fixed = [key for key in keys if key not in best.axes]
            return CellProduct(
                best.axes, best.places, {key: first[key] for key in fixed}, best.partners
            )
    return None


def _parts(cells: pd.DataFrame, held: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Yield the cells at each combination of the levels of some keys."""
    if not held:
        yield cells
        return
    for _, part in cells.groupby(list(held), sort=False, observed=True, dropna=False):
        yield part


def _product_of(cells: pd.DataFrame, keys: list[str]) -> CellProduct | None:
    """Return the cells as a product of the keys that vary among them, if they are one."""
    axes = [key for key in keys if cells[key].nunique(dropna=False) > 1]
    codes = [pd.factorize(cells[key], use_na_sentinel=False) for key in axes]
    shape = tuple(len(levels) for _, levels in codes)
    if len(axes) < 2 or len(cells) != prod(shape):
        return None
    places = np.full(shape, -1, np.int64)
    places[tuple(code for code, _ in codes)] = cells.index
    # As many cells as places, and one is empty: elsewhere two cells share one.
    if (places < 0).any():
        return None
    partners = _partners(cells, axes)
    if partners is None:
        return None
    levels = {key: list(each) for key, (_, each) in zip(axes, codes, strict=True)}
    return CellProduct(levels, places, partners=partners)


def _partners(cells: pd.DataFrame, axes: list[str]) -> dict[str, list[str]] | None:
    """Return the keys that vary with each axis; None where one follows from several axes.

    The parameters of a component vary with it and aren't named.
    """
    found: dict[str, list[str]] = {}
    for key in cells.columns:
        if key in axes or cells[key].nunique(dropna=False) == 1:
            continue
        counts = [(axis, cells.groupby(axis, observed=True, dropna=False)[key]) for axis in axes]
        axis = next((axis for axis, by in counts if (by.nunique(dropna=False) == 1).all()), None)
        if axis is None:
            return None
        if not str(key).startswith(f"{axis}."):
            found.setdefault(axis, []).append(str(key))
    return found


@dataclass(frozen=True)
class VarianceShares:
    """The shares of the variance of a rate that axes explain.

    Attributes:
        product: The cells.
        seeds: The number of runs of each cell, those of the seeds that all cells have; None
            where points have no seed.
        table: A row per axis, as `variance_shares` describes it.
    """

    product: CellProduct
    seeds: int | None
    table: pd.DataFrame

    @property
    def is_shown(self) -> bool:
        """Tell whether the rates differ beyond chance, so that shares of their variance say much.

        That is where the lower limit of the variance lies above zero, or there is no chance.
        """
        return self.seeds is None or bool(self.table["variance_low"].iloc[0] > 0)

    @property
    def largest_first(self) -> pd.DataFrame:
        """Return the table, the axis with the largest total share first."""
        return self.table.sort_values("total", ascending=False, kind="stable")


def variance_shares(
    cells: pd.DataFrame,
    index: CellIndex,
    seed: NDArray[Any] | None,
    happened: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> VarianceShares | None:
    """Return the share of each axis, None where there is no product or the rates don't vary.

    It is None, too, where there are fewer than three seeds that all cells have.

    The columns of its table: `axis`, `levels`; `measured_first_order` and `measured_total`, the
    exact shares of the variance of the measured rates over the cells (I. M. Sobol', "Sensitivity
    estimates for nonlinear mathematical models", Mathematical Modelling and Computational
    Experiment 1, 1993; T. Homma and A. Saltelli, "Importance measures in global sensitivity
    analysis of nonlinear models", Reliability Engineering and System Safety 52, 1996).

    A measured rate differs from the true one by chance, which adds to every share. `first_order`
    and `total` are without that: each variance is the mean over pairs of different seeds of the
    products of their runs' effects, whose expectation is that of the true rates, whether or not
    cells share seeds. The limits are those of a jackknife over seeds (J. N. Arvesen, "Jackknifing
    U-statistics", Annals of Mathematical Statistics 40, 1969). `variance`, the variance of the true
    rates, with its limits, `cells` and `seeds` are the same in each row. Without seeds nothing is
    taken off, and there are no limits.

    Args:
        cells: The keys of the cells, one row per cell, by their places in the summary.
        index: The cells of the N rows, by their places.
        seed: Each row's seed (N,), None where points have none.
        happened: Whether that whose rate is meant happened (N,).
        counted: Which rows count (N,).
    """
    product = cell_product(cells)
    if product is None:
        return None
    runs = _runs(product, index, np.zeros(index.size) if seed is None else seed, happened, counted)
    if len(runs) < (1 if seed is None else FEWEST_SEEDS):
        return None
    axes = range(1, runs.ndim)
    whole = _Variance.of(runs, lambda deviations: deviations)
    if not whole.measured:
        return None
    rows = []
    for axis, (key, levels) in zip(axes, product.axes.items(), strict=True):
        others = tuple(each for each in axes if each != axis)
        first = _Variance.of(runs, partial(_alone, others=others))
        total = _Variance.of(runs, partial(_without_others, axis=axis))
        rows.append(
            {
                "axis": product.name(key),
                "levels": len(levels),
                **first.share_of(whole, "first_order"),
                **total.share_of(whole, "total"),
                "measured_first_order": first.measured / whole.measured,
                "measured_total": total.measured / whole.measured,
                **_with_limits("variance", whole.value, whole.without),
                "cells": product.places.size,
                "seeds": len(runs),
            }
        )
    return VarianceShares(product, None if seed is None else len(runs), pd.DataFrame(rows))


def _runs(
    product: CellProduct,
    index: CellIndex,
    seed: NDArray[Any],
    happened: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return whether it happened, of each seed that all cells have (seeds, *axes)."""
    cells = product.places.ravel().tolist()
    # A seed counts where all cells have it: effects are differences within a seed.
    first = index.rows_of(cells[0])
    seeds = np.unique(seed[first[counted[first]]])
    missing = -1
    runs = np.full((len(seeds), len(cells)), missing, np.int8)
    for place, cell in enumerate(cells):
        rows = index.rows_of(cell)
        rows = rows[counted[rows]]
        own = seed[rows]
        # Mostly all cells have the same seeds, in order.
        if np.array_equal(own, seeds):
            runs[:, place] = happened[rows]
        else:
            _, number, number_of_own = np.intersect1d(seeds, own, return_indices=True)
            runs[number, place] = happened[rows[number_of_own]]
    whole: NDArray[np.bool_] = runs[(runs != missing).all(axis=1)].astype(bool)
    return whole.reshape(-1, *product.places.shape)


def _alone(deviations: FloatArray, others: tuple[int, ...]) -> FloatArray:
    """Return the part of deviations (seeds, *axes) that an axis explains without the others."""
    means: FloatArray = deviations.mean(axis=others)
    return means


def _without_others(deviations: FloatArray, axis: int) -> FloatArray:
    """Return the part of deviations (seeds, *axes) that all other axes together don't explain.

    An axis and its interactions explain it.
    """
    rest: FloatArray = deviations - deviations.mean(axis=axis, keepdims=True)
    return rest


def _effects(
    runs: NDArray[np.bool_], effect: Callable[[FloatArray], FloatArray]
) -> Iterator[tuple[slice, FloatArray]]:
    """Yield blocks of seeds with the effects (n, values) of their deviations from their means.

    Of all seeds together they could take many times the memory of the runs (seeds, *axes).
    """
    axes = tuple(range(1, runs.ndim))
    count = max(1, VALUES_AT_ONCE // prod(runs.shape[1:]))
    for start in range(0, len(runs), count):
        block = runs[start : start + count].astype(np.float64)
        effects = effect(block - block.mean(axis=axes, keepdims=True))
        yield slice(start, start + count), effects.reshape(len(effects), -1)


@dataclass(frozen=True)
class _Variance:
    """A part of the variance over the cells of a rate.

    Attributes:
        measured: That of the measured rates.
        value: The same without the part that is due to chance.
        without: `value` without each seed (seeds,); empty where there are too few.
    """

    measured: float
    value: float
    without: FloatArray

    @classmethod
    def of(cls, runs: NDArray[np.bool_], effect: Callable[[FloatArray], FloatArray]) -> _Variance:
        """Return the part of runs (seeds, *axes) that an effect of their deviations has."""
        n, own = len(runs), np.empty(len(runs))
        total: Any = 0.0
        for seeds, effects in _effects(runs, effect):
            total = total + effects.sum(axis=0)
            own[seeds] = (effects**2).mean(axis=1)
        measured = float(((total / n) ** 2).mean())
        if n == 1:
            return cls(measured, measured, np.empty(0))
        mine = np.empty(n)
        for seeds, effects in _effects(runs, effect):
            # Not `@`, whose last bits depend on how many threads BLAS has.
            mine[seeds] = np.einsum("ij,j->i", effects, total) / len(total) - own[seeds]
        # Of all ordered pairs of seeds, and of those that have a seed.
        every = (total**2).mean() - own.sum()
        sums = np.append(every, every - 2 * mine)
        # A difference of sums as small as their rounding errors is none: a share of it would be
        # any number.
        sums[np.abs(sums) <= ROUNDING * own.sum()] = 0.0
        pairs = (n - 1) * (n - 2)
        value = float(sums[0]) / (n * (n - 1))
        return cls(measured, value, sums[1:] / pairs if pairs else np.empty(0))

    def share_of(self, whole: _Variance, name: str) -> dict[str, float]:
        """Return the share of a whole with its limits; NaN where no whole is left."""
        if whole.value <= 0:
            return _with_limits(name, np.nan, np.empty(0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return _with_limits(name, self.value / whole.value, self.without / whole.without)


def _with_limits(name: str, value: float, without: FloatArray) -> dict[str, float]:
    n = len(without)
    # The jackknife's standard error.
    spread = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()) if n else np.nan
    return {name: value, f"{name}_low": value - Z * spread, f"{name}_high": value + Z * spread}


def rate_variance(results: pd.DataFrame, summary: pd.DataFrame) -> VarianceShares | None:
    """Return the shares of the variance of how often networks converge."""
    if not has_levels(results["seed"], FEWEST_SEEDS):
        return None
    keys = [key for key in point_columns(summary) if key != "seed"]
    index = CellIndex.of_frame(results, swept_columns(results))
    release_pages()
    return variance_shares(
        summary[keys],
        index,
        results["seed"].to_numpy(),
        results["converged"].to_numpy(bool),
        (results["status"] != "failed").to_numpy(),
    )
