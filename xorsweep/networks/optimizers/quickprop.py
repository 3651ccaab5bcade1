"""Quickprop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.fields import Batched, Real, field
from xorsweep.networks.optimizers.base import Array, Optimizer, State


@dataclass(frozen=True)
class Quickprop(Optimizer):
    """Quickprop: to the minimum of a parabola through two slopes, a weight at a time.

    With g minus the gradient, the slope s = g - decay * w, the one before it p and the last step d,
    the next step is d s / (p - s), but d * growth where that would be longer or lie uphill, which
    is where s / p reaches growth / (1 + growth). To it lr * s is added, unless s and p differ in
    sign; the first step is lr * s. S. E. Fahlman, "An empirical study of learning speed in
    back-propagation networks", CMU-CS-88-162 (1988), where growth is mu and lr epsilon. Neither his
    division of epsilon by fan-in nor the 0.1 that he adds to the slope of the logistic is part of
    the rule.
    """

    online = False
    per_parameter_rate = True
    growth: Batched = field(1.75, Real(above=0))
    decay: Batched = field(0.0, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the last step, the slope before it and room for a mask, each (P, B)."""
        last = np.zeros_like(parameters), np.zeros_like(parameters)
        return *last, np.empty(parameters.shape, bool)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        step, previous, mask = state
        np.multiply(parameters, self.decay, out=scratch)
        np.subtract(negative_gradient, scratch, out=negative_gradient)
        self._jump(step, previous, negative_gradient, mask, scratch)
        np.sign(previous, out=scratch)
        np.multiply(scratch, negative_gradient, out=scratch)
        np.less(scratch, 0.0, out=mask)
        np.multiply(negative_gradient, learning_rate, out=scratch)
        # Where the slope turned, the minimum lies between the last two points: the jump alone goes
        # there.
        np.copyto(scratch, 0.0, where=mask)
        np.add(step, scratch, out=step)
        np.add(parameters, step, out=parameters)
        np.copyto(previous, negative_gradient)

    def _jump(
        self, step: Array, previous: Array, slope: Array, mask: Array, scratch: Array
    ) -> None:
        """Make of the last step the one to the parabola's minimum, or the longest allowed.

        A step always goes the way of its slope, so s / (p - s) is at most -1 where s is steeper
        than p: there the parabola has no minimum. It is NaN where neither slope nor step is.
        """
        np.subtract(previous, slope, out=scratch)
        np.divide(slope, scratch, out=scratch)
        np.less_equal(scratch, -1.0, out=mask)
        np.copyto(scratch, self.growth, where=mask)
        # fmin takes the number where the other is NaN; the step that it multiplies is 0 there.
        np.fmin(scratch, self.growth, out=scratch)
        np.multiply(step, scratch, out=step)
