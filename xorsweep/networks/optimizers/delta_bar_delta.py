"""Delta-bar-delta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xorsweep.fields import Batched, Real, field
from xorsweep.networks.optimizers.base import AdaptedRates, Array, State


@dataclass(frozen=True)
class DeltaBarDelta(AdaptedRates):
    """Delta-bar-delta: w += rate * slope, with one learning rate per weight.

    The slope is minus the gradient. A rate starts at lr. Where the average of past slopes has the
    sign of the present one it grows by `kappa`, where it has the other sign it shrinks by the share
    `phi`; then the step is taken. The average is (1 - theta) slope + theta average. Without
    momentum. R. A. Jacobs, "Increased rates of convergence through learning rate adaptation",
    Neural Networks 1 (1988).
    """

    per_parameter_rate = True
    kappa: Batched = field(0.1, Real(at_least=0))
    phi: Batched = field(0.5, Real(at_least=0, below=1))
    theta: Batched = field(0.7, Real(at_least=0, below=1))

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        rates, average, mask = state
        self._adapt(rates, average, negative_gradient, mask, scratch)
        np.subtract(average, negative_gradient, out=average)
        np.multiply(average, self.theta, out=average)
        np.add(average, negative_gradient, out=average)
        np.multiply(negative_gradient, rates, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)

    def _adapt(
        self, rates: Array, average: Array, slope: Array, mask: Array, scratch: Array
    ) -> None:
        """Let each rate grow or shrink by the signs of slope and average."""
        np.sign(average, out=scratch)
        np.multiply(scratch, slope, out=scratch)
        np.greater(scratch, 0.0, out=mask)
        np.add(rates, self.kappa, out=rates, where=mask)
        np.less(scratch, 0.0, out=mask)
        # rate - phi * rate, and not rate * (1 - phi), which is rounded otherwise.
        np.multiply(rates, self.phi, out=scratch)
        np.subtract(rates, scratch, out=rates, where=mask)
