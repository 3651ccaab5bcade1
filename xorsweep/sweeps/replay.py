"""Trains one row of a sweep again and looks closely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import StoreError
from xorsweep.grid.grid import Grid
from xorsweep.networks.engines import Engine
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.single_run import SingleRun, headline, train_single
from xorsweep.networks.trainer import FAILED, MOST_OUTPUTS, MOST_PARAMETERS, STATUSES, PointResults
from xorsweep.reporting.console import Console
from xorsweep.reporting.run_console import describe_single
from xorsweep.reporting.run_files import write_single
from xorsweep.storage.bitwise_diff import Difference, differences, of_points
from xorsweep.storage.manifest import input_notes
from xorsweep.storage.parts import table_of
from xorsweep.storage.plain_files import make_folder
from xorsweep.storage.store import Store
from xorsweep.sweeps.trainable import open_trainable
from xorsweep.text import exception_text

FOLDER = "replay"


def replay(
    folder: str, row: int, into: Path | None = None, terminal: Console | None = None
) -> list[Difference]:
    """Train a row of a sweep again, alone, print and draw it, and return what differs.

    `row` counts the rows of results.csv from 0. Files and pictures go into `replay/<row>/` of the
    sweep's folder, or `into` another. Raises StoreError where there is no such row, or the sweep
    can't be trained again.
    """
    terminal = terminal or Console()
    store, grid, _ = open_trainable(folder)
    if not 0 <= row < len(grid):
        raise StoreError(
            f"{row}: {store.folder} has no such row; its rows are 0 to {len(grid) - 1}"
        )
    point_id = grid.identities[row : row + 1]
    stored = _stored(store, point_id)
    for line in input_notes(grid):
        terminal.log(line)
    terminal.log(headline(grid.point(row)))
    run = _trained(grid, row, store.engine)
    if into is None:
        into = make_folder(make_folder(store.folder / FOLDER) / str(row))
    into.mkdir(parents=True, exist_ok=True)
    paths = write_single(run, into)
    describe_single(run, terminal.console)
    terminal.paths(paths)
    return _compared(stored, table_of([_rows(run, point_id)]), terminal)


def _trained(grid: Grid, row: int, engine: Engine) -> SingleRun:
    try:
        return train_single(grid.point(row), engine)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever made the row fail in its sweep
        raise StoreError(f"row {row} can't be trained: {exception_text(error)}") from error


def _stored(store: Store, point_id: NDArray[np.uint64]) -> pa.Table:
    parts = [of_points(part, point_id) for part in store.parts()]
    return pa.concat_tables(parts, promote_options="default")


def _compared(stored: pa.Table, again: pa.Table, terminal: Console) -> list[Difference]:
    trained = stored.filter(pa.array(stored["status"].to_numpy() != FAILED))
    found = differences(trained, again)
    if not len(trained):
        state = "failed in the sweep" if len(stored) else "isn't trained yet in the sweep"
        terminal.log(f"the row {state}, so there is nothing to compare with")
    elif not found:
        terminal.log("the same bits as the stored row")
    for each in found:
        terminal.log(f"{each.column} is {each.here} in the sweep and {each.there} trained again")
    return found


def _rows(run: SingleRun, point_id: NDArray[np.uint64]) -> PointResults:
    """Return the end of a run as a part holds it, without its learning curve."""
    outputs, parameters = run.final_outputs.reshape(-1, 1), run.parameters[:, -1:].T
    converged_epoch = -1 if run.converged_epoch is None else run.converged_epoch
    return PointResults(
        point_id=point_id,
        **{name: values[-1:] for name, values in run.errors._asdict().items()},
        outputs=outputs if len(outputs) <= MOST_OUTPUTS else outputs[:0],
        converged_epoch=np.array([converged_epoch]),
        converged_at_end=np.array([run.converged_at_end]),
        outcome=np.array([OUTCOMES.index(run.outcome)], np.int8),
        status=np.array([STATUSES.index(run.status)], np.int8),
        message=[""],
        parameters=parameters if parameters.size <= MOST_PARAMETERS else parameters[:, :0],
        learning_curves=np.empty((0, 1), np.float32),
        curve_of=np.array([-1], np.int32),
    )
