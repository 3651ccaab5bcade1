"""A task, an init, a criterion and an optimizer, each a frozen dataclass with its paper."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import Batched, FloatArray, Integer, Real, field
from xorsweep.networks.architecture import Network
from xorsweep.networks.criteria import Criterion
from xorsweep.networks.initializers import Initializer
from xorsweep.networks.optimizers import Optimizer, State
from xorsweep.networks.tasks import Task

Array = NDArray[Any]


@dataclass(frozen=True)
class Majority(Task):
    """One where more than half of `bits` inputs are one; a single layer can learn it."""

    bits: int = field(3, Integer(1, 8))

    def rows(self) -> FloatArray:
        """Return every row of bits."""
        return np.array(list(product((0.0, 1.0), repeat=self.bits)))

    def truth(self) -> FloatArray:
        """Return the majority of each row."""
        ones = self.rows().sum(axis=1, keepdims=True)
        return np.where(ones > self.bits / 2, 1.0, 0.0)


@dataclass(frozen=True)
class FanIn(Initializer):
    """Uniform with standard deviation gain / sqrt(fan_in), biases zero.

    Y. LeCun, L. Bottou, G. B. Orr and K.-R. Müller, "Efficient BackProp", in Neural Networks:
    Tricks of the Trade (1998), section 4.6.
    """

    gain: Batched = field(1.0, Real(above=0))

    def draw(self, network: Network, seeds: NDArray[np.uint32]) -> FloatArray:
        """Return initial parameters (P, B), each network's drawn from its seed alone."""
        drawn = np.empty((network.size, len(seeds)))
        for member, seed in enumerate(seeds.tolist()):
            drawn[:, member] = np.random.default_rng(seed).uniform(-1, 1, network.size)
        weights = network.views(drawn)
        for name, fan_in in (("w1", network.inputs), ("w2", network.hidden)):
            getattr(weights, name)[...] *= self.gain * np.sqrt(3 / fan_in)
        weights.direct[...] *= self.gain * np.sqrt(3 / network.inputs)
        weights.b1[...] = weights.b2[...] = 0.0
        return drawn


@dataclass(frozen=True)
class Percentage(Criterion):
    """The mean of squared errors, in percent of the targets' range, below a number.

    L. Prechelt, "PROBEN1: a set of neural network benchmark problems and benchmarking rules",
    technical report 21/94, Universität Karlsruhe (1994).
    """

    threshold: Batched = field(1.0, Real(above=0))

    @property
    def limit(self) -> Batched:
        """Return the threshold."""
        return self.threshold

    def distance(self, errors: Array, scratch: Array, out: Array) -> None:
        """Write 100 times the mean squared error."""
        np.multiply(errors, errors, out=scratch)
        np.add.reduce(scratch, axis=0, out=out)
        np.multiply(out, 100 / len(errors), out=out)


@dataclass(frozen=True)
class Rmsprop(Optimizer):
    """RMSprop: w += lr * g / (sqrt(s) + epsilon), with s = decay s + (1 - decay) g**2.

    g is minus the gradient. T. Tieleman and G. Hinton, "Lecture 6.5: RMSProp", Coursera: Neural
    Networks for Machine Learning (2012).
    """

    decay: Batched = field(0.9, Real(at_least=0, below=1))
    epsilon: Batched = field(1e-8, Real(above=0))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the mean square (P, B), at first zero, and (B,): 1 - decay."""
        share = np.broadcast_to(1.0 - np.asarray(self.decay), learning_rate.shape)
        return np.zeros_like(parameters), np.array(share, learning_rate.dtype)

    def step(
        self,
        state: State,
        parameters: Array,
        negative_gradient: Array,
        learning_rate: Array,
        scratch: Array,
    ) -> None:
        """Take one step; results are written to existing arrays."""
        square, share = state
        np.multiply(negative_gradient, negative_gradient, out=scratch)
        np.multiply(scratch, share, out=scratch)
        np.multiply(square, self.decay, out=square)
        np.add(square, scratch, out=square)
        np.sqrt(square, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.divide(negative_gradient, scratch, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)
