"""Engines, which train batches of networks; each is a package that is imported when chosen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, field
from xorsweep.networks.hints import VALUES

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import (
        Capacity,
        Compile,
        EpochCosts,
        FindUnsupported,
        Train,
    )

ENGINES: dict[str, str] = {
    "numpy": "xorsweep.networks.engines.numpy.engine",
    "numba": "xorsweep.networks.engines.numba.engine",
    "cuda": "xorsweep.networks.engines.cuda.engine",
}
"""The modules of engines by name, each with `train`, `capacity` and `epoch_cost`.

One that compiles has `compile_kernels` and `unsupported_component`, too, and one that needs a GPU
`missing_device`.
"""
PACKAGES = {"numba": ("numba", "Numba", "fast"), "cuda": ("numba_cuda", "numba-cuda", "cuda")}
"""The module that an engine needs, its name in a message, and the extra that installs it."""
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Engine:
    """An engine and its precision; a sweep never mixes two of them."""

    name: str = field("numpy", Choice(tuple(ENGINES), words=VALUES["engine"]))
    dtype: str = field("float64", Choice(DTYPES, words=VALUES["engine.dtype"]))

    def __str__(self) -> str:
        """Return both as they are typed."""
        return f"engine={self.name} engine.dtype={self.dtype}"

    def check(self) -> None:
        """Raise ConfigError where the engine lacks its package or its GPU."""
        if self.name not in PACKAGES:
            return
        module, package, extra = PACKAGES[self.name]
        # It is found without an import, which takes a third of a second with Numba.
        if find_spec(module) is None:
            raise ConfigError(
                f"engine={self.name}: {package} isn't installed; pip install 'xorsweep[{extra}]', "
                "or engine=numpy"
            )
        if reason := self.uses_gpu and import_module(ENGINES[self.name]).missing_device():
            raise ConfigError(f"engine={self.name}: {reason}; engine=numba needs no GPU")

    @property
    def uses_gpu(self) -> bool:
        """Tell whether a GPU trains, which one process at a time uses."""
        return self.name == "cuda"


def load_train(engine: Engine) -> Train:
    """Return the function that trains a batch."""
    return partial(import_module(ENGINES[engine.name]).train, dtype=engine.dtype)


def load_capacity(engine: Engine) -> Capacity:
    """Return the function that says how many networks a batch should have at most."""
    return partial(import_module(ENGINES[engine.name]).capacity, dtype=engine.dtype)


def load_epoch_costs(engine: Engine) -> EpochCosts:
    """Return the function that estimates the cost of an epoch."""
    return partial(import_module(ENGINES[engine.name]).epoch_cost, dtype=engine.dtype)


def load_compile(engine: Engine) -> Compile | None:
    """Return the function that compiles an engine's kernels; None where there are none."""
    compile_kernels = getattr(import_module(ENGINES[engine.name]), "compile_kernels", None)
    return compile_kernels and partial(compile_kernels, dtype=engine.dtype)


def load_unsupported(engine: Engine) -> FindUnsupported:
    """Return the function that finds the component that an engine doesn't support."""
    found: FindUnsupported = getattr(
        import_module(ENGINES[engine.name]), "unsupported_component", lambda values: None
    )
    return found
