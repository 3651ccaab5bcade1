"""Update rules: what a step of descent does to the parameters.

All work in place on arrays (P, B), whatever they are the weights of. `descent` is minus the
gradient of the loss, and may be overwritten. State is a tuple of arrays with B last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.rules import Batched, Real, parameter

Array = NDArray[Any]
State = tuple[Array, ...]


@dataclass(frozen=True)
class Optimizer:
    """A rule; `online` tells whether it makes sense for one pattern at a time."""

    online: ClassVar[bool] = True

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the state before the first step."""
        return ()

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Update parameters and state; learning_rate is (B,), scratch (P, B)."""
        raise NotImplementedError


class Sgd(Optimizer):
    """Gradient descent: w += lr * descent."""

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Take one step."""
        np.multiply(descent, learning_rate, out=descent)
        np.add(parameters, descent, out=parameters)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball: v = m v + lr * descent; w += v.

    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning internal representations by error
    propagation", in Parallel Distributed Processing, vol. 1 (1986).
    """

    momentum: Batched = parameter(0.9, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return a velocity of zero."""
        return (np.zeros_like(parameters),)

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Take one step."""
        (velocity,) = state
        np.multiply(velocity, self.momentum, out=velocity)
        np.multiply(descent, learning_rate, out=descent)
        np.add(velocity, descent, out=velocity)
        np.add(parameters, velocity, out=parameters)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": Sgd, "momentum": Momentum}
