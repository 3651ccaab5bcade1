"""Gradient descent."""

from __future__ import annotations

import numpy as np

from xorsweep.networks.optimizers.base import Array, Optimizer, State


class Sgd(Optimizer):
    """Gradient descent: w += lr * descent."""

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Take one step."""
        np.multiply(descent, learning_rate, out=descent)
        np.add(parameters, descent, out=parameters)
