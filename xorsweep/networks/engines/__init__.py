"""Engines: each trains a batch of networks; one contract, one file each, imported when chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, field

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import Capacity, Compile, FindUnsupported, Train

ENGINES: dict[str, str] = {
    "numpy": "xorsweep.networks.engines.numpy.engine",
    "numba": "xorsweep.networks.engines.numba.engine",
}
"""Names of engines and the modules that hold them, each with `train` and `capacity`.

One that compiles has `compile_kernels` too, and `unsupported_component`.
"""
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Engine:
    """What trains, and in which precision; a sweep never mixes two of them."""

    name: str = field("numpy", Choice(tuple(ENGINES)))
    dtype: str = field("float64", Choice(DTYPES))

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


def load_compile(engine: Engine) -> Compile | None:
    """Return what compiles an engine before it trains, if anything has to be compiled."""
    compile_kernels = getattr(import_module(ENGINES[engine.name]), "compile_kernels", None)
    return compile_kernels and partial(compile_kernels, dtype=engine.dtype)


def load_unsupported(engine: Engine) -> FindUnsupported:
    """Return what says because of which choice the reference engine trains a batch instead."""
    found: FindUnsupported = getattr(
        import_module(ENGINES[engine.name]), "unsupported_component", _no_gap
    )
    return found


def _no_gap(values: Mapping[str, Any]) -> None:
    return None
