"""The expected sentences of a report on a table of lr, hidden and epochs, by plain loops."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from math import comb, log, sqrt
from typing import Any

import pandas as pd
from scipy.stats import binomtest, norm

Row = dict[str, Any]
Cell = list[Row]


def limits(count: int, total: int, tried: int = 1) -> tuple[float, float]:
    """Return Wilson's limits of a rate by SciPy, or Clopper and Pearson's at none and at all."""
    method = "wilson" if 0 < count < total else "exact"
    found = binomtest(count, total).proportion_ci(1 - 0.05 / tried, method)
    return float(found.low), float(found.high)


class Grid:
    """The trainings of a table, by hidden and lr, each cell at its most epochs."""

    def __init__(self, frame: pd.DataFrame) -> None:
        rows: list[Row] = frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[assignment]
        self.rows = rows
        self.hidden = sorted({row["hidden"] for row in rows})
        self.lrs = sorted({row["lr"] for row in rows})
        self.cells = dict(self._cells())

    def _cells(self) -> Iterator[tuple[tuple[int, float], Cell]]:
        for size in self.hidden:
            for lr in self.lrs:
                mine = [r for r in self.rows if (r["hidden"], r["lr"]) == (size, lr)]
                trained = [r for r in mine if r["status"] != "failed"]
                most = max((r["epochs"] for r in trained), default=0)
                if trained:
                    yield (size, lr), [r for r in trained if r["epochs"] == most]

    def has(self, size: int, lr: float, epochs: int | None) -> bool:
        """Tell whether there is such a cell, of any epochs where none are given."""
        return any(self._rows_of(size, lr, epochs))

    def at(self, size: int, lr: float, epochs: int | None) -> dict[int, Row]:
        """Return the rows of a cell that didn't fail, by seed."""
        return {r["seed"]: r for r in self._rows_of(size, lr, epochs) if r["status"] != "failed"}

    def _rows_of(self, size: int, lr: float, epochs: int | None) -> Iterator[Row]:
        for row in self.rows:
            if (row["hidden"], row["lr"]) == (size, lr) and epochs in (None, row["epochs"]):
                yield row

    def budgets(self) -> list[int | None]:
        """Return all numbers of epochs, the most first; none where each cell has its own."""
        cells = {(row["hidden"], row["lr"], row["epochs"]) for row in self.rows}
        if len(cells) == len({cell[:2] for cell in cells}):
            return [None]
        return sorted({epochs for *_, epochs in cells}, reverse=True)

    def has_snapshots(self) -> bool:
        """Tell whether some setting was trained for several numbers of epochs."""
        trained = {
            (r["hidden"], r["lr"], r["epochs"]) for r in self.rows if r["status"] != "failed"
        }
        return len(trained) > len(self.cells)

    def most_epochs(self) -> set[int]:
        """Return the epochs of the cells."""
        return {row["epochs"] for cell in self.cells.values() for row in cell}

    def trainings(self) -> list[list[Row]]:
        """Return the points of each training, the fewest epochs first, failed ones before all."""
        found: dict[Any, list[Row]] = {}
        for row in self.rows:
            found.setdefault((row["hidden"], row["lr"], row["seed"]), []).append(row)
        order: Callable[[Row], Any] = lambda row: (row["status"] != "failed", row["epochs"])  # noqa: E731
        return [sorted(rows, key=order) for rows in found.values()]


def rate(cell: Cell) -> Fraction:
    return Fraction(sum(row["converged"] for row in cell), len(cell))


def pairs(grid: Grid) -> list[Row]:
    """Return each pair of neighbours at the most epochs that both have, with Holm's p."""
    found = []
    for key, near in (("hidden", grid.hidden), ("lr", grid.lrs)):
        for other in grid.lrs if key == "hidden" else grid.hidden:
            found += [pair for pair in _along(grid, key, near, other) if pair]
    largest = 0.0
    for step, pair in enumerate(sorted(found, key=lambda pair: pair["p"])):
        largest = max(largest, min(1.0, pair["p"] * (len(found) - step)))
        pair["holm"] = largest
    return found


def _along(grid: Grid, key: str, near: list[Any], other: Any) -> Iterator[Row]:
    """Yield the neighbours along one key; a level that has no cell has none."""
    place = (lambda level: (level, other)) if key == "hidden" else (lambda level: (other, level))
    last: dict[tuple[Any, Any], Row] = {}
    for epochs in grid.budgets():
        there = [level for level in near if grid.has(*place(level), epochs)]
        for a, b in pairwise(there):
            found = _pair(grid.at(*place(a), epochs), grid.at(*place(b), epochs))
            if found and (a, b) not in last:
                last[a, b] = {"key": key, "a": a, "b": b, "other": other, "epochs": epochs, **found}
    yield from last.values()


def _pair(a: dict[int, Row], b: dict[int, Row]) -> Row:
    shared = sorted(set(a) & set(b))
    if not shared:
        return {}
    ends = [(a[seed]["converged"], b[seed]["converged"]) for seed in shared]
    only_a, only_b = ends.count((True, False)), ends.count((False, True))
    few, both = min(only_a, only_b), only_a + only_b
    p = min(1.0, 2 * sum(comb(both, k) for k in range(few + 1)) / 2**both)
    return {"n_pairs": len(shared), "only_a": only_a, "only_b": only_b, "p": p}


def bonett_price(pair: Row, tried: int) -> tuple[float, float]:
    n = pair["n_pairs"] + 2
    a, b = (pair["only_a"] + 1) / n, (pair["only_b"] + 1) / n
    half = norm.ppf(1 - 0.025 / tried) * sqrt((a + b - (a - b) ** 2) / n)
    return max(-1.0, a - b - half), min(1.0, a - b + half)


def cost(cell: Cell, tried: int) -> tuple[float, float, float]:
    """Return the expected running time of a cell, and Cochran's limits."""
    spent = [r["converged_epoch"] if r["converged"] else r["epochs"] for r in cell]
    solved = [int(r["converged"]) for r in cell]
    ratio, n = sum(spent) / sum(solved), len(cell)
    squares = sum((s - ratio * c) ** 2 for s, c in zip(spent, solved, strict=True))
    half = norm.ppf(1 - 0.025 / tried) * sqrt(n / (n - 1) * squares) / sum(solved)
    return ratio, ratio - half, ratio + half


def ratio_of_times(a: Cell, b: Cell, tried: int) -> tuple[float, float, float, int, int]:
    """Return the median ratio, its limits by a sign test, the seeds that have one, and all."""
    of_a, of_b = ({row["seed"]: row for row in cell} for cell in (a, b))
    shared = set(of_a) & set(of_b)
    both = [s for s in shared if of_a[s]["converged"] and of_b[s]["converged"]]
    ratios = sorted(
        max(of_a[s]["converged_epoch"], 1) / max(of_b[s]["converged_epoch"], 1) for s in both
    )
    n = len(ratios)
    k = 0
    while 2 * k < n and 2 * sum(comb(n, j) for j in range(k + 1)) / 2**n <= 0.05 / tried:
        k += 1
    middle = sqrt(ratios[(n - 1) // 2] * ratios[n // 2])
    assert log(ratios[k - 1]) <= log(middle) <= log(ratios[n - k])
    return middle, ratios[k - 1], ratios[n - k], n, len(shared)
