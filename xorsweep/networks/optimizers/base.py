"""The base class of optimizers, which update the parameters of a batch in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Batched

Array = NDArray[Any]
State = tuple[Array, ...]


@dataclass(frozen=True)
class Optimizer:
    """An update rule; `online` tells whether it can be used with updates from single rows.

    `per_parameter_rate` tells whether its learning rates may be (P, B) in place of (B,), which
    `lr_output` needs.

    P is the number of weights and biases, B that of networks; the parameters of a rule are numbers
    or arrays (B,). Its state is a tuple of arrays with B last: the values kept between steps,
    and buffers, since a step allocates nothing.
    """

    online: ClassVar[bool] = True
    per_parameter_rate: ClassVar[bool] = False

    def check(self) -> None:
        """Raise ConfigError where parameters contradict each other."""

    def check_rate(self, learning_rate: Batched) -> None:
        """Raise ConfigError where a learning rate, or one of several (N,), can't be used."""

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the state before the first step.

        Args:
            parameters: The initial weights (P, B), float64 or float32.
            learning_rate: One per network (B,), or one per parameter (P, B), of the same dtype.
        """
        return ()

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Update parameters and state in place.

        Args:
            state: The state that `start` or the last step returned.
            parameters: The weights (P, B), float64 or float32, as all arrays.
            negative_gradient: Minus the gradient of the loss (P, B); may be overwritten.
            learning_rate: As in `start`.
            scratch: A buffer (P, B).
        """
        raise NotImplementedError


class AdaptedRates(Optimizer):
    """Rules with a rate per weight, which they adapt by the slopes of whole epochs."""

    online = False

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return rates of lr, zeros, and room for a mask, each (P, B)."""
        rates = np.zeros_like(parameters)
        rates[...] = learning_rate
        return rates, np.zeros_like(parameters), np.empty(parameters.shape, bool)


def per_member(value: Batched, learning_rate: Array) -> Array:
    """Return a rule's parameter as an array (B,) of its own, in the precision of the training."""
    # np.array copies: a broadcast view is read-only, and a step writes into its state.
    return np.array(np.broadcast_to(value, learning_rate.shape[-1:]), learning_rate.dtype)
