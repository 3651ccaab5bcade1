"""What a trained network answers to any inputs, by the reference engine's own forward pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.input_layers import PerNetworkRow
from xorsweep.networks.engines.numpy.passes import Pass

POINTS_AT_ONCE = 4096
"""Inputs that are answered at a time, so that memory stays bounded however many there are."""


def predict(training: TrainingBatch, parameters: FloatArray, inputs: FloatArray) -> FloatArray:
    """Return the outputs (n, units) of a network with parameters (P,) to any inputs (n, inputs).

    A batch holds the same network once for each input. `training` says what the network is made
    of; its own rows, weights and settings play no part. Outputs beyond what a float can hold are
    infinite or NaN.
    """
    parts = [
        _answers(training, parameters, inputs[start : start + POINTS_AT_ONCE])
        for start in range(0, len(inputs), POINTS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _answers(training: TrainingBatch, parameters: FloatArray, inputs: FloatArray) -> FloatArray:
    points, network = len(inputs), training.network
    weights = network.views(np.broadcast_to(parameters[:, None], (len(parameters), points)))
    asked = replace(training, learning_rate=np.ones(points))
    layer = PerNetworkRow(network.inputs, max(network.hidden, network.outputs), inputs.T)
    layer.row[...] = inputs.T
    forward = Pass(asked, weights, weights, rows=1)
    forward.set_rows(layer, np.zeros(()))
    with np.errstate(all="ignore"):
        forward.forward()
    return forward.outputs[:, 0].T.copy()
