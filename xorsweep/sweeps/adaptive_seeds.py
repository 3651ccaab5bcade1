"""Rounds of further seeds, until the rate of every cell is as sure as was asked for.

The rounds are a function of the first one's grid and of the results of its points, so that a sweep
that was interrupted, or was trained elsewhere, has the same points in the same order. Cells that
differ in epochs alone are read off the same trajectories, and get further seeds together, while
any of them is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import floor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.errors import ConfigError
from xorsweep.experiment import FAILED, POINT_ID, STATUS, Experiment
from xorsweep.fields import Integer
from xorsweep.grid.axes import check_size
from xorsweep.grid.columns import Column, distinct
from xorsweep.grid.grid import Grid
from xorsweep.grid.where import KEY as WHERE
from xorsweep.grid.where import read_where
from xorsweep.settings import AdaptiveSeeds
from xorsweep.text import count_text

FEWEST_RUNS = 200
"""Runs below which no cell is closed: with fewer, coverage falls below 93 % at rates near 5 %."""

PULL = 2
"""Runs of either kind that are added before it is decided whether a cell is sure enough."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Round:
    """A round of a sweep: its grid holds the points of the rounds before it, too.

    `open_cells` of `cells` weren't sure enough before it; `missing` are the rows of its grid that
    no part holds yet. `too_few` tells whether all open cells had fewer than `FEWEST_RUNS` runs.
    """

    number: int
    grid: Grid
    cells: int
    open_cells: int
    missing: NDArray[np.int64]
    too_few: bool = False

    @property
    def text(self) -> str:
        """Return the round in a few words, before its points are run."""
        return f"{self.cells_text}; {count_text(len(self.missing), 'result')} to add"

    @property
    def cells_text(self) -> str:
        """Return which round it is, and how many cells were open before it."""
        reason = f" (each gets at least {FEWEST_RUNS}, for a reliable interval)"
        why = reason if self.too_few else ""
        need = "needs" if self.cells == 1 else "need"
        settings = f"{self.open_cells:,} of {count_text(self.cells, 'setting')}"
        return f"round {self.number}: {settings} {need} more runs{why}"


def full_grid(
    experiment: Experiment[Any], first: Grid, rounds: AdaptiveSeeds, parts: Iterable[pa.Table]
) -> Grid:
    """Return all points that a sweep has so far: those of every round that the parts ask for."""
    if rounds.precision is None:
        return first
    return latest_round(experiment, first, rounds, parts).grid


def latest_round(
    experiment: Experiment[Any], first: Grid, rounds: AdaptiveSeeds, parts: Iterable[pa.Table]
) -> Round:
    """Return the last round that the parts ask for; a round with points missing asks for none."""
    cells = _Cells.of(first, experiment.snapshot_keys)
    *_, latest = _rounds(first, cells, rounds, _Verdicts.read(experiment, parts))
    return latest


def check_rounds(experiment: Experiment[Any], first: Grid, rounds: AdaptiveSeeds) -> None:
    """Raise ConfigError where rounds of further seeds would mean nothing or wouldn't fit."""
    if rounds.precision is None:
        return
    for block in first.blocks:
        if block.where and "seed" in read_where(experiment.schema, block.where).keys:
            raise ConfigError(
                f"precision={rounds.precision}: adds seeds, and {WHERE}={block.where} leaves some "
                "of them out; give one of the two up"
            )
    experiment.check_further_seeds(first)
    cells = _Cells.of(first, experiment.snapshot_keys)
    most = int(cells.seeds.max())
    if most > rounds.max_seeds:
        raise ConfigError(
            f"max_seeds={rounds.max_seeds}: the first round already has {most:,} seeds per "
            f"setting; max_seeds must be at least {most}"
        )
    last, seeds = int(cells.last_seed.max()), experiment.schema.scalars["seed"]
    assert isinstance(seeds, Integer)
    if last + rounds.max_seeds > seeds.at_most:
        raise ConfigError(
            f"max_seeds={rounds.max_seeds}: further seeds follow the largest that was given, "
            f"{last}, and would go beyond {seeds.at_most}; begin with lower ones"
        )
    # The last round may have as many points.
    check_size({"cell": len(cells), "max_seeds": rounds.max_seeds})


