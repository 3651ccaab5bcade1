"""Optimizers, a file each: how a step changes the parameters, given minus the gradient."""

from __future__ import annotations

from xorsweep.networks.optimizers.adam import Adam
from xorsweep.networks.optimizers.base import Optimizer, State
from xorsweep.networks.optimizers.delta_bar_delta import DeltaBarDelta
from xorsweep.networks.optimizers.momentum import Momentum, Nesterov
from xorsweep.networks.optimizers.quickprop import Quickprop
from xorsweep.networks.optimizers.rprop import Rprop
from xorsweep.networks.optimizers.sgd import Sgd
from xorsweep.registry import Registry

__all__ = [
    "OPTIMIZERS",
    "Adam",
    "DeltaBarDelta",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "Quickprop",
    "Rprop",
    "Sgd",
    "State",
]

OPTIMIZERS = Registry(
    "optimizer",
    "xorsweep.optimizers",
    Optimizer,
    {
        "sgd": Sgd,
        "momentum": Momentum,
        "nesterov": Nesterov,
        "adam": Adam,
        "rprop": Rprop,
        "quickprop": Quickprop,
        "delta_bar_delta": DeltaBarDelta,
    },
)
