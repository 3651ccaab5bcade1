"""What an update rule is: a step of descent, taken in place on the parameters of a batch."""

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
    """A rule; `online` tells whether it makes sense for one pattern at a time.

    Arrays are (P, B), whatever they are the weights of. `descent` is minus the gradient of the
    loss, and may be overwritten. State is a tuple of arrays with B last, of what has to be
    remembered or needs room of its own: a step allocates nothing. The rule's parameters are
    numbers or arrays (B,).
    """

    online: ClassVar[bool] = True

    def check(self) -> None:
        """Raise ConfigError where parameters that are each allowed mean nothing together."""

    def check_rate(self, learning_rate: Batched) -> None:
        """Raise ConfigError where a learning rate, or one of several (N,), means nothing here."""

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the state before the first step; learning_rate is (B,)."""
        return ()

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Update parameters and state; learning_rate is (B,), scratch (P, B)."""
        raise NotImplementedError


def per_member(value: Batched, learning_rate: Array) -> Array:
    """Return a rule's parameter as an array (B,) of its own, in the precision of the training."""
    return np.array(np.broadcast_to(value, learning_rate.shape), learning_rate.dtype)
