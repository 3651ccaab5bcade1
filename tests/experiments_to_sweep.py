"""An experiment that no installed package offers; worker processes import it from here."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.experiment import Plan, Rows
from xorsweep.fields import Integer, Real
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point, Schema
from xorsweep.reporting.console import Console
from xorsweep.storage.manifest import Manifest
from xorsweep.tabular_experiment import TabularExperiment


@dataclass(frozen=True)
class Coins:
    p: NDArray[np.float64]
    seed: NDArray[np.int64]
    point_ids: NDArray[np.uint64]

    @classmethod
    def of(cls, grid: Grid, rows: Rows) -> Self:
        p, seed = (grid.columns[key].array(rows) for key in ("p", "seed"))
        return cls(p, seed, grid.identities[rows])

    @property
    def work(self) -> int:
        return len(self.point_ids)

    cost = work

    def split(self) -> Sequence["Coins"]:
        if len(self.point_ids) == 1:
            return ()
        return [
            Coins(self.p[some], self.seed[some], self.point_ids[some])
            for some in (slice(None, 1), slice(1, None))
        ]


@dataclass(frozen=True, kw_only=True)
class Tosses(TabularExperiment[Coins]):
    """Tosses of a coin, as an experiment that no installed package offers."""

    name = "tosses"
    batch_type = Coins

    @property
    def schema(self) -> Schema:
        fields = {"p": Real(), "seed": Integer(0, 2**32 - 1)}
        return Schema(("p", "seed"), fields, components={}, independent_keys=("p", "seed"))

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        return cls(rate=manifest.options.get("rate"))

    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[Coins]:
        some = [pending[start : start + 8] for start in range(0, len(pending), 8)]
        batches = [Coins.of(grid, rows) for rows in some]
        return Plan(tuple(batches), len(pending), len(pending), is_quick=True)

    def run(self, batch: Coins) -> pa.Table:
        if (batch.p == 0.77).any():
            raise ArithmeticError("no such coin")
        draws = np.array([np.random.default_rng(seed).random() for seed in batch.seed])
        head = draws < batch.p
        return pa.table({"point_id": batch.point_ids, "draw": draws, "head": head})

    def run_point(self, point: Point) -> Any:
        coins = Coins(np.array([point["p"]]), np.array([point["seed"]]), np.zeros(1, np.uint64))
        return self.run(coins).to_pylist()[0]

    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        return self.run(self.batch_of_one(grid, row))


class SlowTosses(Tosses):
    """Tosses that take a while, so that a sweep can be killed in the middle."""

    name = "slow_tosses"

    def run(self, batch: Coins) -> pa.Table:
        time.sleep(0.02 * len(batch.point_ids))
        return super().run(batch)
