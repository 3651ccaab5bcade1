"""A user's own function as an experiment: its signature, its calls, its returned values.

It may import the packages before `sweeps`; `xorsweep.sweep_function` is in `api`.
"""

from xorsweep.errors import FunctionError
from xorsweep.functions.check import check_function
from xorsweep.functions.signature import Function, Settings

__all__ = ["Function", "FunctionError", "Settings", "check_function"]