def is_open(converged: Counts, runs: Counts, precision: float) -> NDArray[np.bool_]:
    """Tell which cells (n,) need further seeds, given how many of their runs converged.

    A cell is closed where half the width of its interval is below the precision, and would be with
    two runs more of either kind: looking again and again ends a cell the sooner the more extreme
    its rate happens to be, and the four runs pull it back, as in J. Frey, "Fixed-width sequential
    confidence intervals for a proportion", The American Statistician 64 (2010). A cell all of
    whose runs failed is closed: there is nothing that more of them could show.
    """
    from xorsweep.analysis.intervals import (
        rate_intervals,  # SciPy, for sweeps that ask for a precision
    )

    widths = []
    for more in (0, PULL):
        low, high = rate_intervals(converged + more, runs + 2 * more)
        widths.append(high - low)
    too_wide = np.maximum(*widths) / 2 >= precision
    return (runs > 0) & ((runs < FEWEST_RUNS) | too_wide)


def further_seeds(seeds: Counts, rounds: AdaptiveSeeds) -> Counts:
    """Return how many seeds (n,) a round adds to open cells that have `seeds` (n,).

    As many again, but no more than the rate that is hardest to tell, one half, needs, and never
    more than `max_seeds` in all.
    """
    assert rounds.precision is not None
    enough = max(FEWEST_RUNS, enough_runs(rounds.precision))
    wanted = np.maximum(2 * seeds, FEWEST_RUNS)
    # Whichever has as many and is still open has lost runs to failures.
    wanted = np.where(seeds < enough, np.minimum(wanted, enough), wanted)
    return np.maximum(np.minimum(wanted, rounds.max_seeds) - seeds, 0)


def enough_runs(precision: float) -> int:
    """Return the fewest runs whose interval is narrower than asked for at whatever rate.

    Wilson's half-width is largest at a rate of one half: z / (2 sqrt(n + z**2)).
    """
    from xorsweep.analysis.intervals import Z

    return floor(Z**2 * (1 / (4 * precision**2) - 1)) + 1


def _rounds(
    first: Grid, cells: _Cells, rounds: AdaptiveSeeds, verdicts: _Verdicts
) -> Iterator[Round]:
    """Yield the rounds, the first included, up to one with points missing or with no open cell."""
    assert rounds.precision is not None
    grid, done = first, 0
    open_cells, too_few = len(cells), False
    for number in count(1):
        # Only the points that this round has added: the counts hold those before them.
        present, converged, failed = verdicts.of(grid.identities[done:])
        missing = done + np.flatnonzero(~present)
        yield Round(number, grid, len(cells), open_cells, missing, too_few)
        if len(missing):
            return
        cells, done = cells.trained(converged, failed), len(grid)
        opened = is_open(cells.converged, cells.runs, rounds.precision)
        more = np.where(cells.any_of_group(opened), further_seeds(cells.seeds, rounds), 0)
        if not more.any():
            return
        # A cell at `max_seeds` stays unsure, and nothing is added for it.
        still_open = opened & (more > 0)
        open_cells = int(still_open.sum())
        # Not where `max_seeds` is smaller: there a cell doesn't get as many.
        few = (cells.runs < FEWEST_RUNS) & (cells.seeds + more >= FEWEST_RUNS)
        too_few = bool(few[still_open].all())
        grid, cells = _followed(grid, cells, more)


def _followed(grid: Grid, cells: _Cells, more: Counts) -> tuple[Grid, _Cells]:
    """Return the grid with `more` (cells,) further seeds behind, and the cells with them.

    Cells of different groups get the same seeds, and so can be compared run by run.
    """
    cell = np.repeat(np.arange(len(cells)), more)
    # 0, 1, ... within each cell.
    offsets = np.arange(len(cell)) - np.repeat(np.cumsum(more) - more, more)
    seeds = np.repeat(cells.last_seed, more) + 1 + offsets
    further = replace(
        cells, latest=cell, seeds=cells.seeds + more, last_seed=cells.last_seed + more
    )
    return _with_more_seeds(grid, cells.first_row[cell], seeds), further


