"""Initializers: how the initial weights of a network are made from its seed."""

from __future__ import annotations

from xorsweep.networks.initializers.base import Initializer
from xorsweep.networks.initializers.drawn import He, Normal, Symmetric, Uniform, Xavier
from xorsweep.networks.initializers.given import NOTEBOOK_WEIGHTS, File, Printed, Values
from xorsweep.networks.initializers.plane import Plane
from xorsweep.registry import Registry

__all__ = [
    "INITIALIZERS",
    "NOTEBOOK_WEIGHTS",
    "File",
    "He",
    "Initializer",
    "Normal",
    "Plane",
    "Printed",
    "Symmetric",
    "Uniform",
    "Values",
    "Xavier",
]

INITIALIZERS = Registry(
    "init",
    "xorsweep.inits",
    Initializer,
    {
        "uniform": Uniform,
        "symmetric": Symmetric,
        "normal": Normal,
        "xavier": Xavier,
        "he": He,
        "printed": Printed,
        "values": Values,
        "file": File,
        "plane": Plane,
    },
)
