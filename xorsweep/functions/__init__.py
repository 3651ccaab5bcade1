"""A user's own function as an experiment: its signature, its calls, what it returns.

It may import what stands before `sweeps`; `xorsweep.sweep_function` is in `api`.
"""

from xorsweep.errors import FunctionError
from xorsweep.functions.check import check_function
from xorsweep.functions.signature import Function, Settings

__all__ = ["Function", "FunctionError", "Settings", "check_function"]
