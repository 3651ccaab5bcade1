"""Adam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.fields import Batched, Real, field
from xorsweep.networks.optimizers.base import Array, Optimizer, State, per_member


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: w += lr * m / (sqrt(v) + epsilon), of moments m and v corrected for their start at 0.

    With g minus the gradient, m = beta1 m + (1 - beta1) g and v = beta2 v + (1 - beta2) g**2;
    after t steps m is divided by 1 - beta1**t and v by 1 - beta2**t. D. P. Kingma and J. Ba, "Adam:
    a method for stochastic optimization", ICLR 2015.
    """

    per_parameter_rate = True
    beta1: Batched = field(0.9, Real(at_least=0, below=1))
    beta2: Batched = field(0.999, Real(at_least=0, below=1))
    epsilon: Batched = field(1e-8, Real(above=0))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the moments (P, B), and (2, B): 1 - beta, beta**t and room for 1 - beta**t."""
        betas = np.stack([per_member(beta, learning_rate) for beta in (self.beta1, self.beta2)])
        moments = np.zeros_like(parameters), np.zeros_like(parameters)
        return *moments, 1.0 - betas, np.ones_like(betas), np.empty_like(betas)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        mean, square, shares, powers, corrections = state
        # beta**t as one product a step, in the kernels too: pow isn't correctly rounded.
        np.multiply(powers[0], self.beta1, out=powers[0])
        np.multiply(powers[1], self.beta2, out=powers[1])
        np.subtract(1.0, powers, out=corrections)
        np.multiply(mean, self.beta1, out=mean)
        np.multiply(negative_gradient, shares[0], out=scratch)
        np.add(mean, scratch, out=mean)
        np.multiply(square, self.beta2, out=square)
        np.multiply(negative_gradient, negative_gradient, out=scratch)
        np.multiply(scratch, shares[1], out=scratch)
        np.add(square, scratch, out=square)
        np.divide(square, corrections[1], out=scratch)
        np.sqrt(scratch, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        # The gradient isn't needed any more, so its array holds the step from here on.
        np.divide(mean, corrections[0], out=negative_gradient)
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.divide(negative_gradient, scratch, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)
