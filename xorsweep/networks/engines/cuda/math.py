"""Arithmetic whose bits no compiler decides, and logistic and tanh as in `numba.math`.

NVIDIA's compiler fuses a product with the sum that it goes into wherever it can. Here a sum of
products says which of them is fused, and the others are `product`, which never fuse. These are the
ones that LLVM fuses for a processor with FMA: there `engine=numba` has the same bits.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from xorsweep.networks.engines.cuda.compile import SIMULATED, compile_function
from xorsweep.networks.engines.numba import math as cpu

if SIMULATED:
    from xorsweep.networks.engines.cuda.simulated import basic_functions
else:
    from xorsweep.networks.engines.cuda.device import basic_functions


class Arithmetic(NamedTuple):
    """Functions of one precision that kernels call.

    Attributes:
        fma: a * b + c, rounded once.
        product: a * b, rounded before it is added to anything.
        logistic: 1 / (1 + exp(-z)).
        tanh: The hyperbolic tangent.
    """

    fma: Any
    product: Any
    logistic: Any
    tanh: Any


@cache
def arithmetic(dtype: str) -> Arithmetic:
    """Return the functions for float64 or float32."""
    fma, product, quotient, power_of_two = basic_functions(dtype)
    parts = (_parts64 if dtype == "float64" else _parts32)(fma, product, power_of_two)
    logistic = _logistic(dtype, fma, quotient, parts)
    return Arithmetic(fma, product, logistic, _tanh(dtype, fma, product, parts))


def _parts64(fma: Any, product: Any, power_of_two: Any) -> Any:
    log2_e, rounding = cpu.LOG2_E, cpu.ROUNDING
    ln2_high, ln2_low = cpu.LN2_HIGH, cpu.LN2_LOW
    p1, p2, q1, q2 = cpu.P1, cpu.P2, cpu.Q1, cpu.Q2

    @compile_function
    def parts(x: Any) -> Any:
        """Return 2**n, p and q, of which exp(x) = 2**n (q + p) / (q - p)."""
        shifted = fma(x, log2_e, rounding)
        whole = shifted - rounding
        r = fma(-whole, ln2_low, fma(-whole, ln2_high, x))
        square = product(r, r)
        p = product(r, fma(square, fma(square, p2, p1), 1.0))
        q = fma(square, fma(square, q2, q1), 2.0)
        return power_of_two(shifted), p, q

    return parts


def _parts32(fma: Any, product: Any, power_of_two: Any) -> Any:
    log2_e, rounding = cpu.LOG2_E32, cpu.ROUNDING32
    ln2_high, ln2_low = cpu.LN2_HIGH32, cpu.LN2_LOW32
    p1, q1, one, two = cpu.P1_32, cpu.Q1_32, cpu.ONE32, cpu.TWO32

    @compile_function
    def parts(x: Any) -> Any:
        """Return 2**n, p and q, of which exp(x) = 2**n (q + p) / (q - p)."""
        shifted = fma(x, log2_e, rounding)
        whole = shifted - rounding
        r = fma(-whole, ln2_low, fma(-whole, ln2_high, x))
        square = product(r, r)
        p = product(r, fma(square, p1, one))
        q = fma(square, q1, two)
        return power_of_two(shifted), p, q

    return parts


def _logistic(dtype: str, fma: Any, quotient: Any, parts: Any) -> Any:
    largest = cpu.LARGEST if dtype == "float64" else cpu.LARGEST32

    @compile_function
    def logistic(z: Any) -> Any:
        x = -z
        x = largest if x > largest else x
        x = -largest if x < -largest else x
        power, p, q = parts(x)
        less = q - p
        return quotient(less, fma(power, q + p, less))

    return logistic


def _tanh(dtype: str, fma: Any, product: Any, parts: Any) -> Any:
    is_double = dtype == "float64"
    saturated = cpu.SATURATED if is_double else cpu.SATURATED32
    one = 1.0 if is_double else cpu.ONE32

    @compile_function
    def tanh(z: Any) -> Any:
        x = saturated if z > saturated else z
        x = -saturated if x < -saturated else x
        power, p, q = parts(x + x)
        less, more = power - one, power + one
        return fma(less, q, product(more, p)) / fma(more, q, product(less, p))

    return tanh
