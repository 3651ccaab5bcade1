"""Engines: each trains a batch of networks; one contract, one file each, imported when chosen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from xorsweep.rules import Choice, ConfigError, parameter

if TYPE_CHECKING:
    from xorsweep.engines.contract import Capacity, Train

ENGINES: dict[str, str] = {
    "numpy": "xorsweep.engines.numpy_engine",
    "numba": "xorsweep.engines.numba_engine",
}
"""Names of engines and the modules that hold them, each with `train` and `capacity`."""
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Engine:
    """What trains, and in which precision; a sweep never mixes two of them."""

    name: str = parameter("numpy", Choice(tuple(ENGINES)))
    dtype: str = parameter("float64", Choice(DTYPES))

    def __str__(self) -> str:
        """Return both, as they are typed."""
        return f"engine={self.name} engine.dtype={self.dtype}"

    def check(self) -> None:
        """Raise ConfigError where the engine needs a package that isn't installed."""
        if self.name == "numba" and find_spec("numba") is None:
            raise ConfigError(
                "engine=numba: Numba isn't installed; pip install 'xorsweep[fast]', or engine=numpy"
            )


def load_train(engine: Engine) -> Train:
    """Return what trains a batch."""
    return partial(import_module(ENGINES[engine.name]).train, dtype=engine.dtype)


def load_capacity(engine: Engine) -> Capacity:
    """Return what says how many members a batch should have at most."""
    return partial(import_module(ENGINES[engine.name]).capacity, dtype=engine.dtype)
