"""A sweep that is to go on: opened, held against what is asked of it, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xorsweep.errors import StoreError
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import Grid
from xorsweep.networks.plugins import missing_plugins
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import SweepSettings
from xorsweep.storage.manifest import Manifest, changed_files
from xorsweep.storage.store import Store
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.requests import ResumeRequest


@dataclass(frozen=True)
class OpenedSweep:
    """A sweep that was started: its grid and settings as they are to go on."""

    store: Store
    grid: Grid
    settings: SweepSettings
    manifest: Manifest
    points_before: int


def open_sweep(request: ResumeRequest) -> OpenedSweep:
    """Return a sweep with further levels, nothing written; raises as `resume_sweep` does."""
    store, grid, manifest = Store.open(request.folder)
    settings = request.settings
    if request.keep_engine:
        settings = replace(settings, engine=store.engine)
        store.engine.check()
    _refuse_other(store, grid, settings, manifest)
    longer = extend_grid(NETWORK_SCHEMA, grid, request.more) if request.more else grid
    settings = replace(settings, rounds=replace(manifest.rounds, **request.rounds))
    check_rounds(longer, settings.rounds)
    return OpenedSweep(store, longer, settings, manifest, len(grid))


def _refuse_other(store: Store, grid: Grid, settings: SweepSettings, manifest: Manifest) -> None:
    """Raise StoreError where other numbers would come out than those that the folder holds."""
    if settings.engine != store.engine:
        raise StoreError(
            f"{settings.engine}: {store.folder} was trained with {store.engine}, and a sweep never "
            "mixes engines; resume it with the same, or start another sweep"
        )
    for line in missing_plugins(manifest.choices):
        raise StoreError(
            f"{line}; a sweep never mixes them: install the one that began {store.folder}, or "
            "start another sweep"
        )
    for path in changed_files(manifest, grid):
        raise StoreError(
            f"init.path={path}: the file isn't what it was when {store.folder} was started; put "
            "the old one back, or start another sweep"
        )
