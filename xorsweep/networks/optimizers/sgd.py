"""Gradient descent."""

from __future__ import annotations

import numpy as np

from xorsweep.networks.optimizers.base import Array, Optimizer, State


class Sgd(Optimizer):
    """Gradient descent: w += lr * g, with g minus the gradient."""

    per_parameter_rate = True

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        np.multiply(negative_gradient, learning_rate, negative_gradient)
        np.add(parameters, negative_gradient, parameters)
