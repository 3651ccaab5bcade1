"""Estimates of a sweep's seconds and bytes on disk, from a short run of each kind of batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from time import perf_counter

import numpy as np

from xorsweep.execution.signals import raise_pending_interrupt
from xorsweep.experiment import Plan
from xorsweep.grid.grid import Grid
from xorsweep.networks.batch_sizes import makespan
from xorsweep.networks.engines import Engine
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import Batch
from xorsweep.networks.point_results import MOST_OUTPUTS, MOST_PARAMETERS
from xorsweep.networks.schema import network_of, task_rows
from xorsweep.networks.trainer import train_batch

PROBE = 0.03
"""Seconds of training from which the time of an epoch is measured."""
BUDGET = 0.3
"""Seconds of probes after which the other kinds of batches are estimated from the measured ones."""
FEW = 8
"""Epochs that a probe is measured beyond: the first ones have more to record."""
ERRORS, MEASURES = 3, 5
"""Numbers of a point that don't repeat, in the tables and, with its identity, in the parts."""
DIGITS, TEXTS = 19, 26
"""Characters of such a number in results.csv, and of all else that isn't a key or a number."""
BYTES_A_PART = 6_000
"""Bytes of a part without points."""
BYTES_A_CELL = 500
"""Bytes of a cell in summary.csv and comparisons.csv."""

Kind = tuple[object, ...]


@dataclass(frozen=True)
class Estimate:
    """Seconds of training, all workers at work, and bytes by file."""

    seconds: float
    sizes: Mapping[str, int]


def estimate(grid: Grid, plan: Plan[Batch], engine: Engine, workers: int, cells: int) -> Estimate:
    """Return the cost of training a plan on this machine, with a number of cells in the tables.

    One batch of each kind is trained for a moment, in this process. That workers slow each other
    down, and that they take a second to start, isn't part of it.
    """
    if not plan.batches:
        return Estimate(0.0, {})
    samples = largest_of_kinds(plan.batches)
    scales: dict[Kind, float] = {}
    started_at = perf_counter()
    for kind, batch in samples.items():
        # The constants of `cost` were measured on another machine: this is how far they are off
        # here.
        scales[kind] = _seconds(batch, engine) / batch.cost
        raise_pending_interrupt()
        if perf_counter() - started_at > BUDGET:
            break
    seconds = makespan(scaled_costs(plan.batches, scales), workers)
    return Estimate(seconds, _sizes(grid, plan, cells))


def _kind(batch: Batch) -> Kind:
    """Return the properties that determine the time of an epoch, beside the size."""
    # Real numbers, such as learning rates, change no operation; nor does the seed.
    shared = (item for item in batch.fixed.items() if not isinstance(item[1], float))
    return tuple(item for item in shared if item[0] != "seed")


def largest_of_kinds(batches: Sequence[Batch]) -> dict[Kind, Batch]:
    """Return the largest batch of each kind, the kind with most work first."""
    work: dict[Kind, float] = {}
    largest: dict[Kind, Batch] = {}
    for batch in batches:
        kind = _kind(batch)
        work[kind] = work.get(kind, 0) + batch.cost
        largest.setdefault(kind, batch)
    return {kind: largest[kind] for kind in sorted(work, key=lambda kind: -work[kind])}


def _seconds(batch: Batch, engine: Engine) -> float:
    """Return the seconds of a batch, by the difference of a short and a longer training."""
    last = batch.snapshots[-1]
    epochs = few = min(FEW, last)
    train_batch(_shortened(batch, few), engine)  # work that is only done once isn't counted
    first = seconds = _timed(batch, few, engine)
    while seconds - first < PROBE and epochs < last:
        epochs = min(last, 4 * epochs)
        seconds = _timed(batch, epochs, engine)
    # The difference is without the fixed cost of a batch; noise may make it negative.
    epoch = max(0.0, seconds - first) / (epochs - few) if epochs > few else seconds / epochs
    return max(first, few * epoch) + (last - few) * epoch


def _timed(batch: Batch, epochs: int, engine: Engine) -> float:
    """Return the seconds that the first epochs of a batch take."""
    short = _shortened(batch, epochs)
    started = perf_counter()
    train_batch(short, engine)
    return perf_counter() - started


def scaled_costs(batches: Sequence[Batch], scales: Mapping[Kind, float]) -> list[float]:
    """Return the seconds of each batch; kinds that weren't measured are scaled as the others."""
    mean = fmean(scales.values())
    return [batch.cost * scales.get(_kind(batch), mean) for batch in batches]


def _shortened(batch: Batch, epochs: int) -> Batch:
    """Return a batch with the same points, that ends after `epochs` epochs."""
    kept = min(epochs, len(batch.snapshots))
    # As many as the batch has, where there are epochs enough: to read them takes time, too.
    snapshots = tuple(range(epochs - kept + 1, epochs + 1))
    return replace(
        batch,
        snapshots=snapshots,
        # The last ones: there every member has a point.
        rows=batch.rows[-kept:],
        identities=batch.identities[-kept:],
    )


def _sizes(grid: Grid, plan: Plan[Batch], cells: int) -> dict[str, int]:
    """Return the bytes of each file of the plan's points, by the numbers and texts in them.

    Weights and errors have digits that nothing compresses.
    """
    parts = csv = parquet = 0.0
    for batch in plan.batches:
        points = int((batch.rows >= 0).sum())
        network = network_of(batch.fixed)
        outputs = _kept(network.outputs * task_rows(batch.fixed), MOST_OUTPUTS)
        parameters = _kept(network.size, MOST_PARAMETERS)
        curve = len(learning_curve_epochs(batch.snapshots[-1]))
        parts += BYTES_A_PART + points * 8 * (MEASURES + outputs + parameters)
        parts += batch.members * 4 * curve
        csv += points * (DIGITS * (ERRORS + outputs) + TEXTS)
        parquet += points * 8 * (ERRORS + outputs)
    for column in grid.columns.values():
        lengths = np.array([len(str(level)) + 1 for level in column.levels])
        csv += plan.points * float(lengths @ column.counts) / len(grid)
    sizes = {
        "parts": parts,
        "results.csv": csv,
        "results.parquet": parquet,
        "tables": BYTES_A_CELL * cells,
    }
    return {name: round(size) for name, size in sizes.items()}


def _kept(count: int, most: int) -> int:
    return count if count <= most else 0
