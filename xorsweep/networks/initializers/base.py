"""The base class of initializers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Network

Seeds = NDArray[np.uint32]


@dataclass(frozen=True)
class Initializer:
    """Where the initial weights of a network come from.

    `no_further_seeds` says which choice has no weights of their own for further seeds, and why; it
    is empty where any seed has.
    """

    no_further_seeds: ClassVar[str] = ""

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return initial parameters (P, B), float64, those of each network from its seed alone.

        Args:
            network: Their shape.
            seeds: One per network (B,), uint32.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Raise ConfigError where parameters contradict each other."""

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError unless there are weights for the network and each seed."""

    def check_further_seeds(self) -> None:
        """Raise ConfigError where further seeds would have no weights of their own."""
        if self.no_further_seeds:
            raise ConfigError(f"precision with {self.no_further_seeds}; precision must be null")
