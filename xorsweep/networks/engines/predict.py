"""Outputs of a trained network for any inputs, by the reference engine's forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.networks.engines.numpy.input_layers import PerNetworkRow
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.engines.numpy.passes import Pass

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

POINTS_AT_ONCE = 4096
"""Inputs per pass, which bounds memory."""


def predict(training: TrainingBatch, parameters: FloatArray, inputs: FloatArray) -> FloatArray:
    """Return the outputs of a network (n, outputs), float64; infinite or NaN where they overflow.

    Args:
        training: The components of the network; its rows, weights and settings aren't used.
        parameters: The weights (P,), float64.
        inputs: Any inputs (n, inputs), float64.
    """
    parts = [
        _predict(training, parameters, inputs[start : start + POINTS_AT_ONCE])
        for start in range(0, len(inputs), POINTS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _predict(training: TrainingBatch, parameters: FloatArray, inputs: FloatArray) -> FloatArray:
    # The batch is the same network once per input: so any number of inputs is one row.
    points, network = len(inputs), training.network
    weights = np.broadcast_to(parameters[:, None], (len(parameters), points))
    layer = PerNetworkRow(network.inputs, max(network.hidden, network.outputs), inputs.T)
    layer.row[...] = inputs.T
    # Nothing is written to the gradient, as the backward pass isn't run.
    through = Pass(training, weights, weights, layer, np.zeros((network.outputs, 1, 1)))
    with np.errstate(all="ignore"):
        run(through.forward)
    return through.outputs[:, 0].T.copy()
