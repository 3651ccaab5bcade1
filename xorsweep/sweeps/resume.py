"""A sweep that is to be resumed: opened, checked against the request, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xorsweep.errors import ConfigError, StoreError
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point, Schema
from xorsweep.settings import DEFAULT_LOOKS, FIGURES, SweepSettings, read_figures
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.store import Store
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.folders import open_sweep, point_text
from xorsweep.sweeps.requests import ResumeRequest
from xorsweep.text import count_text, format_value


@dataclass(frozen=True)
class ResumedSweep:
    """A sweep that was started, with its grid and settings as they are from now on."""

    store: Store
    grid: Grid
    settings: SweepSettings
    manifest: Manifest
    points_before: int
    notes: Sequence[str] = ()
    """Lines that say which points are others now."""


def open_resumed(request: ResumeRequest) -> ResumedSweep:
    """Return a sweep with further levels, nothing written; raises as `resume_sweep` does."""
    opened = open_sweep(request.folder, request.experiment)
    store, manifest = opened.store, opened.manifest
    if not store.experiment.can_run:
        raise ConfigError(
            f"resume={request.folder}: is a sweep of {store.experiment}; "
            f"pass its function: {store.resume_command}"
        )
    store.experiment.check()
    # The function's source or the input files may have changed since: new rows would not fit the
    # old.
    store.experiment.check_unchanged(opened.grid, manifest, request.folder)
    widened = store.experiment.widened({axis.key: axis.levels for axis in request.more})
    store = replace(store, experiment=widened)
    grid = _longer_grid(store.experiment.schema, opened.grid, request)
    extended = store.experiment.for_grid(grid)
    if reason := extended.mixing_error(store.experiment, request.folder):
        raise StoreError(reason)
    store = replace(store, experiment=extended)
    figures = request.settings.figures
    if figures == DEFAULT_LOOKS:  # as the sweep has them
        figures = read_figures(manifest.config.get(FIGURES))
    figures.check_axes(grid.swept)
    settings = replace(
        request.settings,
        figures=figures,
        rounds=replace(manifest.rounds, **request.rounds),
        csv=manifest.csv if request.csv is None else request.csv,
    )
    check_rounds(store.experiment, grid, settings.rounds)
    notes = tuple(_type_notes(opened.grid, grid))
    return ResumedSweep(store, grid, settings, manifest, len(opened.grid), notes)


def _longer_grid(schema: Schema, grid: Grid, request: ResumeRequest) -> Grid:
    if request.more:
        return extend_grid(schema, grid, request.more)
    if request.grid is None:
        return grid
    # A grid that is given anew says of which type its levels are.
    identities = grid.read_again(schema).identities
    absent = np.flatnonzero(request.grid.rows_of(identities) < 0)
    if len(absent):
        raise StoreError(
            f"{request.folder} has {count_text(len(absent), 'point')} that aren't in this grid, "
            f"the first of them {point_text(grid, int(absent[0]))}"
            f"{_missing_levels(grid.point(int(absent[0])), request.grid)}; add the levels of the "
            "folder to resume it, or choose another folder"
        )
    return request.grid


def _missing_levels(point: Point, grid: Grid) -> str:
    """Return which values of a point no point of a grid has."""
    levels = {key: set(column.levels) for key, column in grid.columns.items()}
    lacking = [
        f"{key}={format_value(value)}"
        for key, value in point.items()
        if value not in levels.get(key, ())
    ]
    return f"; it has no {' and no '.join(lacking)}" if lacking else ""


def _type_notes(before: Grid, after: Grid) -> Iterator[str]:
    """Yield a line for each key whose numbers have another type from now on.

    A point with 1 need not have the result of one with 1.0.
    """
    for key, column in before.columns.items():
        level, now = column.levels[0], after.columns[key].levels[0]
        if type(level) is int and type(now) is float:
            yield (
                f"{key}: its levels are floats from now on, {float(level)!r} in place of {level}; "
                "the points that were run with whole numbers are run again"
            )
        if type(level) is float and type(now) is int:
            yield (
                f"{key}: its levels are whole numbers from now on, {int(level)} in place of "
                f"{level!r}; the points that were run with floats are run again"
            )
