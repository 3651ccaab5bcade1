"""The built-in experiment: small networks, their tasks, update rules, engines and planning.

It may import the grid and execution, and no file of a sweep. The names here are the base classes
of its components, which other packages derive theirs from.
"""

from __future__ import annotations

from xorsweep.networks.activations import Activation
from xorsweep.networks.architecture import Network, Weights
from xorsweep.networks.criteria import Criterion
from xorsweep.networks.engines import Engine
from xorsweep.networks.initializers import Initializer
from xorsweep.networks.losses import Loss
from xorsweep.networks.optimizers import Optimizer
from xorsweep.networks.schedules import Schedule
from xorsweep.networks.tasks import Task

__all__ = [
    "Activation",
    "Criterion",
    "Engine",
    "Initializer",
    "Loss",
    "Network",
    "Optimizer",
    "Schedule",
    "Task",
    "Weights",
]