def _with_more_seeds(grid: Grid, rows: NDArray[Any], seeds: NDArray[Any]) -> Grid:
    """Return the grid followed by the points of `rows` (n,) again, with `seeds` (n,) for theirs."""
    longer = grid.at(np.concatenate([np.arange(len(grid)), rows]))
    levels = distinct((*grid.columns["seed"].levels, *np.unique(seeds).tolist()))
    values = np.array(levels, np.int64)
    order = np.argsort(values)
    # Levels of `seed` come in the order that was given, which needn't ascend.
    codes = order[np.searchsorted(values[order], seeds)].astype(np.int32)
    seed = Column(levels, np.concatenate([grid.columns["seed"].codes, codes]))
    return replace(longer, columns={**longer.columns, "seed": seed}, added=grid.added + len(rows))


@dataclass(frozen=True)
class _Cells:
    """The cells of a grid, in order of their first points, and their counts so far (cells,).

    `latest` (n,) is the cell of each point of the latest round. `group` is the same for cells that
    share trajectories; `seeds` is how many seeds the largest cell of the group has, and `last_seed`
    the one after which further ones follow.
    """

    latest: NDArray[np.int64]
    first_row: NDArray[np.int64]
    group: NDArray[np.int64]
    seeds: Counts
    last_seed: Counts
    converged: Counts
    runs: Counts

    @classmethod
    def of(cls, first: Grid, snapshot_keys: Sequence[str]) -> _Cells:
        """Return the cells of a first round, with no run of them known."""
        index = CellIndex.of_grid(first)
        cell, first_row = index.number, index.first
        group = CellIndex.of_grid(first, ("seed", *snapshot_keys)).number[first_row]
        seeds = np.zeros(len(first_row), np.int64)
        # Blocks may give the cells of a group different numbers of seeds.
        np.maximum.at(seeds, group, np.bincount(cell))
        # One for all cells, so that they get the same seeds and can be compared run by run.
        last_seed = np.full(len(first_row), first.columns["seed"].array().max())
        nothing = np.zeros(len(first_row), np.int64)
        return cls(cell, first_row, group, seeds[group], last_seed, nothing, nothing)

    def __len__(self) -> int:
        return len(self.first_row)

    def trained(self, converged: NDArray[np.bool_], failed: NDArray[np.bool_]) -> _Cells:
        """Return the cells with the results of the latest points (n,) added."""
        return replace(
            self,
            converged=self.converged + self._counted(converged),
            runs=self.runs + self._counted(~failed),
        )

    def any_of_group(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the cells in whose group any is chosen (cells,)."""
        return (np.bincount(self.group[chosen], minlength=len(self)) > 0)[self.group]

    def _counted(self, chosen: NDArray[np.bool_]) -> Counts:
        return np.bincount(self.latest[chosen], minlength=len(self))


@dataclass(frozen=True)
class _Verdicts:
    """The results of points (n,) in parts, in order of identities: converged and failed ones."""

    identities: NDArray[np.uint64]
    converged: NDArray[np.bool_]
    failed: NDArray[np.bool_]

    @classmethod
    def read(cls, experiment: Experiment[Any], parts: Iterable[pa.Table]) -> _Verdicts:
        """Return each point once; one that failed first and was trained later as trained."""
        nothing = [np.empty(0, kind) for kind in (np.uint64, bool, bool)]
        read = [
            (
                part[POINT_ID].to_numpy(),
                experiment.succeeded(part),
                part[STATUS].to_numpy() == FAILED,
            )
            for part in parts
        ]
        point_id, succeeded, failed = map(np.concatenate, zip(nothing, *read, strict=True))
        # np.unique takes the first of equal ones.
        trained_first = np.argsort(failed, kind="stable")
        identities, place = np.unique(point_id[trained_first], return_index=True)
        rows = trained_first[place]
        return cls(identities, succeeded[rows], failed[rows])

    def of(self, identities: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], ...]:
        """Return which points (N,) are present, which converged and which failed."""
        if not len(self.identities):
            return (np.zeros(len(identities), bool),) * 3
        # An identity above all others comes out at the first one, and isn't equal to it.
        place = np.searchsorted(self.identities, identities) % len(self.identities)
        present = self.identities[place] == identities
        return present, present & self.converged[place], present & self.failed[place]
