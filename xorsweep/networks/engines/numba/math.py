"""Logistic and tanh in a dozen vector instructions each; Numba's own exp is scalar.

exp(x) = 2**n exp(r), with n the whole number next to x / ln 2. Adding and taking away 1.5 * 2**52
(1.5 * 2**23 in float32) rounds to n, and leaves n in the lowest bits, from where it is moved to
those of an exponent. exp(r) = (q + p) / (q - p), with p / q = tanh(r / 2) as a rational function
of r, fitted at the Chebyshev nodes of |r| <= ln(2) / 2: to 2e-18 in float64, 2e-10 in float32. A
fraction costs nothing, since both functions end in a division.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from xorsweep.networks.engines.numba.compile import FLAGS, compile_function

LARGEST = 700.0
LARGEST32 = np.float32(80.0)
"""Arguments are cut off here, where a logistic is within 1e-304 (1e-34) of its limits."""
LOG2_E, LOG2_E32 = 1.4426950408889634, np.float32(1.4426950408889634)
ROUNDING, ROUNDING32 = 6755399441055744.0, np.float32(12582912.0)
# ln 2 in two parts, as fdlibm has it, and Cephes in float32: the first ends in zeros, so that a
# whole number times it is exact and r loses no digits.
LN2_HIGH, LN2_HIGH32 = 0.693147180369123816490, np.float32(0.693359375)
LN2_LOW, LN2_LOW32 = 1.90821492927058770002e-10, np.float32(-2.12194440e-4)
P1, P2 = 2.77747670807507703672e-2, 6.60874255214111946934e-5
Q1, Q2 = 2.22216200828164166782e-1, 1.98352492032596138684e-3
P1_32, Q1_32 = np.float32(1.66452296825683174521e-2), np.float32(1.99956965152549588762e-1)
ONE32, TWO32 = np.float32(1.0), np.float32(2.0)


_REINTERPRETED = {
    types.float32: types.int32,
    types.float64: types.int64,
    types.int32: types.float32,
    types.int64: types.float64,
}


@intrinsic  # type: ignore[untyped-decorator]
def _reinterpret(_: Any, number: Any) -> Any:
    """Return the bits of a float as a whole number of the same size, or the other way round."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return _REINTERPRETED[number](number), generate


@compile_function
def _parts64(x: float) -> tuple[float, float, float]:
    """Return 2**n, p and q, of which exp(x) = 2**n (q + p) / (q - p)."""
    shifted = x * LOG2_E + ROUNDING
    whole = shifted - ROUNDING
    r = (x - whole * LN2_HIGH) - whole * LN2_LOW
    square = r * r
    p = r * (1.0 + square * (P1 + square * P2))
    q = 2.0 + square * (Q1 + square * Q2)
    # 1023 is the bias of the exponent, and 52 how many bits of the fraction follow it.
    return _reinterpret((_reinterpret(shifted) + 1023) << 52), p, q


@compile_function
def _parts32(x: Any) -> Any:
    """Return 2**n, p and q, of which exp(x) = 2**n (q + p) / (q - p)."""
    shifted = x * LOG2_E32 + ROUNDING32
    whole = shifted - ROUNDING32
    r = (x - whole * LN2_HIGH32) - whole * LN2_LOW32
    square = r * r
    p = r * (ONE32 + square * P1_32)
    q = TWO32 + square * Q1_32
    # Numba computes in int64 unless each number is an int32.
    bits = types.int32((_reinterpret(shifted) + types.int32(127)) << types.int32(23))
    return _reinterpret(bits), p, q


def logistic(z: Any) -> Any:
    """Return 1 / (1 + exp(-z)), to some 2 units in the last place."""
    raise NotImplementedError


@overload(logistic, jit_options=FLAGS)  # type: ignore[untyped-decorator]
def _logistic(z: Any) -> Any:
    parts, largest = (_parts32, LARGEST32) if z == types.float32 else (_parts64, LARGEST)

    def compiled(z: Any) -> Any:
        # NaN fails both tests and stays NaN, so that a network that diverged is detected.
        x = largest if z < -largest else (-largest if z > largest else -z)
        power, p, q = parts(x)
        return (q - p) / ((q - p) + power * (q + p))

    return compiled


def tanh(z: Any) -> Any:
    """Return the hyperbolic tangent of z, to some 2 units in the last place."""
    raise NotImplementedError


SATURATED, SATURATED32 = 20.0, np.float32(10.0)
"""From here on tanh is 1 to the last bit."""


@overload(tanh, jit_options=FLAGS)  # type: ignore[untyped-decorator]
def _tanh(z: Any) -> Any:
    is_single = z == types.float32
    parts, saturated = (_parts32, SATURATED32) if is_single else (_parts64, SATURATED)
    one = ONE32 if is_single else 1.0

    def compiled(z: Any) -> Any:
        x = -saturated if z < -saturated else (saturated if z > saturated else z)
        power, p, q = parts(x + x)
        # tanh(z) = (e - 1) / (e + 1) with e = exp(2 z) = power (q + p) / (q - p), multiplied out.
        less, more = power - one, power + one
        return (less * q + more * p) / (more * q + less * p)

    return compiled
