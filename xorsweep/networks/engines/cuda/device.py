"""The basic functions of `math` on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import cuda
from numba.cuda import libdevice
from numba.cuda.extending import intrinsic

from xorsweep.networks.engines.cuda.compile import compile_function


def basic_functions(dtype: str) -> tuple[Any, Any, Any, Any]:
    """Return fma, product, quotient and power_of_two for float64 or float32."""
    if dtype == "float64":
        return _fma, _product64, _quotient64, _power_of_two64
    return _fma, _product32, _quotient32, _power_of_two32


@compile_function
def _fma(a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once."""
    return cuda.fma(a, b, c)


@compile_function
def _product64(a: Any, b: Any) -> Any:
    """Return a * b, which doesn't fuse with a sum."""
    return libdevice.dmul_rn(a, b)


@compile_function
def _product32(a: Any, b: Any) -> Any:
    return libdevice.fmul_rn(a, b)


@intrinsic  # type: ignore[untyped-decorator]
def _estimate_reciprocal(_: Any, x: Any) -> Any:
    """Return 1 / x to some 20 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(x)
        instruction = f"rcp.approx.ftz.f{x.bitwidth} $0, $1;"
        constraints = "=d,d" if x.bitwidth == 64 else "=f,f"
        function = ir.FunctionType(kind, [kind])
        return builder.call(ir.InlineAsm(function, instruction, constraints), arguments)

    return x(x), generate


@compile_function
def _quotient64(n: Any, d: Any) -> Any:
    """Return n / d, correctly rounded, where neither they nor the quotient are near the limits.

    These are the steps of NVIDIA's division but for its check of ranges, whose branch would keep
    the divisions of several rows from being made at the same time.
    """
    high = libdevice.double2hiint(_estimate_reciprocal(d))
    x = libdevice.hiloint2double(high, np.int32(1))
    error = _fma(-d, x, 1.0)
    x = _fma(x, _fma(error, error, error), x)
    x = _fma(x, _fma(-d, x, 1.0), x)
    rounded = _product64(n, x)
    return _fma(x, _fma(-d, rounded, n), rounded)


@compile_function
def _quotient32(n: Any, d: Any) -> Any:
    x = _estimate_reciprocal(d)
    x = _fma(x, _fma(-d, x, np.float32(1)), x)
    rounded = _product32(n, x)
    return _fma(x, _fma(-d, rounded, n), rounded)


@compile_function
def _power_of_two64(shifted: Any) -> Any:
    """Return 2**n, where n lies in the lowest bits of a float."""
    exponent = (libdevice.double2loint(shifted) + np.int32(1023)) << np.int32(20)
    return libdevice.hiloint2double(exponent, np.int32(0))


@compile_function
def _power_of_two32(shifted: Any) -> Any:
    return libdevice.int_as_float((libdevice.float_as_int(shifted) + np.int32(127)) << np.int32(23))
