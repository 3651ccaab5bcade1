"""Comparison of two sweeps: the common cells that differ beyond chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.column_summary import EVENT_TIME, median_time
from xorsweep.analysis.columns import point_columns, swept_columns
from xorsweep.analysis.intervals import CONFIDENCE, rate_columns, score_intervals, simultaneous
from xorsweep.analysis.paired_tests import (
    NO_DIFFERENCE,
    Counts,
    Runs,
    count_bits,
    difference_interval,
    exact_mcnemar,
    judge,
    match_cells,
    surest_first,
)
from xorsweep.analysis.summary import summarize
from xorsweep.analysis.trainings import have_most_epochs_among
from xorsweep.experiment import FAILED, STATUSES
from xorsweep.fields import FloatArray
from xorsweep.storage.compact_columns import take_rows
from xorsweep.text import level_name

PAIRED, UNPAIRED = "McNemar", "Fisher"


@dataclass(frozen=True)
class SweepComparison:
    """Two sweeps, a and b, compared cell by cell.

    `cells` has a row for each cell of both, in a's order: the `keys` that tell cells apart, then
    counts, rates, their difference, the test and its verdict. Of cells that differ in epochs alone
    it is that with the most. `only_a` and `only_b` hold the keys of the other cells. `settings` are
    the keys in which cells that were matched differ all the same, with their values in a and in b.
    Of `points` that are in both, `same` ended with the same error to the last bit and converged at
    the same epoch. `time` is the name of the times whose medians cells have, None where they have
    none.
    """

    keys: Sequence[str]
    cells: pd.DataFrame
    only_a: pd.DataFrame
    only_b: pd.DataFrame
    settings: Sequence[tuple[str, str, str]]
    points: int
    same: int
    time: str | None = "epochs"

    @property
    def differing(self) -> pd.DataFrame:
        """Return the cells that differ beyond chance, the surest first."""
        return surest_first(self.cells[self.cells["verdict"] != NO_DIFFERENCE])

    @property
    def largest(self) -> pd.DataFrame:
        """Return the cells with the largest difference of those that differ beyond chance.

        Their intervals are corrected for the number of cells that they were picked from.
        """
        found = self.differing
        size = found["difference"].abs()
        # Equal differences may be rounded differently: 0.7 - 0.2 isn't 0.5.
        found = found[np.isclose(size, size.max(), rtol=0, atol=1e-12)]
        low, high = _difference_intervals(found, simultaneous(len(self.cells)))
        largest: pd.DataFrame = found.assign(difference_low=low, difference_high=high)
        return largest


def compare_sweeps(
    a: pd.DataFrame, b: pd.DataFrame, time: str | None = "epochs"
) -> SweepComparison:
    """Return two sweeps' results compared in the cells that both have, by how often they converge.

    Cells are matched by the keys that either sweep sweeps; all other differences are
    the subject of the comparison. Where a cell has the same seeds in both, runs are compared in
    pairs by McNemar's exact test, a run that failed being excluded with its partner, and the
    interval of the difference is Bonett and Price's; else by R. A. Fisher's exact test ("On the
    interpretation of chi-squared from contingency tables", Journal of the Royal Statistical Society
    85, 1922) and R. G. Newcombe's interval ("Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17, 1998, method 10). Holm's correction is over
    all cells compared. Cells none of whose runs was trained in a sweep aren't compared.
    `time` is the name of the times of the event, None where there are none.
    """
    keys = _in_order([*swept_columns(a), *swept_columns(b)], a)
    left, right = _Cells.of(a, keys), _Cells.of(b, keys)
    every_a, every_b = match_cells(left.described, right.described)
    in_order = np.argsort(every_a, kind="stable")
    every_a, every_b = every_a[in_order], every_b[in_order]
    longest = _longest(left.described.iloc[every_a])
    at_a, at_b = every_a[longest], every_b[longest]
    compared = pd.concat(
        [
            left.described.iloc[at_a].reset_index(drop=True),
            _counted(left, right, at_a, at_b),
            _times(left, "a", time).iloc[at_a].reset_index(drop=True),
            _times(right, "b", time).iloc[at_b].reset_index(drop=True),
        ],
        axis=1,
    )
    # Before Holm's correction, which counts the cells.
    compared = compared[(compared["runs_a"] > 0) & (compared["runs_b"] > 0)]
    points, same = _same_points(a, b)
    return SweepComparison(
        keys,
        _judged(compared.reset_index(drop=True)),
        _unmatched(left.described, every_a),
        _unmatched(right.described, every_b),
        list(_settings(left, right, at_a, at_b)),
        points,
        same,
        time,
    )


def newcombe_interval(
    converged_a: Counts,
    runs_a: Counts,
    converged_b: Counts,
    runs_b: Counts,
    confidence: float = CONFIDENCE,
) -> tuple[FloatArray, FloatArray]:
    """Return the limits (n,) of the difference between two rates of different seeds."""
    rate_a, rate_b = converged_a / runs_a, converged_b / runs_b
    low_a, high_a = score_intervals(converged_a, runs_a, confidence)
    low_b, high_b = score_intervals(converged_b, runs_b, confidence)
    # Where a is as low and b as high as their own limits allow, by Pythagoras.
    down = np.sqrt((rate_a - low_a) ** 2 + (high_b - rate_b) ** 2)
    up = np.sqrt((high_a - rate_a) ** 2 + (rate_b - low_b) ** 2)
    return rate_a - rate_b - down, rate_a - rate_b + up


@dataclass(frozen=True)
class _Cells:
    """The rows of a sweep, the cell of each, and the keys of the cells."""

    rows: pd.DataFrame
    index: CellIndex
    described: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame, keys: Sequence[str]) -> _Cells:
        known = [key for key in keys if key in rows.columns]
        index = CellIndex.of_frame(rows, known)
        described = rows[known].iloc[index.first].reset_index(drop=True)
        return cls(rows, index, described.reindex(columns=list(keys)).astype(object))


def _in_order(keys: Sequence[str], rows: pd.DataFrame) -> list[str]:
    """Return the keys once each, those of the rows in their order."""
    known = [key for key in point_columns(rows) if key in keys]
    return list(dict.fromkeys([*known, *keys]))


def _longest(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which of some cells (n,) have the most epochs of those that differ in epochs alone."""
    if "epochs" not in cells.columns:
        return np.ones(len(cells), bool)
    return have_most_epochs_among(cells, [key for key in cells.columns if key != "epochs"])


