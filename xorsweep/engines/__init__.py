"""Engines: each trains a batch of networks; one contract, one file each, imported when chosen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xorsweep.engines.contract import Capacity, Engine

ENGINES: dict[str, str] = {"numpy": "xorsweep.engines.numpy_engine"}
"""Names of engines and the modules that hold them, each with `train` and `capacity`."""


def load_engine(name: str) -> Engine:
    """Return what trains a batch."""
    engine: Engine = import_module(ENGINES[name]).train
    return engine


def load_capacity(name: str) -> Capacity:
    """Return what says how many members a batch should have at most."""
    capacity: Capacity = import_module(ENGINES[name]).capacity
    return capacity
