"""The curvature of the loss where a network stands: its gradient and the ends of its Hessian.

A run that isn't solved is trapped in a minimum, passes a saddle, or stands on a plateau that is
flat to the last place; the smallest eigenvalue of the Hessian tells which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.activations import Activation
from xorsweep.networks.architecture import Network, Weights
from xorsweep.networks.eigenvalues import extremes_of_tridiagonal, tridiagonalize
from xorsweep.networks.engines.batch_ops import LANES, pad, take
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.engines.numpy.passes import Pass
from xorsweep.networks.metrics import Curvature
from xorsweep.networks.schedules import Batch

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import Capacity, TrainingBatch

MOST_PARAMETERS = 150
"""Weights and biases up to which the curvature is computed: its cost grows with their cube."""
WORKING_SET = 2**21
"""Bytes of the Hessians that are computed together."""

CURVE_MEMORY = 2**20
"""Bytes of a batch's parameters of which those at some sixty epochs are kept."""


def measure_curvature(training: TrainingBatch, parameters: FloatArray) -> Curvature:
    """Return the curvature of the loss over all rows, NaN where a network has none.

    The Hessian is analytic, and that of the loss that is trained. Nothing is computed beyond
    MOST_PARAMETERS, for online updates, which don't follow the gradient over all rows, and for an
    activation without a second derivative. ReLU has one everywhere but at 0, where it counts as
    inactive, as in training.

    Args:
        training: The components of the networks and their task; its weights aren't used.
        parameters: The weights (P, B), float64, at which the curvature is taken; of a training of
            one network also those of it at several epochs (P, E).

    Returns:
        Arrays (B,); a network has the same bits in any batch.
    """
    size, members = parameters.shape
    if not has_curvature(training):
        return Curvature(*np.full((3, members), np.nan))
    norm, diagonal = np.empty(members), np.empty((size, members))
    beside = np.empty((size - 1, members))
    # For the epochs of one network its settings are repeated; a batch stays as it is.
    repeated = take(training, np.arange(members) % len(training.learning_rate))
    moved = replace(repeated, parameters=parameters)
    with np.errstate(all="ignore"):
        for places in _chunks(size, members):
            gradient, matrices = hessian(take(moved, pad(places)))
            squares = np.add.reduce(gradient * gradient, axis=0)
            found = (np.sqrt(squares), *tridiagonalize(matrices))
            for whole, some in zip((norm, diagonal, beside), found, strict=True):
                whole[..., places] = some[..., : len(places)]
        measured = np.stack([norm, *extremes_of_tridiagonal(diagonal, beside)])
    # All three or none: a network that overflows in one of them has no curvature.
    measured[:, ~np.isfinite(measured).all(axis=0)] = np.nan
    return Curvature(*measured)


def has_curvature(training: TrainingBatch) -> bool:
    """Tell whether the networks of a training have a curvature that is computed."""
    is_batch = isinstance(training.schedule, Batch)
    return missing_for(training.network, is_batch, training.activation) is None


def missing_for(network: Network, is_batch: bool, activation: Activation) -> str | None:
    """Return why networks have no curvature that is computed, None where they have one."""
    if network.size > MOST_PARAMETERS:
        return (
            f"{network.inputs}-{network.hidden}-{network.outputs} has {network.size:,} weights and "
            f"biases, and the curvature is computed for at most {MOST_PARAMETERS}"
        )
    if not is_batch:
        return (
            "updates by single rows don't follow the gradient over all rows, so schedule must be "
            "batch"
        )
    # Only the answer counts, so any activations do.
    if activation.second_derivative(np.zeros(1)) is None:
        return f"{type(activation).__name__} has no second_derivative"
    return None