def _unmatched(cells: pd.DataFrame, matched: NDArray[np.intp]) -> pd.DataFrame:
    """Return the cells that the other sweep has after no number of epochs, each at its most."""
    alike = CellIndex.of_frame(cells, [key for key in cells.columns if key != "epochs"]).number
    left: pd.DataFrame = cells[~np.isin(alike, alike[matched])]
    return left[_longest(left)]


def _counted(
    left: _Cells, right: _Cells, at_a: NDArray[np.intp], at_b: NDArray[np.intp]
) -> pd.DataFrame:
    """Return the runs that say something of a and b, of pairs where the seeds are the same."""
    # The cells of b follow those of a in one bit matrix, in which seeds have the same bits.
    offset = len(left.index)
    runs = Runs.of((left.rows, left.index.number), (right.rows, offset + right.index.number))
    pairs = runs.compared(at_a, offset + at_b)
    paired = runs.same_seeds(at_a, offset + at_b)
    found = pd.DataFrame(index=range(len(at_a)))
    for name, at in (("a", at_a), ("b", offset + at_b)):
        # In pairs, a run that failed is excluded with its partner.
        in_pairs = pairs["n_pairs"], pairs["both"] + pairs[f"only_{name}"]
        alone = count_bits(runs.counted[at]), count_bits(runs.converged[at])
        found[f"runs_{name}"] = np.where(paired, in_pairs[0], alone[0])
        found[f"converged_{name}"] = np.where(paired, in_pairs[1], alone[1])
    found["test"] = np.where(paired, PAIRED, UNPAIRED)
    for name in ("only_a", "only_b"):
        found[name] = pd.Series(pairs[name], dtype="Int64").where(paired)
    return found


