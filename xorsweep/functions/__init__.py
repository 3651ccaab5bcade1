"""Sweeps of a function that is no network: columns of points in, columns of results out."""

from __future__ import annotations

from xorsweep.errors import FunctionError
from xorsweep.functions.check import check_function
from xorsweep.functions.contract import Function
from xorsweep.functions.sweep import FunctionSweepResult, resume_function, sweep_function

__all__ = [
    "Function",
    "FunctionError",
    "FunctionSweepResult",
    "check_function",
    "resume_function",
    "sweep_function",
]
