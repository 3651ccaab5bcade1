"""Whether training fails more often from some initial weights than from others.

The weights aren't stored: they are drawn again from the init, the seed and the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.auc import Auc, auc, mean_ranks
from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import has_levels, point_columns, swept_columns
from xorsweep.analysis.intervals import CONFIDENCE, rate_columns
from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Network
from xorsweep.networks.schema import component_of, network_of

FEWEST_RUNS = 500
"""Runs below which the groups of a cell would be too small to have a rate."""
DECILES = 10
TABLE = "initial_weights.csv"
INPUTS, HIDDEN = 2, 2
"""The networks whose initial weights are looked at."""


@dataclass(frozen=True)
class WeightCell:
    """The runs of a cell that didn't fail, and the initial weights that they began with.

    Attributes:
        place: The cell's place in the summary.
        first: Its first row.
        differences: |w1[0, j] - w1[1, j]| of each hidden unit j, the smallest first (2, n).
        unsolved: Which runs didn't meet the criterion (n,).
    """

    place: int
    first: int
    differences: FloatArray
    unsolved: NDArray[np.bool_]

    @property
    def largest(self) -> FloatArray:
        """Return the largest difference (n,) of each run."""
        largest: FloatArray = self.differences[-1]
        return largest

    @property
    def has_both(self) -> bool:
        """Tell whether some runs met the criterion and some didn't."""
        return bool(self.unsolved.any() and not self.unsolved.all())

    @cached_property
    def auc(self) -> Auc:
        """Return how well the largest difference tells runs that fail from those that don't."""
        return self.auc_with(CONFIDENCE)

    def auc_with(self, confidence: float) -> Auc:
        """Return the same with limits of another confidence."""
        return auc(self.largest, self.unsolved, confidence)

    def groups(self, count: int) -> pd.DataFrame:
        """Return the runs in groups of as many each, by the largest difference, a row per group.

        Runs with the same difference are in one group, so that there may be fewer groups.

        Columns: `group`, from 1; the least and the most of its differences, `difference_low` and
        `difference_high`; `runs`; `unsolved`, those that didn't meet the criterion; their share,
        `failure_rate`, with its limits `failure_rate_low` and `failure_rate_high`.
        """
        # Mean ranks, so that runs with the same difference come to the same group.
        rank = (mean_ranks(self.largest) - 0.5) / len(self.largest)
        order = np.argsort(rank, kind="stable")
        group = (count * rank[order]).astype(np.int64)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        last = np.append(first[1:], len(group)) - 1
        runs, unsolved = last + 1 - first, np.add.reduceat(self.unsolved[order].astype(int), first)
        return pd.DataFrame(
            {
                "group": group[first] + 1,
                "difference_low": self.largest[order[first]],
                "difference_high": self.largest[order[last]],
                "runs": runs,
                "unsolved": unsolved,
                **rate_columns("failure_rate", unsolved, runs),
            }
        )


# Tables, figures and sentences ask for the same ones.
@lru_cache(1)
def weight_differences(network: Network, init: Any, seeds: bytes) -> FloatArray:
    """Return |w1[0, j] - w1[1, j]| of each hidden unit j, the smallest first (hidden, n).

    The network has two inputs; `seeds` are the bytes of uint32 (n,).
    """
    w1 = network.views(init.draw(network, np.frombuffer(seeds, np.uint32))).w1
    differences: FloatArray = np.sort(np.abs(w1[0] - w1[1]), axis=0)
    return differences


def weight_cells(results: pd.DataFrame) -> Iterator[WeightCell]:
    """Yield the cells of networks with two inputs and two hidden units that have enough runs.

    That is 500 which didn't fail, with different initial weights. Cells whose weights come from a
    file aren't among them, as the file may have changed since.
    """
    if not has_levels(results["seed"], FEWEST_RUNS):
        return
    index = CellIndex.of_frame(results, swept_columns(results))
    trained = (results["status"] != "failed").to_numpy()
    runs = index.sums(trained)
    points = results[point_columns(results)].iloc[index.first].astype(object).to_dict("records")
    large = np.flatnonzero(runs >= FEWEST_RUNS)
    drawn: dict[Any, FloatArray] = {}
    for place in large.tolist():
        point = {str(key): value for key, value in points[place].items() if pd.notna(value)}
        network = network_of(point)
        if (network.inputs, network.hidden) != (INPUTS, HIDDEN) or point["init"] == "file":
            continue
        rows = index.rows_of(place)
        rows = rows[trained[rows]]
        seeds = results["seed"].to_numpy()[rows].astype(np.uint32)
        init = component_of("init", point)
        # Most cells differ in keys that initial weights don't depend on, such as lr.
        key = network, init, seeds.tobytes()
        if key not in drawn:
            drawn[key] = weight_differences(*key)
        # The same weights for every seed say nothing, and have no groups.
        if np.ptp(drawn[key][-1]) > 0:
            unsolved = ~results["converged"].to_numpy(bool)[rows]
            yield WeightCell(place, int(index.first[place]), drawn[key], unsolved)


def failures_by_weights(results: pd.DataFrame) -> pd.DataFrame:
    """Return how often training fails by decile of the largest difference of initial weights.

    Columns: the point columns but seed; `decile` and the others of `WeightCell.groups`; of the
    whole cell the `auc` of the difference with its limits `auc_low` and `auc_high`. It is empty
    where there is no cell with enough runs.
    """
    tables, first = [], []
    for cell in weight_cells(results):
        groups, found = cell.groups(DECILES), cell.auc
        tables.append(groups.assign(auc=found.value, auc_low=found.low, auc_high=found.high))
        first += [cell.first] * len(groups)
    if not tables:
        return pd.DataFrame()
    keys = [key for key in point_columns(results) if key != "seed"]
    described = results[keys].iloc[first].reset_index(drop=True)
    groups = pd.concat(tables, ignore_index=True).rename(columns={"group": "decile"})
    return pd.concat([described, groups], axis=1)
