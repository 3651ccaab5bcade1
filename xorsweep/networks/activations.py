"""Activations of the hidden layer, computed in place on whole arrays.

Each takes pre-activations z, or -z where it is `negated`. Its backward pass gets p = d * a, which
the gradient of the output weights needs anyway, and writes d * f'(z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Batched, Real, field
from xorsweep.registry import Registry

Array = NDArray[Any]


@dataclass(frozen=True)
class Activation:
    """An activation f.

    Arrays are (rows, hidden, B), float64 or float32, contiguous. Where it is `negated` it takes -z.
    Where it `has_threshold`, a unit counts as on where z is above 0, and as off elsewhere.
    """

    negated: ClassVar[bool] = False
    has_threshold: ClassVar[bool] = False

    def activate(self, z: Array, scratch: Array) -> None:
        """Replace pre-activations z by activations, in place; scratch is a buffer like z."""
        raise NotImplementedError

    def back(self, p: Array, d: Array, a: Array, out: Array) -> None:
        """Write d * f'(z) into out, given activations a and p = d * a; d broadcasts against a."""
        raise NotImplementedError

    def second_derivative(self, a: Array) -> Array | None:
        """Return f''(z), given activations a; None where f has none that is known.

        Where there is none, neither is the curvature of the loss.
        """
        return None


_ONE = {np.dtype(name): np.ones((), name) for name in ("float32", "float64")}
"""1 as an array, since NumPy takes longer to convert a number than to start a sum."""


def apply_logistic(z: Array) -> None:
    """Turn -z into 1 / (1 + exp(-z)), in place."""
    one = _ONE[z.dtype]
    # It may overflow to infinity, of which the quotient below is the limit, 0.
    np.exp(z, z)
    np.add(z, one, z)
    np.divide(one, z, z)


class Logistic(Activation):
    """f(z) = 1 / (1 + exp(-z)), f' = a (1 - a); takes -z, which saves a pass over the array."""

    negated = True
    has_threshold = True  # above 1/2

    def activate(self, z: Array, scratch: Array) -> None:
        """Turn -z into activations, in place."""
        apply_logistic(z)

    def back(self, p: Array, d: Array, a: Array, out: Array) -> None:
        """Write p - p a = d a (1 - a)."""
        np.multiply(p, a, out)
        np.subtract(p, out, out)

    def second_derivative(self, a: Array) -> Array:
        """Return a (1 - a) (1 - 2 a)."""
        return a * (1.0 - a) * (1.0 - 2.0 * a)


class Tanh(Activation):
    """f(z) = tanh(z), f' = 1 - a**2."""

    has_threshold = True  # above 0

    def activate(self, z: Array, scratch: Array) -> None:
        """Turn z into activations, in place."""
        np.tanh(z, out=z)

    def back(self, p: Array, d: Array, a: Array, out: Array) -> None:
        """Write d - p a = d (1 - a**2)."""
        np.multiply(p, a, out=out)
        np.subtract(d, out, out=out)

    def second_derivative(self, a: Array) -> Array:
        """Return -2 a (1 - a**2)."""
        return -2.0 * a * (1.0 - a * a)


class Relu(Activation):
    """f(z) = max(z, 0), f' = 1 above 0 and 0 elsewhere.

    X. Glorot, A. Bordes and Y. Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
    """

    def activate(self, z: Array, scratch: Array) -> None:
        """Turn z into activations, in place."""
        np.maximum(z, 0.0, out=z)

    def back(self, p: Array, d: Array, a: Array, out: Array) -> None:
        """Write d where the unit is active, and zero elsewhere."""
        # Unlike a > 0 it needs no further array, and NaN stays NaN.
        np.heaviside(a, 0.0, out=out)
        np.multiply(d, out, out=out)

    def second_derivative(self, a: Array) -> Array:
        """Return 0, as everywhere but at z = 0, where there is none."""
        return np.zeros_like(a)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """f(z) = z above 0 and slope * z elsewhere; f' accordingly.

    A. L. Maas, A. Y. Hannun and A. Y. Ng, "Rectifier nonlinearities improve neural network
    acoustic models", ICML 2013.
    """

    slope: Batched = field(0.01, Real(above=0, below=1))

    def activate(self, z: Array, scratch: Array) -> None:
        """Turn z into activations, in place: the larger of z and slope * z."""
        np.multiply(z, self.slope, out=scratch)
        np.maximum(z, scratch, out=z)

    def back(self, p: Array, d: Array, a: Array, out: Array) -> None:
        """Write d where the unit is active, and slope * d elsewhere."""
        np.heaviside(a, 0.0, out=out)
        np.maximum(out, self.slope, out=out)
        np.multiply(d, out, out=out)

    def second_derivative(self, a: Array) -> Array:
        """Return 0, as everywhere but at z = 0, where there is none."""
        return np.zeros_like(a)


SIGMOID = {"sigmoid": "logistic"}
"""Most programs' name of the logistic function, for hidden units and outputs."""

ACTIVATIONS = Registry(
    "activation",
    "xorsweep.activations",
    Activation,
    {
        "logistic": Logistic,
        "tanh": Tanh,
        "relu": Relu,
        "leaky_relu": LeakyRelu,
    },
    aliases=SIGMOID,
)
