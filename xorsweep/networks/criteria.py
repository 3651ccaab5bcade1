"""Criteria of convergence, each a distance of outputs from targets and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Batched, Integer, Real, field
from xorsweep.registry import Registry

Array = NDArray[Any]


@dataclass(frozen=True)
class Criterion:
    """Met where `distance` of the errors lies below `limit`, for `held_for` epochs in a row.

    `converged_epoch` is the last of those: with held_for 1 the first epoch at which it is met.

    Attributes:
        asks_for_trainable: Whether a sweep with this criterion has the column `trainable`.
        measure: The distance in words, as in "every error below 0.4"; empty without any.
    """

    asks_for_trainable: ClassVar[bool] = False
    measure: ClassVar[str] = ""

    held_for: int = field(1, Integer(1))

    @property
    def limit(self) -> Batched:
        """Return the limit of the distance: a number, or an array (B,)."""
        raise NotImplementedError

    def distance(self, errors: Array, scratch: Array, out: Array) -> None:
        """Write the distance of each network.

        Args:
            errors: Target - output of n = rows * outputs (n, B), float64 or float32.
            scratch: A buffer (n, B).
            out: Where the distances go (B,).
        """
        raise NotImplementedError


class _LargestError(Criterion):
    measure = "every error"

    def distance(self, errors: Array, scratch: Array, out: Array) -> None:
        """Write the largest absolute error."""
        np.abs(errors, scratch)
        np.maximum.reduce(scratch, 0, out=out)


class Fahlman(_LargestError):
    """Every output on its side of the middle fifth: |error| < 0.4, the 40-20-40 criterion.

    S. E. Fahlman, "An empirical study of learning speed in back-propagation networks",
    CMU-CS-88-162 (1988).
    """

    limit = 0.4


class RightSide(_LargestError):
    """Every output on the right side of one half: |error| < 0.5."""

    limit = 0.5


@dataclass(frozen=True)
class Margin(_LargestError):
    """Every |error| below `threshold`."""

    threshold: Batched = field(0.1, Real(above=0))

    @property
    def limit(self) -> Batched:
        """Return the threshold."""
        return self.threshold


@dataclass(frozen=True)
class Sse(Criterion):
    """The sum of squared errors over all rows and outputs below `threshold`."""

    measure = "the sum of squared errors"

    threshold: Batched = field(0.04, Real(above=0))

    @property
    def limit(self) -> Batched:
        """Return the threshold."""
        return self.threshold

    def distance(self, errors: Array, scratch: Array, out: Array) -> None:
        """Write the sum of squared errors."""
        np.multiply(errors, errors, scratch)
        # Row after row, with the same bits in any batch: engines pad to LANES columns, as NumPy
        # adds those of a single one in pairs.
        np.add.reduce(scratch, 0, out=out)


@dataclass(frozen=True)
class Rms(Sse):
    """The root of the mean squared error over all rows and outputs below `threshold`."""

    measure = "the root of the mean squared error"

    threshold: Batched = field(0.05, Real(above=0))

    def distance(self, errors: Array, scratch: Array, out: Array) -> None:
        """Write the root mean squared error."""
        super().distance(errors, scratch, out)
        np.divide(out, len(errors), out=out)
        np.sqrt(out, out=out)


CRITERIA = Registry(
    "criterion",
    "xorsweep.criteria",
    Criterion,
    {
        "fahlman": Fahlman,
        "right_side": RightSide,
        "margin": Margin,
        "sse": Sse,
        "rms": Rms,
    },
)
