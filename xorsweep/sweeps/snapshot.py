"""The points that a sweep has on disk at one moment; whoever works in its folder isn't disturbed.

Nothing is written and no lock is kept. Parts have their names once they are whole, so that one
that is being written isn't seen, and parts that are added later aren't read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.experiment import POINT_ID, Experiment
from xorsweep.grid.grid import Grid
from xorsweep.storage.manifest import FinishedManifest, GridSize, Manifest, finish
from xorsweep.storage.results import ResultTable, StoredColumns, assemble
from xorsweep.storage.store import PARTS, Store, is_held
from xorsweep.sweeps.adaptive_seeds import Round, latest_round
from xorsweep.sweeps.folders import open_sweep


@dataclass(frozen=True)
class SnapshotStore(Store):
    """The whole parts that a folder had; `folder` is where a report of them goes."""

    files: tuple[Path, ...] = ()

    def part_files(self) -> list[Path]:
        """Return the files of the parts, all of them whole, in the order of their names."""
        return [*self.files]


@dataclass(frozen=True)
class Snapshot:
    """The points of a sweep that were on disk.

    Attributes:
        folder: The folder of the sweep.
        store: The parts.
        manifest: The manifest of the sweep, with the state `running` where a process holds the
            folder, and `interrupted` where none does that should.
        planned: The points that are to be run, those of the latest round included.
        rows: For each part, which of them its points are, -1 for others.
        latest: The latest round of further seeds, None where none was asked for.
        damaged: A line for each part that is skipped.
    """

    folder: Path
    store: SnapshotStore
    manifest: Manifest
    planned: Grid
    rows: tuple[NDArray[np.int64], ...]
    latest: Round | None = None
    damaged: tuple[str, ...] = ()

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Return which of the planned points (N,) have a row."""
        return self.mask(self.rows)

    def mask(self, rows: Iterable[NDArray[np.int64]]) -> NDArray[np.bool_]:
        """Return which of the planned points (N,) some parts have, given their rows."""
        found = np.zeros(len(self.planned), bool)
        for each in rows:
            found[each[each >= 0]] = True
        return found

    @cached_property
    def grid(self) -> Grid:
        """Return the points that have a row, without the keys that apply to none of them."""
        grid = self.planned.at(np.flatnonzero(self.present))
        keys = self.store.experiment.schema.keys
        columns = {
            key: each for key, each in grid.columns.items() if key in keys or each.levels != (None,)
        }
        return replace(grid, columns=columns)

    @property
    def text(self) -> str:
        """Return how many of how many points there are."""
        return f"{self.present.sum():,} of {len(self.planned):,} points"

    def stored(self) -> StoredColumns:
        """Return the columns of the parts at the points that are there."""
        return assemble(self.grid, self.store.measurements())

    def counts(self, table: ResultTable) -> dict[str, int]:
        """Return how many points are planned, have each status by their rows, and are missing."""
        found = table.counts(self.store.experiment.statuses)
        return {**found, "planned": len(self.planned), "missing": int((~self.present).sum())}

    def describe(self, table: ResultTable) -> FinishedManifest:
        """Return the manifest for a report of the rows that are there."""
        text = f"partial, {self.text}: {self.planned.text}"
        size = GridSize(text=text, points=len(self.planned))
        # The published values of a study are for all of its points.
        manifest = replace(self.manifest, study=None)
        described = finish(manifest, size, self.counts(table), {})
        finished = manifest.finished if manifest.state == "finished" else described.finished
        return replace(described, state=manifest.state, finished=finished)


def take_snapshot(folder: Path, experiment: Experiment[Any] | None = None) -> Snapshot:
    """Return the points of a sweep on disk, whether it is finished, was interrupted, or runs.

    Its points are run by `experiment`, that of the manifest where None. Raises StoreError where the
    folder holds no sweep, or can't be read.
    """
    held = is_held(folder)  # before the manifest is read: the sweep may be ending now
    opened = open_sweep(folder, experiment)
    manifest = _with_actual_state(opened.manifest, held)
    # The list of files is the snapshot: all that follows reads these and no others.
    found = SnapshotStore(folder, opened.store.experiment, tuple(opened.store.part_files()))
    damaged = dict(found.damaged())
    store = replace(found, files=tuple(path for path in found.files if path not in damaged))
    planned, latest, rounds = opened.grid, None, manifest.rounds
    if rounds.precision is not None:
        latest = latest_round(store.experiment, planned, rounds, store.measurements())
        planned = latest.grid
    rows = tuple(planned.rows_of(part[POINT_ID].to_numpy()) for part in store.measurements())
    lines = [
        f"{PARTS}/{path.name} is damaged: {reason}; it is skipped"
        for path, reason in damaged.items()
    ]
    return Snapshot(folder, store, manifest, planned, rows, latest, tuple(lines))


def _with_actual_state(manifest: Manifest, held: bool) -> Manifest:
    """Return the manifest of a sweep as its process would have it, if that is alive."""
    if manifest.state == "finished":
        return manifest
    if held:
        return replace(manifest, state="running")
    return replace(manifest, state="interrupted") if manifest.state == "running" else manifest
