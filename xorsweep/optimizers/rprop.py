"""Resilient back-propagation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.optimizers.rule import Array, Optimizer, State
from xorsweep.rules import Batched, ConfigError, Real, parameter


@dataclass(frozen=True)
class Rprop(Optimizer):
    """iRprop-: w += sign(descent) * step, with a step size of its own for each weight.

    A step starts at lr, is multiplied by `increase` where the slope keeps its sign, and by
    `decrease` where it turns; there the weight rests for an epoch and the next slope is compared
    with none. Steps stay between `smallest` and `largest`. M. Riedmiller and H. Braun, "A direct
    adaptive method for faster backpropagation learning: the RPROP algorithm", ICNN 1993; this
    variant C. Igel and M. Husken, "Improving the Rprop learning algorithm", NC 2000, and
    "Empirical evaluation of the improved Rprop learning algorithms", Neurocomputing 50 (2003).
    """

    online = False
    increase: Batched = parameter(1.2, Real(above=1))
    decrease: Batched = parameter(0.5, Real(above=0, below=1))
    smallest: Batched = parameter(1e-6, Real(at_least=0))
    largest: Batched = parameter(50.0, Real(above=0))

    def check(self) -> None:
        """Raise ConfigError unless smallest is at most largest."""
        bounds = np.broadcast_arrays(self.smallest, self.largest)
        smallest, largest = (np.ravel(bound) for bound in bounds)
        for wrong in np.flatnonzero(smallest > largest)[:1]:
            raise ConfigError(
                f"optimizer.smallest={smallest[wrong]}: must be at most optimizer.largest, "
                f"which is {largest[wrong]}"
            )

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return steps of lr, previous signs of zero, and room for a mask, each (P, B)."""
        steps = np.zeros_like(parameters)
        steps[...] = np.clip(learning_rate, self.smallest, self.largest)
        return steps, np.zeros_like(parameters), np.empty(parameters.shape, bool)

    def step(
        self, state: State, parameters: Array, descent: Array, learning_rate: Array, scratch: Array
    ) -> None:
        """Take one step."""
        steps, previous, mask = state
        np.sign(descent, out=descent)
        np.multiply(descent, previous, out=scratch)
        np.greater(scratch, 0.0, out=mask)
        np.multiply(steps, self.increase, out=steps, where=mask)
        np.minimum(steps, self.largest, out=steps)
        np.less(scratch, 0.0, out=mask)
        np.multiply(steps, self.decrease, out=steps, where=mask)
        np.maximum(steps, self.smallest, out=steps)
        np.copyto(descent, 0.0, where=mask)
        np.copyto(previous, descent)
        np.multiply(descent, steps, out=descent)
        np.add(parameters, descent, out=parameters)
