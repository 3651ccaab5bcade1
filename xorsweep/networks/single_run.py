"""A single run: one network, trained by the sweep's own engine and kept at many epochs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xorsweep.experiment import STATUSES
from xorsweep.fields import FloatArray, Scalar
from xorsweep.networks.architecture import Weights
from xorsweep.networks.curvature import measure_curvature
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.metrics import (
    OUTCOMES,
    Curvature,
    Measures,
    learning_curve_epochs,
    measure,
)
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.schema import component_of, epochs_of, network_of
from xorsweep.networks.tasks import Task
from xorsweep.networks.trainer import build_training, read_snapshot
from xorsweep.text import exception_text

EPOCHS_A_DECADE = 32
"""Epochs that a single run keeps; a sweep keeps a quarter of them."""
MOST_STEPS = 10
"""Steps of equal length into which the epochs are divided at most, to list the error by epoch."""

LAYERS = {
    "w1": "hidden weight",
    "b1": "hidden bias",
    "w2": "output weight",
    "b2": "output bias",
    "direct": "direct connection",
}
"""The notebook's name of each role of a weight."""


@dataclass(frozen=True)
class SingleRun:
    """One network's training, kept at E log-spaced epochs, from 0 to the last.

    parameters (P, E) and outputs (rows, units, E), float64, are those after each of `epochs`;
    outputs_before_last_epoch (rows, units) are those an epoch before the last, which the notebook
    prints of its run. `errors_by_step` is half the sum of squared errors by epoch, at equal steps
    and after the last epoch. `converged_epoch` is None where the criterion was never met.
    `keeps_curvature` says whether its files hold the curvature, true after the last epoch,
    `learning_curve` after each.
    """

    point: Mapping[str, Scalar]
    engine: Engine
    training: TrainingBatch
    epochs: tuple[int, ...]
    parameters: FloatArray
    outputs: FloatArray
    outputs_before_last_epoch: FloatArray
    errors_by_step: Mapping[int, float]
    converged_epoch: int | None
    converged_at_end: bool
    outcome: str
    solution: str | None
    status: str
    keeps_curvature: bool | str = False

    @property
    def task(self) -> Task:
        """Return the task that the network learns."""
        task: Task = component_of("task", self.point)
        return task

    @property
    def initial(self) -> Weights:
        """Return the weights before training, without a batch axis."""
        return self._weights(0)

    @property
    def final(self) -> Weights:
        """Return the weights after the last epoch, without a batch axis."""
        return self._weights(-1)

    @property
    def final_outputs(self) -> FloatArray:
        """Return the outputs after the last epoch (rows, units)."""
        return self.outputs[..., -1]

    @property
    def errors(self) -> Measures:
        """Return the errors after each of `epochs`, each (E,)."""
        return measure(self.outputs, self.training.targets)

    @property
    def error_columns(self) -> dict[str, FloatArray]:
        """Return the errors after each of `epochs` (E,), by the names that files have for them."""
        return dict(zip(("half_sse", *Measures._fields[1:]), self.errors, strict=True))

    @cached_property
    def curvature(self) -> Curvature:
        """Return the curvature of the loss after each of `epochs`, each (E,); NaN without one."""
        return measure_curvature(self.training, self.parameters)

    @property
    def final_curvature(self) -> Curvature:
        """Return the curvature of the loss after the last epoch, each (1,)."""
        return Curvature(*(values[-1:] for values in self.curvature))

    @property
    def final_error(self) -> float:
        """Return half the sum of squared errors after the last epoch."""
        return float(self.errors.final_error[-1])

    def _weights(self, at: int) -> Weights:
        views = self.training.network.views(self.parameters)
        return Weights(*(view[..., at] for view in views))


def train_single(
    point: Mapping[str, Scalar], engine: Engine = Engine(), curvature: bool | str = False
) -> SingleRun:
    """Train one network alone.

    Args:
        point: A checked point, by flat keys.
        engine: The engine that trains it, and its precision.
        curvature: Whether its files hold the curvature, after the last epoch or after each.

    Returns:
        The run, with the same bits as in a sweep.
    """
    last = epochs_of(point)
    training, trained = _train(point, last, engine)
    stopped = int(trained.converged_epoch[0])
    if training.until_converged and 0 <= stopped < last:
        # It stands still from there on; trained to that epoch, all of the kept epochs lie before.
        training, trained = _train(point, stopped, engine)
    return replace(_single_run(point, engine, training, trained), keeps_curvature=curvature)


