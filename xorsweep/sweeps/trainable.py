"""Finished and unfinished sweeps whose rows can be trained again."""

from __future__ import annotations

from xorsweep.errors import StoreError
from xorsweep.fields import format_value
from xorsweep.grid.grid import Grid
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.paths import named_folder
from xorsweep.storage.store import Store
from xorsweep.sweeps.adaptive_seeds import open_with_rounds


def open_trainable(name: str) -> tuple[Store, Grid, Manifest]:
    """Return the sweep in a folder, or in the newest by the name `latest`, as `Store.open` does.

    Raises StoreError where it can't be used, ConfigError where its engine isn't installed here.
    """
    folder = named_folder(name)
    store, grid, manifest = open_with_rounds(folder)
    store.engine.check()
    return store, grid, manifest


def check_undamaged(store: Store) -> None:
    """Raise StoreError for the first part of a sweep that isn't as it was written."""
    for path, reason in store.damaged():
        raise StoreError(
            f"{path} is damaged: {reason}; python -m xorsweep -m resume={store.folder} sets it "
            "aside and trains its points again"
        )


def point_text(grid: Grid, row: int) -> str:
    """Return what tells a point from the others of its grid, with the row where it lies."""
    point = grid.point(row)
    values = (f"{key} {format_value(point[key])}" for key in grid.swept if key in point)
    return f"row {row} ({', '.join(values)})" if grid.swept else f"row {row}"
