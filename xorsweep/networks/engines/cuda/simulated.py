"""The basic functions of `math` for Numba's simulator, which has none of libdevice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def _rounded_once(_: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, b, c), generate


@njit  # type: ignore[untyped-decorator]
def _compiled_fma(a: Any, b: Any, c: Any) -> Any:
    return _rounded_once(a, b, c)


def basic_functions(dtype: str) -> tuple[Any, Any, Any, Any]:
    """Return fma, product, quotient and power_of_two, the same for either precision."""
    return _fma, _product, _quotient, _power_of_two


def _fma(a: Any, b: Any, c: Any) -> Any:
    return (np.float32 if isinstance(c, np.float32) else np.float64)(_compiled_fma(a, b, c))


def _product(a: Any, b: Any) -> Any:
    return a * b


def _quotient(n: Any, d: Any) -> Any:
    return n / d


def _power_of_two(shifted: Any) -> Any:
    if isinstance(shifted, np.float32):
        bits = np.array(shifted).view(np.int32) + np.int32(127)
        return (bits << np.int32(23)).view(np.float32)[()]
    bits = np.array(shifted, np.float64).view(np.int64) + 1023
    return (bits << 52).view(np.float64)[()]
