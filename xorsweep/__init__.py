"""Train every point of a grid of tiny networks on XOR and report how often it works.

From Python: `train` one network, `evaluate` one setting over many seeds, `sweep` a grid, `load` a
finished sweep; docs/python.md.
`register` adds a component, `sweep_function` sweeps a function; docs/extending.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xorsweep.analysis.objective_values import ObjectiveValue
    from xorsweep.api import evaluate, load, sweep, train
    from xorsweep.errors import ConfigError, StoreError, XorsweepError
    from xorsweep.networks.plugins import register
    from xorsweep.own_sweeps import sweep_experiment, sweep_function
    from xorsweep.reporting.run import Run
    from xorsweep.sweeps.check_component import check_component
    from xorsweep.sweeps.sweep import Sweep

from xorsweep.versions import __version__

__all__ = [
    "ConfigError",
    "ObjectiveValue",
    "Run",
    "StoreError",
    "Sweep",
    "XorsweepError",
    "__version__",
    "check_component",
    "evaluate",
    "load",
    "register",
    "sweep",
    "sweep_experiment",
    "sweep_function",
    "train",
]

_HOMES = {
    "ConfigError": "errors",
    "ObjectiveValue": "analysis.objective_values",
    "Run": "reporting.run",
    "StoreError": "errors",
    "Sweep": "sweeps.sweep",
    "XorsweepError": "errors",
    "check_component": "sweeps.check_component",
    "evaluate": "api",
    "load": "api",
    "register": "networks.plugins",
    "sweep": "api",
    "sweep_experiment": "own_sweeps",
    "sweep_function": "own_sweeps",
    "train": "api",
}
"""The module of each public name, imported on first use."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    # Python asks __getattr__ only for names that aren't there, so the next use costs nothing.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