def _train(
    point: Mapping[str, Scalar], last: int, engine: Engine
) -> tuple[TrainingBatch, TrainingResult]:
    """Train to an epoch; keep those of the learning curve, the steps and the last but one."""
    curve = learning_curve_epochs(last, EPOCHS_A_DECADE)
    # last - 1 for the outputs that the notebook prints, which are those before its last update.
    kept = tuple(sorted({*curve, *step_epochs(last), max(last - 1, 0)}))
    with exit_as_error():
        training = build_training(batch_of_one(point, kept))
        return training, load_train(engine)(training)


def step_epochs(last: int) -> tuple[int, ...]:
    """Return 0, `last` and the multiples of 1, 2 or 5 times a power of ten between them."""
    # A bound that is never reached: the generator is left at the first length that is long enough.
    lengths = (digit * 10**power for power in range(last + 1) for digit in (1, 2, 5))
    step = next(length for length in lengths if last <= MOST_STEPS * length)
    return (*range(0, last, step), last)


@contextmanager
def exit_as_error() -> Iterator[None]:
    """Raise RuntimeError for a plugin's SystemExit, which would end the program silently."""
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(f"training ended with {exception_text(error)}") from error


def _single_run(
    point: Mapping[str, Scalar], engine: Engine, training: TrainingBatch, trained: TrainingResult
) -> SingleRun:
    snapshots = training.snapshots
    last = snapshots[-1]
    epochs = learning_curve_epochs(last, EPOCHS_A_DECADE)
    curve = [snapshots.index(epoch) for epoch in epochs]
    steps = step_epochs(last)
    at_steps = trained.outputs[[snapshots.index(epoch) for epoch in steps], ..., 0]
    step_errors = measure(np.moveaxis(at_steps, 0, -1), training.targets).final_error
    end = read_snapshot(training, trained, len(snapshots) - 1)
    converged_epoch = int(end["converged_epoch"][0])
    return SingleRun(
        point=dict(point),
        engine=engine,
        training=training,
        epochs=epochs,
        parameters=np.ascontiguousarray(trained.parameters[curve, :, 0].T),
        outputs=np.moveaxis(trained.outputs[curve, ..., 0], 0, -1).copy(),
        outputs_before_last_epoch=trained.outputs[snapshots.index(max(last - 1, 0)), ..., 0],
        errors_by_step=dict(zip(steps, step_errors.tolist(), strict=True)),
        converged_epoch=None if converged_epoch < 0 else converged_epoch,
        converged_at_end=bool(end["converged_at_end"][0]),
        outcome=OUTCOMES[end["outcome"][0]],
        solution=end["solution"][0],
        status=STATUSES[end["status"][0]],
    )


def headline(point: Mapping[str, Scalar], n_seeds: int | None = None) -> str:
    """Return a line that names task, shape, components, seed and epochs of a point.

    With `n_seeds` it names that many seeds from 0 in place of the point's.
    """
    seeds = f"seed {point['seed']}" if n_seeds is None else f"seeds 0 to {n_seeds - 1}"
    network = network_of(point)
    number = f" {point['task.table']}" if "task.table" in point else ""
    direct = " with direct connections" if network.skip else ""
    online = " online" if point["schedule"] == "online" else ""
    init = point["init"]
    weights = {"values": "given weights", "file": "weights of a file"}.get(
        str(init), f"{init} weights"
    )
    rate = f"lr {point['lr']:g}"
    if (output_rate := point.get("lr_output")) is not None:
        rate += f" and {output_rate:g} for the output layer"
    return (
        f"{point['task']}{number}, {network.inputs}-{network.hidden}-{network.outputs}{direct}, "
        f"{point['activation']}, {point['optimizer']}{online} at {rate}, "
        f"{weights}, {seeds}, {point['epochs']:,} epochs"
    )


def places_of_weights(run: SingleRun) -> Iterator[tuple[str, float, float]]:
    """Yield the name of each weight, its initial and its final value."""
    for role, (before, after) in both_ends(run).items():
        places = _places(role, before.shape)
        for place, initial, final in zip(places, before.ravel(), after.ravel(), strict=True):
            yield f"{LAYERS[role]} {place}".strip(), float(initial), float(final)


def _places(role: str, shape: tuple[int, ...]) -> Iterator[str]:
    """Yield which units each weight of a role connects, counted from 1."""
    units = {"w1": ("input", "hidden"), "w2": ("hidden", "output"), "direct": ("input", "output")}
    for index in np.ndindex(shape):
        numbers = [number + 1 for number in index]
        ends = units.get(role, ("",) * len(shape))
        yield " to ".join(f"{unit} {n}".strip() for unit, n in zip(ends, numbers, strict=True))


def both_ends(run: SingleRun) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return initial and final weights by role, of the roles that the network has."""
    initial, final = run.initial._asdict(), run.final._asdict()
    return {role: (initial[role], final[role]) for role in initial if initial[role].size}
