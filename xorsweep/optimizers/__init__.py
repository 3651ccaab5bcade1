"""Update rules: what a step of descent does to the parameters; one file a rule."""

from __future__ import annotations

from xorsweep.choices import Choices
from xorsweep.optimizers.adam import Adam
from xorsweep.optimizers.delta_bar_delta import DeltaBarDelta
from xorsweep.optimizers.momentum import Momentum, Nesterov
from xorsweep.optimizers.quickprop import Quickprop
from xorsweep.optimizers.rprop import Rprop
from xorsweep.optimizers.rule import Optimizer, State
from xorsweep.optimizers.sgd import Sgd

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

OPTIMIZERS = Choices(
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
