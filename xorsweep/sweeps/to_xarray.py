"""A sweep as a dataset of xarray: its rows, the curves that are asked for, and its provenance."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from xorsweep.analysis.curves import longest_curve, step_curves
from xorsweep.analysis.labelled_arrays import Rows, dataset_of
from xorsweep.errors import ConfigError
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console_python import ScriptConsole
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.store import Store
from xorsweep.sweeps.curves import curves_in
from xorsweep.text import escape_non_utf8, shorten

if TYPE_CHECKING:
    import xarray

MOST_VALUES = 20_000_000
"""Numbers in curves up to which they are read without being asked for."""


def to_xarray(
    store: Store,
    grid: Grid,
    manifest: Manifest,
    results: pd.DataFrame,
    curves: Sequence[str] | None,
    rows: Rows = slice(None),
) -> xarray.Dataset:
    """Return the dataset of `Sweep.to_xarray`; `rows` (n,) are those of the points that are there.

    `results` has these points alone, in this order.
    """
    if isinstance(curves, str):
        raise ConfigError(f'curves={shorten(curves)}: must be a list, such as ["{curves:.80}"]')
    chosen = curves_that_fit(store, grid) if curves is None else curves
    read = {name: curves_in(store, grid, name, "curves") for name in chosen}
    return dataset_of(grid, results, read, _provenance(manifest), rows)


def curves_that_fit(store: Store, grid: Grid, most_values: int = MOST_VALUES) -> list[str]:
    """Return the curves by step; none, with a line that says so, where they have many values."""
    columns = step_curves(store)
    longest = [longest_curve(store.parts(), column) for column in columns.values()]
    if len(grid) * sum(longest) > most_values:
        names = ", ".join(columns)
        ScriptConsole().warn(
            f"to_xarray: {names} excluded, up to {len(grid) * sum(longest):,} numbers; "
            f"curves=[...] reads them all the same"
        )
        return []
    return list(columns)


def _provenance(manifest: Manifest) -> dict[str, str | float]:
    """Return texts and numbers, which any format of files can hold."""
    known = {
        "grid": manifest.grid.text,
        "digest": manifest.digest,
        "command_line": shlex.join(manifest.command_line),
        "experiment": json.dumps(dict(manifest.experiment), sort_keys=True),
        "versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        "git_commit": manifest.git.commit if manifest.git else "",
        "state": manifest.state,
        "started": manifest.started,
        "finished" if manifest.state == "finished" else "as_of": manifest.finished,
    }
    texts: dict[str, str | float] = {
        name: escape_non_utf8(text) for name, text in known.items() if text
    }
    if manifest.state == "finished" and manifest.seconds is not None:
        texts["seconds"] = manifest.seconds
    return texts
