"""The gradient of the loss at a network's weights, by the reference engine's backward pass."""

from __future__ import annotations

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.engines.numpy.passes import Pass


def gradient(training: TrainingBatch, parameters: FloatArray) -> FloatArray:
    """Return the gradient of the loss over all rows (P,), float64; infinite or NaN on overflow.

    Args:
        training: The components of the network and its task; its weights aren't used.
        parameters: The weights (P,) at which the gradient is taken.
    """
    through = Pass.over_task(training, parameters[:, None].astype(np.float64))
    with np.errstate(all="ignore"):
        run(through.forward)
        run(through.backward)
    return -through.negative_gradient[:, 0]
