"""The programs that the engines are compared with: one file each, for the same networks.

A peer trains 2-H-1 logistic networks on XOR by full-batch descent on half the sum of squared
errors. Parameters are (P, B) float64, laid out as `networks.architecture.Network.views` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np

Array = np.ndarray

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])
LEARNING_RATE = 0.5


class NotInstalledError(RuntimeError):
    """A peer that can't be run here; the message names the missing library."""


class Train(Protocol):
    """Trains networks for some epochs, and says how long that took without its preparations."""

    def __call__(self, parameters: Array, hidden: int, epochs: int) -> tuple[Array, float]:
        """Return the parameters afterwards and the seconds."""
        ...


@dataclass(frozen=True)
class Peer:
    """A peer: its name, its module, how much of the work it is given, whether it ends the same.

    `note` names the difference where it doesn't.
    """

    name: str
    module: str
    networks: int
    epochs: int
    note: str = ""

    def load(self) -> Train:
        """Return the function that trains; raises NotInstalledError."""
        try:
            train: Train = import_module(f"benchmarks.peers.{self.module}").train
        except (ImportError, OSError) as error:
            raise NotInstalledError(f"{error}") from None
        return train


PEERS = (
    Peer("the notebook's loop", "notebook_loop", 1, 4_000),
    Peer("PyTorch, module and SGD loop", "torch_module", 1, 400),
    Peer("PyTorch, batched", "torch_batched", 4096, 100),
    Peer("JAX, vmap and scan", "jax_scan", 4096, 200),
    Peer(
        "scikit-learn, MLPClassifier",
        "sklearn_mlp",
        1,
        400,
        "minimizes the mean cross-entropy, its only loss, from its own initial weights",
    ),
    Peer(
        "FANN",
        "fann_c",
        1,
        100_000,
        "clips the derivative of the output, and divides the gradient by the number of rows",
    ),
    Peer("the C reference", "c_reference", 4096, 2_000, "doesn't check the criterion"),
    Peer(
        "NumPy's exp alone",
        "numpy_exp",
        4096,
        400,
        "computes only the exponentials of an epoch, one per unit and row",
    ),
    Peer("xorsweep, engine=numpy", "numpy_engine", 4096, 400),
    Peer("xorsweep, engine=numba", "numba_engine", 4096, 2_000),
)
