"""Gradient descent with a velocity: Polyak's heavy ball, and Nesterov's form of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.fields import Batched, Real, field
from xorsweep.networks.optimizers.base import Array, Optimizer, State


@dataclass(frozen=True)
class _Velocity(Optimizer):
    """Rules with a velocity v = m v + lr * g, where g is minus the gradient."""

    per_parameter_rate = True
    momentum: Batched = field(0.9, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return a velocity of zero."""
        return (np.zeros_like(parameters),)

    def _accelerated(self, state: State, negative_gradient: Array, learning_rate: Array) -> Array:
        """Return the velocity after a step, and multiply negative_gradient by lr in place."""
        (velocity,) = state
        np.multiply(velocity, self.momentum, out=velocity)
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.add(velocity, negative_gradient, out=velocity)
        return velocity


@dataclass(frozen=True)
class Momentum(_Velocity):
    """Heavy ball: v = m v + lr * g; w += v, with g minus the gradient.

    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning internal representations by error
    propagation", in Parallel Distributed Processing, vol. 1 (1986).
    """

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        velocity = self._accelerated(state, negative_gradient, learning_rate)
        np.add(parameters, velocity, out=parameters)


@dataclass(frozen=True)
class Nesterov(_Velocity):
    """Nesterov's momentum: v = m v + lr * g; w += m v + lr * g, with g minus the gradient.

    The parameters are the point ahead, w + m v in the usual notation, at which the gradient is
    taken. Y. Nesterov, "A method of solving a convex programming problem with convergence rate
    O(1/k^2)", Soviet Mathematics Doklady 27 (1983); in this form Y. Bengio,
    N. Boulanger-Lewandowski and R. Pascanu, "Advances in optimizing recurrent networks",
    ICASSP 2013.
    """

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        velocity = self._accelerated(state, negative_gradient, learning_rate)
        np.multiply(velocity, self.momentum, out=scratch)
        np.add(parameters, scratch, out=parameters)
        np.add(parameters, negative_gradient, out=parameters)
