"""Trains a batch and reads off the results of its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.experiment import DIVERGED, OK
from xorsweep.fields import FloatArray
from xorsweep.networks.curvature import measure_curvature
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.engines.interface import Train, TrainingBatch, TrainingResult
from xorsweep.networks.metrics import Curvature, classify, learning_curve_epochs, measure
from xorsweep.networks.point_results import (
    CURVATURE_CURVES,
    LEARNING_CURVE,
    MOST_OUTPUTS,
    MOST_PARAMETERS,
    PointResults,
)
from xorsweep.networks.schema import component_of, learning_rates, network_of
from xorsweep.networks.solutions import solution_labels
from xorsweep.networks.trainability import are_trainable, loss_epochs

if TYPE_CHECKING:
    from xorsweep.networks.planning import Batch


def train_batch(
    batch: Batch, engine: Engine, curvature: bool | str = False, trainable: bool = False
) -> PointResults:
    """Return the points of a batch, trained; exceptions of components pass through.

    Args:
        batch: The trajectories.
        engine: The engine that trains them.
        curvature: Whether the curvature is measured, after the last epoch or, with
            `learning_curve`, at the epochs of the learning curve, too.
        trainable: Whether there is a column of the trainable ones.
    """
    training, train = build_training(batch), load_train(engine)
    if trainable:
        training = replace(training, loss_epochs=loss_epochs(batch.snapshots))
    if curvature == LEARNING_CURVE:
        return _with_curves(batch, training, train)
    trained = train(training)
    results = _results(batch, training, trained)
    return _with_curvature(results, batch, training, trained) if curvature else results


def _with_curves(batch: Batch, training: TrainingBatch, train: Train) -> PointResults:
    """Return the points of a batch with their curvature at the epochs of the learning curve."""
    kept = tuple(sorted({*training.snapshots, *training.curve_epochs}))
    # One training for both: the epochs of the curve are snapshots that the results exclude.
    whole = train(replace(training, snapshots=kept))
    ends = [kept.index(epoch) for epoch in training.snapshots]
    per_snapshot = {name: getattr(whole, name)[ends] for name in ("outputs", "parameters", "meets")}
    trained = replace(whole, **per_snapshot)
    results = _with_curvature(_results(batch, training, trained), batch, training, trained)
    measured = [
        measure_curvature(training, whole.parameters[kept.index(epoch)])
        for epoch in training.curve_epochs
    ]
    with np.errstate(over="ignore"):
        curves = [
            np.stack([getattr(each, name) for each in measured]).astype(np.float32)
            for name in CURVATURE_CURVES
        ]
    return replace(results, curvature_curves=curves)


def _with_curvature(
    results: PointResults, batch: Batch, training: TrainingBatch, trained: TrainingResult
) -> PointResults:
    by_snapshot = [measure_curvature(training, each) for each in trained.parameters]
    wanted = batch.rows >= 0
    columns = (np.stack(each)[wanted] for each in zip(*by_snapshot, strict=True))
    return replace(results, curvature=Curvature(*columns))


def _trainable(
    batch: Batch, training: TrainingBatch, trained: TrainingResult
) -> NDArray[np.bool_] | None:
    if not training.loss_epochs:
        return None
    by_snapshot = [
        are_trainable(trained.losses, training.loss_epochs, epoch) for epoch in batch.snapshots
    ]
    return np.stack(by_snapshot)[batch.rows >= 0]


def build_training(batch: Batch, parameters: FloatArray | None = None) -> TrainingBatch:
    """Return the arrays that an engine trains.

    The initial weights `parameters` (P, B), float64, are drawn from the seeds where they are None.
    """
    values: Mapping[str, Any] = {**batch.fixed, **batch.varying}
    seeds = np.broadcast_to(np.asarray(values["seed"], np.uint32), (batch.members,))
    rates, output_rates = (
        np.ascontiguousarray(np.broadcast_to(rate, (batch.members,)))
        for rate in learning_rates(values)
    )
    task, network = component_of("task", values), network_of(values)
    if parameters is None:
        parameters = component_of("init", values).draw(network, seeds)
    return TrainingBatch(
        network=network,
        inputs=task.inputs(),
        targets=task.targets(),
        activation=component_of("activation", values),
        output=values["output"],
        loss=component_of("loss", values),
        optimizer=component_of("optimizer", values),
        schedule=component_of("schedule", values),
        criterion=component_of("criterion", values),
        until_converged=bool(values["until_converged"]),
        learning_rate=rates,
        output_rate=output_rates,
        parameters=parameters,
        seeds=np.ascontiguousarray(seeds),
        snapshots=batch.snapshots,
        curve_epochs=learning_curve_epochs(batch.snapshots[-1]),
    )


def _results(batch: Batch, training: TrainingBatch, trained: TrainingResult) -> PointResults:
    by_snapshot = [
        read_snapshot(training, trained, number) for number in range(len(training.snapshots))
    ]
    wanted = batch.rows >= 0
    columns: dict[str, Any] = {
        name: np.stack([found[name] for found in by_snapshot])[wanted] for name in by_snapshot[0]
    }
    # (S, rows, units, B) to (S, B, rows, units), of which the wanted are (n, rows, units).
    outputs = np.moveaxis(trained.outputs, -1, 1)[wanted].reshape(wanted.sum(), -1).T
    with np.errstate(over="ignore"):  # an error beyond float32 is drawn as infinite
        curves = trained.half_sse.astype(np.float32)
    return PointResults(
        point_id=batch.identities[wanted],
        outputs=outputs if len(outputs) <= MOST_OUTPUTS else outputs[:0],
        parameters=_kept_parameters(trained)[wanted],
        learning_curves=curves,
        curve_of=_curve_of(wanted)[wanted],
        trainable=_trainable(batch, training, trained),
        **columns,
    )


def _kept_parameters(trained: TrainingResult) -> FloatArray:
    """Return the stored parameters: all (S, B, P), or of large networks none (S, B, 0)."""
    parameters = np.moveaxis(trained.parameters, 1, -1)
    return parameters if parameters.shape[-1] <= MOST_PARAMETERS else parameters[..., :0]


def read_snapshot(
    training: TrainingBatch, trained: TrainingResult, number: int
) -> dict[str, NDArray[Any]]:
    """Return the columns (B,) of the networks at one snapshot: errors, convergence, ends."""
    outputs, targets = trained.outputs[number], training.targets
    parameters = trained.parameters[number]
    measured = measure(outputs, targets)
    # Both: a saturated output is finite where its weights have overflowed.
    finite = np.isfinite(measured.final_error) & np.isfinite(parameters).all(axis=0)
    # A trajectory converges once, maybe after this snapshot.
    reached = trained.converged_epoch <= training.snapshots[number]
    holds = trained.meets[number] & finite
    return {
        **measured._asdict(),
        "converged_epoch": np.where(reached, trained.converged_epoch, -1),
        "converged_at_end": holds,
        "outcome": classify(outputs, targets, holds, finite),
        "solution": solution_labels(training, parameters, outputs, holds, finite),
        "status": np.where(finite, OK, DIVERGED).astype(np.int8),
    }


def _curve_of(wanted: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return, for the last wanted snapshot of each member, the member, and -1 elsewhere (S, B)."""
    snapshots, members = wanted.shape
    # The learning curve is kept once, by the longest point; the others are its beginning.
    last = snapshots - 1 - np.argmax(wanted[::-1], axis=0)
    curve_of = np.full(wanted.shape, -1, np.int32)
    curve_of[last, np.arange(members)] = np.arange(members)
    return curve_of
