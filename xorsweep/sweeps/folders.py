"""Opened folders of sweeps: their grids and experiments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xorsweep.errors import ManifestError, StoreError
from xorsweep.experiment import Experiment
from xorsweep.experiment.lookup import experiment_of
from xorsweep.grid.grid import Grid
from xorsweep.grid.serialization import grid_from_data
from xorsweep.storage.bitwise_diff import Difference
from xorsweep.storage.manifest import Manifest, read_sealed
from xorsweep.storage.paths import named_folder
from xorsweep.storage.store import Store, read_manifest, using_manifest
from xorsweep.sweeps.adaptive_seeds import full_grid
from xorsweep.text import format_value


@dataclass(frozen=True)
class OpenedSweep:
    """A sweep that was started: its store, the grid of its first round, and its manifest."""

    store: Store
    grid: Grid
    manifest: Manifest


def open_sweep(folder: Path, experiment: Experiment[Any] | None = None) -> OpenedSweep:
    """Return the sweep in a folder, run by `experiment`, or that of its manifest where None.

    Raises:
        StoreError: The folder holds no sweep, its manifest can't be trusted, or the sweep was
            started with another experiment.
    """
    data = read_manifest(folder)
    with using_manifest(folder):
        manifest = read_sealed(data)
        recorded = experiment_of(manifest)
        recorded.check_version(manifest.experiment)
        # Read and written again: an entry that this version doesn't know gets lost on the way.
        if recorded.fingerprint() != manifest.experiment:
            raise ManifestError("its experiment isn't one that this version knows")
        grid = grid_from_data(recorded.schema, manifest.points)
    if experiment is None:
        return OpenedSweep(Store(folder, recorded), grid, manifest)
    if experiment.name != recorded.name:
        raise StoreError(
            f"{folder}: holds a sweep of the experiment {recorded.name}, and not of "
            f"{experiment.name}; choose another folder"
        )
    # An experiment may take types from the grid, such as floats for a function's argument.
    asked = experiment.for_grid(grid)
    if reason := asked.mixing_error(recorded, folder):
        raise StoreError(reason)
    return OpenedSweep(Store(folder, asked), grid, manifest)


def experiment_in(folder: Path, function: Callable[..., Any]) -> Experiment[Any]:
    """Return the experiment of a folder, with the function that its points are run by."""
    return open_sweep(folder).store.experiment.with_function(function)


def open_with_rounds(folder: Path, experiment: Experiment[Any] | None = None) -> OpenedSweep:
    """Return the sweep in a folder, with the points of all its rounds; raises as `open_sweep`."""
    opened = open_sweep(folder, experiment)
    store, rounds = opened.store, opened.manifest.rounds
    grid = full_grid(store.experiment, opened.grid, rounds, store.measurements())
    return OpenedSweep(store, grid, opened.manifest)


def open_runnable(name: str, experiment: Experiment[Any] | None) -> OpenedSweep:
    """Return the sweep in a folder, or in the newest by the name `latest`, whose points can be run.

    Raises StoreError where it can't be used, ConfigError where its experiment can't run here.
    """
    opened = open_with_rounds(named_folder(name), experiment)
    opened.store.experiment.check()
    return opened


def check_undamaged(store: Store) -> None:
    """Raise StoreError for the first part of a sweep that isn't as it was written."""
    for _ in store.parts():
        pass


def point_text(grid: Grid, row: int) -> str:
    """Return the keys that distinguish a point from the others of its grid, and its row."""
    point = grid.point(row)
    values = (f"{key} {format_value(point[key])}" for key in grid.swept if key in point)
    return f"row {row} ({', '.join(values)})" if grid.swept else f"row {row}"


def difference_text(grid: Grid, each: Difference, here: str, there: str) -> str:
    """Return a value of a point that differs, followed by where it has each of the two values."""
    (row,) = grid.rows_of(np.array([each.point_id], np.uint64))
    point = point_text(grid, int(row))
    return f"{point}: {each.column} is {each.here} {here} and {each.there} {there}"
