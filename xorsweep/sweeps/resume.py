"""A sweep that is to be resumed: opened, checked against the request, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xorsweep.errors import ConfigError, StoreError
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import Grid
from xorsweep.settings import SweepSettings
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.store import Store
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.folders import OpenedSweep, open_sweep, point_text
from xorsweep.sweeps.requests import ResumeRequest


@dataclass(frozen=True)
class ResumedSweep:
    """A sweep that was started, with its grid and settings as they are from now on."""

    store: Store
    grid: Grid
    settings: SweepSettings
    manifest: Manifest
    points_before: int


def open_resumed(request: ResumeRequest) -> ResumedSweep:
    """Return a sweep with further levels, nothing written; raises as `resume_sweep` does."""
    opened = open_sweep(request.folder, request.experiment)
    store, manifest = opened.store, opened.manifest
    if not store.experiment.can_run:
        raise ConfigError(
            f"resume={request.folder}: is a sweep of {store.experiment}, and a folder is data; "
            f"give what it calls: {store.resume_command}"
        )
    store.experiment.check()
    store.experiment.check_unchanged(opened.grid, manifest, request.folder)
    grid = _longer_grid(opened, request)
    settings = replace(
        request.settings,
        rounds=replace(manifest.rounds, **request.rounds),
        csv=manifest.csv if request.csv is None else request.csv,
    )
    check_rounds(store.experiment, grid, settings.rounds)
    return ResumedSweep(store, grid, settings, manifest, len(opened.grid))


def _longer_grid(opened: OpenedSweep, request: ResumeRequest) -> Grid:
    if request.more:
        return extend_grid(opened.store.experiment.schema, opened.grid, request.more)
    if request.grid is None:
        return opened.grid
    absent = np.flatnonzero(request.grid.rows_of(opened.grid.identities) < 0)
    if len(absent):
        raise StoreError(
            f"{request.folder} has {len(absent):,} points that this grid lacks, the first of them "
            f"{point_text(opened.grid, int(absent[0]))}; give their levels, too, or choose "
            "another folder"
        )
    return request.grid
