"""Resilient back-propagation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import Batched, Real, field
from xorsweep.networks.optimizers.base import AdaptedRates, Array, State


@dataclass(frozen=True)
class Rprop(AdaptedRates):
    """iRprop-: w += sign(slope) * step, with one step size per weight.

    The slope is minus the gradient. A step starts at lr, is multiplied by `increase` where the
    slope keeps its sign, and by `decrease` where it turns; there the weight rests for an epoch and
    the next slope is compared with none. Steps stay between `smallest` and `largest`.

    M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm", ICNN 1993; this variant C. Igel and M. Hüsken, "Improving the Rprop learning
    algorithm", NC 2000, and "Empirical evaluation of the improved Rprop learning algorithms",
    Neurocomputing 50 (2003).
    """

    increase: Batched = field(1.2, Real(above=1))
    decrease: Batched = field(0.5, Real(above=0, below=1))
    smallest: Batched = field(1e-6, Real(at_least=0))
    largest: Batched = field(50.0, Real(above=0))

    def check(self) -> None:
        """Raise ConfigError unless smallest is at most largest."""
        for smallest, largest in _descending(self.smallest, self.largest):
            raise ConfigError(
                f"optimizer.smallest={smallest}: must be at most optimizer.largest, "
                f"which is {largest}"
            )

    def check_rate(self, learning_rate: Batched) -> None:
        """Raise ConfigError unless the first step lies between smallest and largest."""
        reason = "is the first step of optimizer=rprop and must be"
        for rate, largest in _descending(learning_rate, self.largest):
            raise ConfigError(f"lr={rate}: lr {reason} at most optimizer.largest, {largest}")
        for smallest, rate in _descending(self.smallest, learning_rate):
            raise ConfigError(f"lr={rate}: lr {reason} at least optimizer.smallest, {smallest}")

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        steps, previous, mask = state
        # np.sign(NaN) is NaN, so a network that diverges stays so.
        np.sign(negative_gradient, out=negative_gradient)
        np.multiply(negative_gradient, previous, out=scratch)
        np.greater(scratch, 0.0, out=mask)
        np.multiply(steps, self.increase, out=steps, where=mask)
        np.minimum(steps, self.largest, out=steps)
        np.less(scratch, 0.0, out=mask)
        np.multiply(steps, self.decrease, out=steps, where=mask)
        np.maximum(steps, self.smallest, out=steps)
        # A sign of 0 lets the weight rest, and its product with the next sign is neither above nor
        # below 0.
        np.copyto(negative_gradient, 0.0, where=mask)
        np.copyto(previous, negative_gradient)
        np.multiply(negative_gradient, steps, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)


def _descending(first: Batched, second: Batched) -> list[tuple[float, float]]:
    """Return the first pair of which the first is the larger, if there is one."""
    firsts, seconds = map(np.ravel, np.broadcast_arrays(first, second))
    return [(firsts[wrong], seconds[wrong]) for wrong in np.flatnonzero(firsts > seconds)[:1]]
