"""The shape of a network, and the layout of its weights in a column of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Weights(NamedTuple):
    """Views into an array (P, B), such as parameters or gradients, by role.

    w1 (inputs, hidden, B), b1 (hidden, B), w2 (hidden, outputs, B), b2 (outputs, B),
    direct (inputs, outputs, B), which has no rows where the network has no direct connections.
    """

    w1: NDArray[np.floating]
    b1: NDArray[np.floating]
    w2: NDArray[np.floating]
    b2: NDArray[np.floating]
    direct: NDArray[np.floating]


@dataclass(frozen=True)
class Network:
    """A fully connected network with one hidden layer and, with `skip`, direct connections."""

    inputs: int
    hidden: int
    outputs: int
    skip: bool = False

    @property
    def size(self) -> int:
        """Return P, the number of weights and biases."""
        direct = self.inputs * self.outputs if self.skip else 0
        return (self.inputs + 1) * self.hidden + (self.hidden + 1) * self.outputs + direct

    @property
    def output_layer(self) -> slice:
        """Return the places of the weights and biases of output units, direct connections too."""
        return slice((self.inputs + 1) * self.hidden, None)

    def hidden_layer(self, parameters: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return a view (inputs + 1, hidden, B) into an array (P, B): w1 and, last, b1."""
        hidden = parameters[: self.output_layer.start]
        return hidden.reshape(self.inputs + 1, self.hidden, parameters.shape[1])

    def views(self, parameters: NDArray[np.floating]) -> Weights:
        """Return views into an array (P, B), laid out w1, b1, w2, b2, direct, each in C order."""
        members = parameters.shape[1]
        shapes = (
            (self.inputs, self.hidden),
            (self.hidden,),
            (self.hidden, self.outputs),
            (self.outputs,),
            (self.inputs if self.skip else 0, self.outputs),
        )
        views = []
        start = 0
        for shape in shapes:
            stop = start + int(np.prod(shape))
            views.append(parameters[start:stop].reshape(*shape, members))
            start = stop
        return Weights(*views)

    def places(self) -> dict[str, NDArray[np.intp]]:
        """Return the place of each weight in a column of parameters, without a batch axis."""
        numbered = self.views(np.arange(float(self.size))[:, None])
        return {role: view[..., 0].astype(np.intp) for role, view in numbered._asdict().items()}