def curve_capacity(capacity: Capacity) -> Capacity:
    """Return a capacity at which the parameters at all epochs of a learning curve fit memory."""
    return lambda network, rows: min(
        capacity(network, rows), max(LANES, CURVE_MEMORY // (8 * network.size) // LANES * LANES)
    )


def _chunks(size: int, members: int) -> Iterator[NDArray[np.int64]]:
    """Yield the places of the members whose Hessians are computed together."""
    at_once = max(LANES, WORKING_SET // (8 * size**2) // LANES * LANES)
    for start in range(0, members, at_once):
        yield np.arange(start, min(start + at_once, members))


def hessian(training: TrainingBatch) -> tuple[FloatArray, FloatArray]:
    """Return the gradient (P, B) and the Hessian (P, P, B) of the loss at a training's parameters.

    With s the pre-activation of an output in a row, g and c the first and second derivative of the
    loss by it, the Hessian is the sum over rows and outputs of c s' s'^T + g s'': C. M. Bishop,
    "Exact calculation of the Hessian matrix for the multilayer perceptron", Neural Computation 4
    (1992).

    Args:
        training: B networks, at least 8 of them, so that no sum is over the contiguous axis.
    """
    network, weights = training.network, training.network.views(training.parameters)
    through = Pass.over_task(training, training.parameters)
    run(through.forward)
    run(through.backward)
    a = through.activations
    slope = np.empty_like(a)
    # With d = 1, p = d * a is a, and `back` writes the derivative of the activation.
    training.activation.back(a, np.ones_like(a), a, slope)
    bend = training.activation.second_derivative(a)
    assert bend is not None
    # Deltas are minus the derivative of the loss.
    first, second = -through.output_deltas, _second_by_outputs(training, through)
    among, mixed = _second_by_hidden(first, bend, weights), first[:, :, None] * slope
    matrices = np.zeros((network.size, *training.parameters.shape))
    jacobian = np.empty_like(training.parameters)
    for row, x in enumerate(training.inputs):
        for k in range(network.outputs):
            _write_jacobian(network.views(jacobian), k, x, a[row], slope[row] * weights.w2[:, k])
            matrices += (second[k, row] * jacobian)[:, None] * jacobian
        _add_second_derivatives(network, matrices, x, among[row], mixed[:, row])
    return -through.negative_gradient, matrices


def _second_by_outputs(training: TrainingBatch, through: Pass) -> FloatArray:
    """Return the loss's second derivative by each output's pre-activation (outputs, rows, B)."""
    factor, y = training.loss.factor(training.targets.size), through.outputs
    if training.output != "logistic":
        return np.full_like(y, factor)
    slope = y * (1.0 - y)
    if training.loss.cancels_slope:
        return factor * slope
    return factor * slope * (slope - through.errors * (1.0 - 2.0 * y))


def _second_by_hidden(first: FloatArray, bend: FloatArray, weights: Weights) -> FloatArray:
    """Return g times the second derivative of outputs by hidden units, summed (rows, hidden, B)."""
    reaching = first[0, :, None] * weights.w2[:, 0]
    for k in range(1, len(first)):
        reaching = reaching + first[k, :, None] * weights.w2[:, k]
    found: FloatArray = reaching * bend
    return found


def _write_jacobian(by: Weights, k: int, x: FloatArray, a: FloatArray, slope: FloatArray) -> None:
    """Write the derivative of output k's pre-activation in a row, of inputs x, by each weight.

    a and slope are the hidden activations and that derivative by their pre-activations (hidden, B).
    """
    by.b1[...] = slope
    for i, value in enumerate(x):
        by.w1[i] = value * slope
    by.w2[...] = by.b2[...] = by.direct[...] = 0.0
    by.w2[:, k] = a
    by.b2[k] = 1.0
    by.direct[:, k] = x[: len(by.direct), None]


def _add_second_derivatives(
    network: Network, matrices: FloatArray, x: FloatArray, among: FloatArray, mixed: FloatArray
) -> None:
    """Add the terms g s'' of a row: between weights into the same hidden unit, and with those out.

    `among` (hidden, B) is g s'' by the unit's pre-activation, `mixed` (outputs, hidden, B) by it
    and by the unit's weight to an output.
    """
    places = network.places()
    w1, b1, w2 = places["w1"], places["b1"], places["w2"]
    # An input of 0 adds nothing; the bias counts as an input of 1.
    entries = [(p, value) for p, value in zip([*w1, b1], [*x, 1.0], strict=True) if value]
    for p, value in entries:
        for q, other in entries:
            matrices[p, q] += value * other * among
        for k, term in enumerate(mixed):
            matrices[p, w2[:, k]] += value * term
            matrices[w2[:, k], p] += value * term
