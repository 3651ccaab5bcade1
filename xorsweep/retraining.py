"""Runs that stand for cells, trained again to the same bits, so that their weights can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from xorsweep.config import choose, network_of, task_rows
from xorsweep.engines import Engine, load_capacity, load_train
from xorsweep.execute.pool import begun, pool_of
from xorsweep.extensions import Extensions, extensions_of
from xorsweep.grid import Grid
from xorsweep.measures import course_epochs
from xorsweep.plan import Batch, Plan, combined_codes, make_plan
from xorsweep.prepare import prepare
from xorsweep.representatives import representatives
from xorsweep.results import Assembled
from xorsweep.run_again import RunAgain, drawn_again
from xorsweep.worker import build_training

Rows = NDArray[np.int64]

MOST_CELLS = 60
"""Cells whose runs are trained again."""
MOST_WORK = 50_000
"""Epochs of one small network that this may take: some three seconds on a core."""
NUMBERS_A_CALL = 5_000
"""Numbers in an array for which NumPy takes as long again as it takes to be called at all."""
WORTH_PROCESSES = 4_000
"""Work from which on other processes are worth their start."""
EPOCHS_A_DECADE = 16
_TOO_MUCH = "to train the runs of even one cell again would take too long"


@dataclass(frozen=True)
class Retrained:
    """Runs by row, and the rows (cells, 3) that stand for each cell.

    Where there are no runs, `why_not` says why.
    """

    rows: Rows
    runs: Mapping[int, RunAgain]
    why_not: str = ""


Retraining = Callable[[], Retrained]
"""Waits for runs that are being trained."""


def begin_retraining(grid: Grid, assembled: Assembled, engine: Engine, workers: int) -> Retraining:
    """Begin to train again the runs that stand for cells; return what waits for them.

    The cells are all of them where they are at most MOST_CELLS and take at most MOST_WORK, else so
    many evenly spaced ones of those with the most epochs, half as many where that is too much
    work, and so on. With several workers, training goes on beside whatever is done meanwhile.
    """
    rows = representatives(grid, assembled)
    try:
        wanted, plan = _affordable(grid, rows, engine)
        if not plan.batches:
            return partial(Retrained, rows, {}, _TOO_MUCH)
        prepare(plan.batches, engine, lambda line: None)
        at_once = workers if work_of(plan) > WORTH_PROCESSES else 1
        again = _Again(wanted, engine, extensions_of(grid))
        tasks = [delayed(again)(batch) for batch in plan.batches]
        return partial(_finished, rows, begun(pool_of(at_once), tasks))
    except Exception as error:
        return partial(Retrained, rows, {}, _reason(error))


def _finished(rows: Rows, results: Iterator[list[RunAgain]]) -> Retrained:
    try:
        return Retrained(rows, {run.row: run for runs in results for run in runs})
    except Exception as error:
        return Retrained(rows, {}, _reason(error))


def _reason(error: Exception) -> str:
    """Return why pictures are missing, which is no reason for a report to be."""
    return f"training them again ended with {type(error).__name__}: {error}"


def _affordable(grid: Grid, rows: Rows, engine: Engine) -> tuple[Rows, Plan]:
    """Return the rows of the largest choice of cells that isn't too much work, and their batches.

    `rows` (cells, 3) stand for the cells.
    """
    for cells in _choices(grid, rows):
        wanted = np.unique(rows[cells])
        plan = retraining_plan(grid, wanted, engine)
        if work_of(plan) <= MOST_WORK:
            return wanted, plan
    return np.empty(0, np.int64), Plan((), 0, 0, 0)


def _choices(grid: Grid, rows: Rows) -> Iterator[NDArray[np.intp]]:
    """Yield choices of cells, as their places (n,), the largest first."""
    trained = np.flatnonzero(rows[:, 0] >= 0)
    if len(trained) <= MOST_CELLS:
        yield trained
    epochs = grid.columns["epochs"].array(rows[trained, 0])
    longest = trained[epochs == epochs.max(initial=0)]
    most = min(len(longest), MOST_CELLS)
    while most:
        yield longest[np.linspace(0, len(longest) - 1, most).round().astype(int)]
        most //= 2


def retraining_plan(grid: Grid, rows: Rows, engine: Engine) -> Plan:
    """Return batches that train some rows (n,) of a grid, each trajectory once."""
    return make_plan(grid, load_capacity(engine), 1, _with_longest(grid, rows))


def _with_longest(grid: Grid, rows: Rows) -> Rows:
    """Return the rows and the longest ones of their trajectories, so that few batches hold all."""
    keys = [key for key in grid.columns if key != "epochs"]
    trajectory = combined_codes(grid, keys, np.arange(len(grid)))
    siblings = np.flatnonzero(np.isin(trajectory, trajectory[rows]))
    epochs = grid.columns["epochs"].array(siblings)
    by_length = siblings[np.lexsort((-epochs, trajectory[siblings]))]
    longest = by_length[np.unique(trajectory[by_length], return_index=True)[1]]
    return np.union1d(rows, longest)


def work_of(plan: Plan) -> float:
    """Return what training takes in epochs of one small network, whose cost is the calls alone."""
    return sum(map(_work, plan.batches))


def _work(batch: Batch) -> float:
    network, rows = network_of(batch.fixed), task_rows(batch.fixed)
    numbers = batch.members * rows * (network.hidden + network.outputs)
    updates = rows if batch.fixed["schedule"] == "online" else 1
    return batch.snapshots[-1] * updates * (1 + numbers / NUMBERS_A_CALL)


@dataclass(frozen=True)
class _Again:
    """Trains batches and draws those of their runs whose rows are wanted, in whatever process."""

    wanted: Rows
    engine: Engine
    extensions: Extensions

    def __call__(self, batch: Batch) -> list[RunAgain]:
        self.extensions.take_up()
        training = build_training(batch)
        course = course_epochs(batch.snapshots[-1], EPOCHS_A_DECADE)
        training = replace(training, course_epochs=course)
        trained = load_train(self.engine)(training)
        labels = choose("task", batch.fixed).row_labels()
        return [
            drawn_again(int(batch.rows[at, member]), labels, training, trained, (at, member))
            for at, member in np.argwhere(np.isin(batch.rows, self.wanted)).tolist()
        ]
