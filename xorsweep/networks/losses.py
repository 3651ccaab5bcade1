"""Losses, each as the factor by which it scales the output error.

With the error e = target - output, minus the derivative of a squared loss by the output is
factor * e. The scale of a loss scales the learning rate: lr under `half_sse` is equivalent to
lr * n under `half_mse` and lr * n / 2 under `mse`, with n = rows * outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.registry import Registry


@dataclass(frozen=True)
class Loss:
    """A loss over all rows and outputs of a task.

    Where `cancels_slope`, the slope of the logistic output cancels against the loss's derivative,
    and minus the derivative by the output's pre-activation is factor * e.
    """

    cancels_slope: ClassVar[bool] = False

    def factor(self, count: int) -> float:
        """Return the factor of the error, given rows * outputs of the task."""
        raise NotImplementedError

    def value(self, outputs: FloatArray, targets: FloatArray) -> FloatArray:
        """Return the loss of B networks (B,), float64.

        It is that of which minus the derivative is factor * e: factor times half the sum of e**2,
        or, where it cancels the slope, times the cross-entropy, in which 0 log 0 is 0.

        Args:
            outputs: Of B networks (rows, units, B), float64.
            targets: Of the task (rows, units), float64.
        """
        total = np.zeros(outputs.shape[-1])
        with np.errstate(all="ignore"):  # a network that diverges has no finite loss
            for row, wanted in zip(outputs, targets, strict=True):
                for output, target in zip(row, wanted, strict=True):
                    total += self._of_output(output, float(target))
        return self.factor(targets.size) * total

    def _of_output(self, output: FloatArray, target: float) -> FloatArray:
        if not self.cancels_slope:
            return 0.5 * (target - output) ** 2
        share = np.zeros_like(output)
        # Both tests leave out 0 log 0, which is NaN in IEEE arithmetic.
        if target > 0:
            share -= target * np.log(output)
        if target < 1:
            share -= (1 - target) * np.log(1 - output)
        return share


class HalfSse(Loss):
    """Half the sum of squared errors, the notebook's: sum of e**2 / 2."""

    def factor(self, count: int) -> float:
        """Return 1."""
        return 1.0


class Mse(Loss):
    """The mean of e**2 over rows and outputs."""

    def factor(self, count: int) -> float:
        """Return 2 / count."""
        return 2.0 / count


class HalfMse(Loss):
    """The mean of e**2 / 2 over rows and outputs."""

    def factor(self, count: int) -> float:
        """Return 1 / count."""
        return 1.0 / count


class CrossEntropy(Loss):
    """The sum of -t log(y) - (1 - t) log(1 - y), for a logistic output.

    S. A. Solla, E. Levin and M. Fleisher, "Accelerated learning in layered neural networks",
    Complex Systems 2 (1988).
    """

    cancels_slope = True

    def factor(self, count: int) -> float:
        """Return 1."""
        return 1.0


LOSSES = Registry(
    "loss",
    "xorsweep.losses",
    Loss,
    {
        "half_sse": HalfSse,
        "mse": Mse,
        "half_mse": HalfMse,
        "cross_entropy": CrossEntropy,
    },
    shared=True,
)