def _judged(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with rates, the difference, p and the verdict behind the counts."""
    counts = _counts(cells)
    paired, only_a, only_b = _discordant(cells)
    p = np.where(paired, exact_mcnemar(only_a, only_b), _fisher(*counts))
    low, high = _difference_intervals(cells, CONFIDENCE)
    rates = {**rate_columns("rate_a", *counts[:2]), **rate_columns("rate_b", *counts[2:])}
    difference = rates["rate_a"] - rates["rate_b"]
    return cells.assign(
        **rates,
        difference=difference,
        difference_low=low,
        difference_high=high,
        **judge(difference, p),
    )


def _counts(cells: pd.DataFrame) -> tuple[Counts, Counts, Counts, Counts]:
    """Return how many runs converged in a, of how many, and the same of b (n,)."""
    names = ("converged_a", "runs_a", "converged_b", "runs_b")
    converged_a, runs_a, converged_b, runs_b = (cells[name].to_numpy(np.int64) for name in names)
    return converged_a, runs_a, converged_b, runs_b


def _discordant(cells: pd.DataFrame) -> tuple[NDArray[np.bool_], Counts, Counts]:
    """Return which cells (n,) have the same seeds in both, and the pairs that one alone solves."""
    only_a, only_b = (cells[name].fillna(0).to_numpy(np.int64) for name in ("only_a", "only_b"))
    return (cells["test"] == PAIRED).to_numpy(), only_a, only_b


def _difference_intervals(cells: pd.DataFrame, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the limits (n,) of the difference, by pairs where the seeds are the same."""
    paired, only_a, only_b = _discordant(cells)
    counts = _counts(cells)
    in_pairs = difference_interval(counts[1], only_a, only_b, confidence)
    apart = newcombe_interval(*counts, confidence)
    low, high = (np.where(paired, *some) for some in zip(in_pairs, apart, strict=True))
    return low, high


def _fisher(converged_a: Counts, runs_a: Counts, converged_b: Counts, runs_b: Counts) -> FloatArray:
    """Return the two-sided p (n,), each different table being worked out once."""
    tables = np.column_stack([converged_a, runs_a - converged_a, converged_b, runs_b - converged_b])
    different, place = np.unique(tables, axis=0, return_inverse=True)
    p = np.array([fisher_exact(table.reshape(2, 2)).pvalue for table in different])
    found: FloatArray = p[place.ravel()] if len(p) else np.empty(0)
    return found


def _times(cells: _Cells, name: str, time: str | None) -> pd.DataFrame:
    """Return the times and errors of cells as in summary.csv, marked with a or b."""
    rows = cells.rows
    if time is None:
        return pd.DataFrame(index=range(len(cells.index)))
    if EVENT_TIME in rows:
        medians = [_median_time(rows, each) for each in cells.index.rows()]
        return pd.DataFrame({f"median_{time}_{name}": medians})
    columns = ["median_epochs", "expected_running_time", "final_error_q50"]
    return summarize(rows)[columns].add_suffix(f"_{name}")


def _median_time(rows: pd.DataFrame, places: NDArray[np.int64]) -> float:
    runs = take_rows(rows, places, ["converged_epoch", "status", EVENT_TIME])
    counted = runs[runs["status"] != STATUSES[FAILED]]
    happened = counted["converged_epoch"].notna()
    return median_time(counted.assign(happened=happened), EVENT_TIME, "happened")[0]


def _settings(
    left: _Cells, right: _Cells, at_a: NDArray[np.intp], at_b: NDArray[np.intp]
) -> Iterator[tuple[str, str, str]]:
    """Yield the keys in which cells that were matched differ, with their levels in a and in b."""
    keys = dict.fromkeys([*point_columns(left.rows), *point_columns(right.rows)])
    for key in keys:
        if key == "seed" or key in left.described.columns:
            continue
        a, b = (
            _with_none(cells.rows, key, cells.index.first[at])
            for cells, at in ((left, at_a), (right, at_b))
        )
        differ = a != b
        if differ.any():
            yield key, _levels(a[differ]), _levels(b[differ])


def _with_none(rows: pd.DataFrame, key: str, places: NDArray[np.intp]) -> NDArray[Any]:
    """Return a key of some rows, None where they haven't got it."""
    column = rows.reindex(columns=[key])[key].astype(object).iloc[places]
    values: NDArray[Any] = column.where(column.notna(), None).to_numpy()
    return values


def _levels(values: NDArray[Any]) -> str:
    return ", ".join(dict.fromkeys(map(level_name, values)))


def _same_points(a: pd.DataFrame, b: pd.DataFrame) -> tuple[int, int]:
    """Return how many points are in both, and how many of them came to the same bits."""
    keys = list(dict.fromkeys([*point_columns(a), *point_columns(b)]))
    if a["final_error"].isna().all():  # rows without an error, such as those of a function
        return 0, 0
    # A point is matched by its cell, and then by its seed as a number.
    keys.remove("seed")
    left, right = _Cells.of(a, keys), _Cells.of(b, keys)
    at_a, at_b = match_cells(left.described, right.described)
    partner = np.full(len(left.index), -1)
    partner[at_a] = at_b
    seeds_a, seeds_b = (rows["seed"].to_numpy(np.int64) for rows in (a, b))
    points = same = 0
    for rows_a in left.index.blocks():
        rows_a = rows_a[partner[left.index.number[rows_a]] >= 0]
        cells = np.unique(left.index.number[rows_a])
        others = [right.index.rows_of(cell) for cell in partner[cells].tolist()]
        rows_b = np.concatenate([np.empty(0, np.int64), *others])
        cell_b = np.repeat(cells, [len(rows) for rows in others])
        in_a, in_b = _matched(left.index.number[rows_a], seeds_a[rows_a], cell_b, seeds_b[rows_b])
        points += len(in_a)
        same += int((_ends(a, rows_a[in_a]) == _ends(b, rows_b[in_b])).all(axis=0).sum())
    return points, same


def _matched(
    cell_a: Counts, seed_a: Counts, cell_b: Counts, seed_b: Counts
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places (n,) of the runs of a and of b that have the same cell and seed."""
    lowest = min(seed_a.min(initial=0), seed_b.min(initial=0))
    size = max(seed_a.max(initial=0), seed_b.max(initial=0)) - lowest + 1
    points = (cell_a * size + seed_a - lowest, cell_b * size + seed_b - lowest)
    _, in_a, in_b = np.intersect1d(*points, assume_unique=True, return_indices=True)
    return in_a, in_b


def _ends(rows: pd.DataFrame, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how runs ended (3, n), as numbers that are equal where that was the same."""
    found = take_rows(rows, places, ["final_error", "converged_epoch", "status"])
    error, epoch = (found[name].to_numpy(np.float64, na_value=np.nan) for name in list(found)[:2])
    status = pd.Categorical(found["status"], STATUSES).codes
    ends: NDArray[np.float64] = np.stack([error, epoch, status])
    return np.where(np.isnan(ends), -1.0, ends)  # which no error and no epoch is
