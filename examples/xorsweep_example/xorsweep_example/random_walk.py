"""Random walks as an experiment of their own: batches of walks, a row and a path per walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xorsweep.experiment import Plan
from xorsweep.fields import Integer, Real
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point, Schema
from xorsweep.reporting.column_report import ColumnReport
from xorsweep.reporting.console import Console
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.catalog import FigureSpec
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.store import Store
from xorsweep.tabular_experiment import TabularExperiment

SCHEMA = Schema(
    keys=("drift", "steps", "seed"),
    scalars={
        "drift": Real(at_least=-1.0, at_most=1.0),
        "steps": Integer(1, 100_000),
        "seed": Integer(0, 2**32 - 1),
    },
    components={},
    independent_keys=("drift", "steps", "seed"),
)
BATCH = 1000
"""Walks of a batch."""


@dataclass(frozen=True)
class Walks:
    """n walks of one length: drift (n,), seed (n,), and the identities (n,) of their points."""

    steps: int
    drift: NDArray[np.float64]
    seed: NDArray[np.int64]
    point_ids: NDArray[np.uint64]

    @property
    def work(self) -> int:
        """Return the number of steps of all walks."""
        return self.steps * len(self.point_ids)

    cost = work

    def split(self) -> Sequence[Walks]:
        """Return the two halves of the walks, none of a single one."""
        half = len(self.point_ids) // 2
        halves = (slice(None, half), slice(half, None)) if half else ()
        return [
            Walks(self.steps, self.drift[some], self.seed[some], self.point_ids[some])
            for some in halves
        ]


@dataclass(frozen=True, kw_only=True)
class RandomWalk(TabularExperiment[Walks]):
    """Walks of steps of 1 up or down, up with probability (1 + drift) / 2.

    Columns: where a walk ends, `end`, its largest distance from the start, `farthest`, whether it
    `returned` to it, and after how many steps, `time`. W. Feller, "An Introduction to Probability
    Theory and Its Applications", volume 1 (1968), chapter III.
    """

    name = "random_walk"
    work_unit = "steps"
    batch_type = Walks

    @property
    def schema(self) -> Schema:
        """Return the keys of a walk."""
        return SCHEMA

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the experiment of a folder."""
        return cls(times=manifest.options.get("times", {}), rate=manifest.options.get("rate"))

    def plan(self, grid: Grid, pending: NDArray[np.int64], workers: int) -> Plan[Walks]:
        """Return batches of walks of one length."""
        steps = grid.columns["steps"].array(pending)
        batches = []
        for length in np.unique(steps):
            rows = pending[steps == length]
            for some in np.array_split(rows, -(-len(rows) // BATCH)):
                drift, seed = (grid.columns[key].array(some) for key in ("drift", "seed"))
                batches.append(Walks(int(length), drift, seed, grid.identities[some]))
        batches.sort(key=lambda batch: -batch.work)
        work = sum(batch.work for batch in batches)
        return Plan(tuple(batches), len(pending), work, is_quick=work < 10_000_000)

    def run(self, batch: Walks) -> pa.Table:
        """Return where walks end, and their paths."""
        draws = np.array([np.random.default_rng(seed).random(batch.steps) for seed in batch.seed])
        paths = np.where(draws < (1 + batch.drift[:, None]) / 2, 1, -1).cumsum(axis=1)
        at_start = paths == 0
        returned = at_start.any(axis=1)
        return pa.table(
            {
                "point_id": batch.point_ids,
                "end": paths[:, -1],
                "farthest": np.abs(paths).max(axis=1),
                "returned": returned,
                "time": np.where(returned, at_start.argmax(axis=1) + 1, batch.steps),
                "path": pa.array(list(paths.astype(np.float64))),
            }
        )

    def run_point(self, point: Point) -> dict[str, Any]:
        """Return one walk."""
        walk = Walks(
            int(point["steps"] or 0),
            np.array([point["drift"]], float),
            np.array([point["seed"]], int),
            np.zeros(1, np.uint64),
        )
        row: dict[str, Any] = self.run(walk).to_pylist()[0]
        return row

    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        """Print where one walk ends."""
        rows = self.run(self.batch_of_one(grid, row))
        console.log(f"the walk ends at {rows['end'][0]}")
        return rows

    def report(self, grid: Grid, store: Store, workers: int, epochs: int | None) -> WalkReport:
        """Return the writer of the report."""
        return WalkReport(grid, store, workers, epochs)


class WalkReport(ColumnReport):
    """The report of random walks, with a figure of their ends."""

    def catalog(self, results: pd.DataFrame) -> Sequence[FigureSpec]:
        """Return the figures by kinds of columns, and one of this experiment's own."""
        caption = "Each bar counts the walks that end there."
        own = FigureSpec("ends", "Where walks end", caption, __name__)
        return [own, *super().catalog(results)]


def draw(tables: Any) -> DrawnFigure:
    """Return a histogram of the ends of walks, a colour per drift."""
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    for drift, walks in tables.results.groupby("drift", observed=True):
        axes.hist(walks["end"].dropna(), bins=30, alpha=0.6, label=f"drift {drift:g}")
    axes.set(xlabel="end of the walk", ylabel="walks")
    axes.legend(frameon=False)
    return DrawnFigure(figure, f"Histogram of the ends of {len(tables.results):,} walks by drift.")
