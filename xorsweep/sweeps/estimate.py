"""What a sweep will take, measured on a small part of it: seconds of training, bytes on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapreplace
from math import ceil, log2
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from xorsweep.execution.interface import Executor
from xorsweep.execution.signals import raise_pending_interrupt
from xorsweep.grid.grid import Grid
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import Batch, Plan, combined_codes
from xorsweep.networks.trainer import PointResults, Trainer, build_training, train_batch
from xorsweep.storage.parts import encode, table_of
from xorsweep.storage.results import assemble, read_results, write_results

PROBE = 0.15
"""Seconds of training after which a probe has told enough."""
BUDGET = 3.0
"""Seconds of probing after which the kinds of batches that are left are told by the others."""
TURNS = 4
"""Probes that each worker trains, so that none of them is long alone at the end."""
FEW = 16
"""Epochs that a probe is measured beyond: the first ones have more to record."""
SAMPLE = 2_000
"""Points that are written to learn how many bytes one takes."""
SAMPLE_EPOCHS = 20

Kind = tuple[object, ...]


@dataclass(frozen=True)
class Cost:
    """What a batch of so many members costs: seconds before its first epoch, and an epoch's."""

    members: int
    start: float
    epoch: float

    def of(self, batch: Batch) -> float:
        """Return the seconds that a batch of the same kind takes."""
        share = batch.members / self.members
        return share * (self.start + self.epoch * batch.snapshots[-1])


@dataclass(frozen=True)
class Estimate:
    """Seconds of training, all workers at work, and bytes by file."""

    seconds: float
    sizes: Mapping[str, int]


def estimate(grid: Grid, plan: Plan, trainer: Trainer, execute: Executor, workers: int) -> Estimate:
    """Return what training the plan takes on this machine, as `execute` trains with `workers`.

    Batches of each kind are trained for a fraction of a second, alone and then with every worker
    at work; points of a short training are written as a sweep writes them, and thrown away.
    """
    if not plan.batches:
        return Estimate(0.0, {})
    samples, engine = _kinds(plan.batches), trainer.engine
    costs = dict(_measured(samples, engine))
    alone = _seconds(plan.batches, costs)
    largest = max(costs, key=lambda kind: samples[kind].work)
    start, slowdown = _company(samples[largest], costs[largest], trainer, execute, workers)
    seconds = start + slowdown * _longest_share(alone, workers)
    return Estimate(seconds, _sizes(grid, plan, list(samples.values())[: len(costs)], engine))


def _kind(batch: Batch) -> Kind:
    """Return what decides how long an epoch of a batch takes, its size to a factor of two."""
    shared = (item for item in batch.fixed.items() if not isinstance(item[1], float))
    return (*(item for item in shared if item[0] != "seed"), round(log2(batch.members)))


def _kinds(batches: Sequence[Batch]) -> dict[Kind, Batch]:
    """Return the largest batch of each kind, the kind with most work first."""
    work: dict[Kind, int] = {}
    largest: dict[Kind, Batch] = {}
    for batch in batches:
        kind = _kind(batch)
        work[kind] = work.get(kind, 0) + batch.work
        largest.setdefault(kind, batch)
    return {kind: largest[kind] for kind in sorted(work, key=lambda kind: -work[kind])}


def _measured(samples: Mapping[Kind, Batch], engine: Engine) -> Iterator[tuple[Kind, Cost]]:
    """Yield the cost of each kind, until the budget is spent."""
    begun = perf_counter()
    for kind, batch in samples.items():
        yield kind, _cost(batch, engine)
        raise_pending_interrupt()
        if perf_counter() - begun > BUDGET:
            return


def _cost(batch: Batch, engine: Engine) -> Cost:
    last = batch.snapshots[-1]
    started = perf_counter()
    build_training(batch)
    start = perf_counter() - started
    few = min(FEW, last)
    first = seconds = _timed(batch, few, engine)
    epochs = few
    while seconds - first < PROBE and epochs < last:
        factor = min(8.0, max(2.0, 1.2 * PROBE / seconds))
        epochs = min(last, ceil(epochs * factor))
        seconds = _timed(batch, epochs, engine)
    if epochs == few:
        return Cost(batch.members, start, seconds / epochs)
    return Cost(batch.members, start, max(0.0, seconds - first) / (epochs - few))


def _timed(batch: Batch, epochs: int, engine: Engine) -> float:
    """Return the seconds that the first epochs of a batch take."""
    training = build_training(batch)
    recorded = tuple(epoch for epoch in training.curve_epochs if epoch < epochs)
    training = replace(training, snapshots=(epochs,), curve_epochs=(*recorded, epochs))
    train = load_train(engine)
    started = perf_counter()
    train(training)
    return perf_counter() - started


def _seconds(batches: Sequence[Batch], costs: Mapping[Kind, Cost]) -> list[float]:
    """Return the seconds of each batch; kinds that weren't measured by the work of the others."""
    known = [batch for batch in batches if _kind(batch) in costs]
    measured = sum(costs[_kind(batch)].of(batch) for batch in known)
    rate = measured / sum(batch.work for batch in known)
    return [
        costs[kind].of(batch) if (kind := _kind(batch)) in costs else rate * batch.work
        for batch in batches
    ]


