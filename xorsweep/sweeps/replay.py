"""Runs one row of a sweep again and looks closely."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from xorsweep.errors import StoreError
from xorsweep.experiment import FAILED, POINT_ID, STATUS, Experiment
from xorsweep.reporting.console import Console
from xorsweep.storage.bitwise_diff import Difference, differences
from xorsweep.storage.parts import table_of
from xorsweep.storage.paths import RUN_FILES
from xorsweep.storage.plain_files import make_folder
from xorsweep.sweeps.folders import open_runnable

FOLDER = "replay"


def replay(
    folder: str,
    row: int,
    into: Path | None = None,
    terminal: Console | None = None,
    experiment: Experiment[Any] | None = None,
) -> list[Difference]:
    """Run a row of a sweep again, alone, show it, and return the differences from the stored row.

    `row` counts the rows of results.csv from 0. Files go into `replay/<row>/` of the sweep's
    folder, or `into` another. Raises StoreError where there is no such row, or the sweep can't be
    run again.
    """
    terminal = terminal or Console()
    opened = open_runnable(folder, experiment)
    store, grid = opened.store, opened.grid
    if not 0 <= row < len(grid):
        raise StoreError(
            f"{row}: {store.folder} has no such row; its rows are 0 to {len(grid) - 1}"
        )
    wanted = grid.identities_of([row])
    # Whole parts, so that each of their values is checked.
    parts = [part.filter(pa.array(part[POINT_ID].to_numpy() == wanted)) for part in store.parts()]
    # Parts differ in their columns: one of failed points has no numbers.
    stored = pa.concat_tables(parts, promote_options="default") if parts else pa.table({STATUS: []})
    for line in store.experiment.notes(grid):
        terminal.log(line)
    if into is None:
        into = make_folder(make_folder(store.folder / FOLDER) / str(row))
    again = store.experiment.for_grid(grid).replay(grid, row, into, terminal)
    found = _compared(stored, table_of([again]), store.experiment, terminal)
    if written := [into / name for name in RUN_FILES if (into / name).exists()]:
        terminal.paths(written)
    return found


def _compared(
    stored: pa.Table, again: pa.Table, experiment: Experiment[Any], terminal: Console
) -> list[Difference]:
    ended = stored.filter(pa.array(stored[STATUS].to_numpy() != FAILED))
    if not len(ended):
        state = "failed in the sweep" if len(stored) else "isn't there yet in the sweep"
        terminal.log(f"the row {state}, so there is nothing to compare with")
        return []
    found = differences(ended, again, experiment)
    if not found:
        terminal.log("the same bits as the stored row")
    for each in found:
        terminal.log(f"{each.column} is {each.here} in the sweep and {each.there} run again")
    return found