def _company(
    batch: Batch, cost: Cost, trainer: Trainer, execute: Executor, workers: int
) -> tuple[float, float]:
    """Return the seconds in which workers start, and how much slower each is beside the others."""
    if workers == 1:
        return 0.0, 1.0
    epochs = min(batch.snapshots[-1], ceil(PROBE / max(cost.epoch, 1e-9)))
    probe = _shortened(batch, epochs)
    one, several = (_executed([probe] * n, trainer, execute) for n in (workers, TURNS * workers))
    in_turn = several / TURNS
    return max(0.0, one - in_turn), in_turn / cost.of(probe)


def _executed(batches: Sequence[Batch], trainer: Trainer, execute: Executor) -> float:
    """Return the seconds in which workers train the batches."""
    raise_pending_interrupt()
    started = perf_counter()
    for _ in execute(batches, trainer):
        pass
    return perf_counter() - started


def _longest_share(seconds: Sequence[float], workers: int) -> float:
    """Return when the last worker is done, each taking the next batch as soon as it is free."""
    loads = [0.0] * workers
    for each in sorted(seconds, reverse=True):
        heapreplace(loads, loads[0] + each)
    return max(loads)


def _shortened(batch: Batch, epochs: int) -> Batch:
    """Return a batch with the same points, that ends after so many epochs."""
    kept = min(epochs, len(batch.snapshots))
    snapshots = tuple(range(epochs - kept + 1, epochs + 1))
    return replace(
        batch,
        snapshots=snapshots,
        rows=batch.rows[-kept:],
        identities=batch.identities[-kept:],
    )


def _sizes(grid: Grid, plan: Plan, kinds: Sequence[Batch], engine: Engine) -> dict[str, int]:
    """Return the bytes of each file of the plan's points, by those that a sample of them takes.

    A file has bytes a point, told by a sample and half of it, and others, as every part has.
    """
    points = max(2, SAMPLE // len(kinds))
    samples = [[_sample(batch, points, part, engine) for batch in kinds] for part in (1, 2)]
    (many, more), (few, less) = (_written(grid, sample, engine) for sample in samples)
    sizes = {}
    for name, copies in (("parts", len(plan.batches) / len(kinds)), *_ONCE):
        size, apart = more[name], many - few
        a_point = max(0.0, size - less[name]) / apart if apart else size / many
        sizes[name] = round(copies * max(0.0, size - many * a_point) + a_point * plan.points)
    sizes["tables"] = round(more["tables"] * _cells(grid))
    return sizes


_ONCE = (("results.csv", 1.0), ("results.parquet", 1.0))


def _cells(grid: Grid) -> int:
    keys = [key for key in grid.columns if key != "seed"]
    return len(np.unique(combined_codes(grid, keys, np.arange(len(grid)))))


def _sample(batch: Batch, points: int, part: int, engine: Engine) -> list[PointResults]:
    """Return points of a batch after a moment of training: so many at most, or a part of them."""
    most = min(batch.members, points // len(batch.snapshots))
    members = max(1, most // part)
    short = _shortened(batch.part(slice(members)), max(SAMPLE_EPOCHS, len(batch.snapshots)))
    count = len(learning_curve_epochs(batch.snapshots[-1]))
    return [_stretched(rows, count) for rows in train_batch(short, engine)]


def _stretched(rows: PointResults, count: int) -> PointResults:
    """Return rows whose curves have so many epochs, as those of the whole training will."""
    if not rows.learning_curves.size:
        return rows
    places = np.linspace(0, len(rows.learning_curves) - 1, count)
    low = np.floor(places).astype(int)
    high, part = np.minimum(low + 1, len(rows.learning_curves) - 1), (places % 1)[:, None]
    curves = (1 - part) * rows.learning_curves[low] + part * rows.learning_curves[high]
    return replace(rows, learning_curves=curves.astype(np.float32))


def _written(
    grid: Grid, sample: Sequence[list[PointResults]], engine: Engine
) -> tuple[int, dict[str, float]]:
    """Return how many points a sample has, and the bytes of its files; of tables, those a cell."""
    # This brings pandas, as the end of a sweep does.
    from xorsweep.analysis.export import write_comparisons, write_summary

    tables = [table_of(rows) for rows in sample]
    identities = np.concatenate([table["point_id"].to_numpy() for table in tables])
    part = grid.at(np.sort(grid.rows_of(identities)))
    with TemporaryDirectory(prefix="xorsweep-plan-") as made:
        folder = Path(made)
        write_results(part, assemble(part, tables), folder)
        results = read_results(folder)
        summary = write_summary(results, folder)
        write_comparisons(results, folder)
        sizes: dict[str, float] = {path.name: path.stat().st_size for path in folder.iterdir()}
    of_tables = sizes["summary.csv"] + sizes["comparisons.csv"]
    parts = sum(len(encode(rows, engine)[1]) for rows in sample)
    return len(identities), {**sizes, "parts": parts, "tables": of_tables / len(summary)}
