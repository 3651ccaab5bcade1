"""Weights that are drawn at random.

A seed's draws go in the notebook's order: hidden weights, hidden biases, output weights, output
biases, and last the direct connections of a network that has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Batched, Choice, FloatArray, Real, field
from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers.base import Initializer, Seeds
from xorsweep.networks.mersenne_twister import FEWEST_SEEDS, MOST_DRAWS, uniform_draws


@dataclass(frozen=True)
class _Drawn(Initializer):
    """Weights drawn at random.

    stream: `legacy`, NumPy's RandomState(seed), which np.random.seed(seed) seeds too, or `pcg64`,
    default_rng(seed). layout: matrices are drawn as `notebook`, (inputs, outputs), or as
    `framework`, (outputs, inputs). biases: `drawn` like weights, or `zero`, which takes no draws.
    """

    stream: str = field("legacy", Choice(("legacy", "pcg64")))
    layout: str = field("notebook", Choice(("notebook", "framework")))
    biases: str = field("drawn", Choice(("drawn", "zero")))
    normal: ClassVar[bool] = False

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return initial parameters (P, B); seeds that occur several times are drawn once."""
        places = _order_of_draws(network, self.layout, self.biases == "drawn")
        distinct, member = np.unique(seeds, return_inverse=True)
        drawn = np.zeros((network.size, len(distinct)))
        drawn[places] = _draws(self.stream, self.normal, distinct, len(places))
        values = np.zeros((network.size, len(seeds)))
        with np.errstate(over="ignore", invalid="ignore"):  # such a network has diverged
            # Places without a draw stay 0: scaled, they would be `low` under `uniform`.
            values[places] = self._scaled(drawn[:, member], network)[places]
        return values

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        """Return parameters (P, B) from draws (P, B): uniform on [0, 1), or standard normal."""
        raise NotImplementedError


@dataclass(frozen=True)
class Uniform(_Drawn):
    """Uniform between `low` and `high`."""

    low: Batched = field(0.0, Real())
    high: Batched = field(1.0, Real())

    def check(self) -> None:
        """Raise ConfigError unless low lies below high."""
        low, high = (np.ravel(bound) for bound in np.broadcast_arrays(self.low, self.high))
        for wrong in np.flatnonzero(low >= high)[:1]:
            raise ConfigError(
                f"init.low={low[wrong]}: must be below init.high, which is {high[wrong]}"
            )

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        return self.low + (self.high - self.low) * draws


@dataclass(frozen=True)
class Symmetric(_Drawn):
    """Uniform between -range and range."""

    range: Batched = field(1.0, Real(above=0))

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        # In this order it has the bits of scale * (u - 0.5), as study=hinton_problems has them.
        return 2 * self.range * (draws - 0.5)


@dataclass(frozen=True)
class Normal(_Drawn):
    """Normal with mean zero and standard deviation `std`."""

    std: Batched = field(1.0, Real(above=0))
    normal = True

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        return self.std * draws


@dataclass(frozen=True)
class Xavier(_Drawn):
    """Uniform within sqrt(6 / (fan_in + fan_out)), times `gain`.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """

    biases: str = field("zero", Choice(("drawn", "zero")))
    gain: Batched = field(1.0, Real(above=0))

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        fan_in, fan_out = _fans(network)
        return self.gain * np.sqrt(6 / (fan_in + fan_out)) * (2 * draws - 1)


@dataclass(frozen=True)
class He(_Drawn):
    """Normal with standard deviation sqrt(2 / fan_in), times `gain`.

    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015.
    """

    biases: str = field("zero", Choice(("drawn", "zero")))
    gain: Batched = field(1.0, Real(above=0))
    normal = True

    def _scaled(self, draws: FloatArray, network: Network) -> FloatArray:
        return self.gain * np.sqrt(2 / _fans(network)[0]) * draws


def _order_of_draws(network: Network, layout: str, biases: bool) -> NDArray[np.intp]:
    """Return the place of each draw in the column of parameters (draws,)."""
    order: list[NDArray[np.intp]] = []
    for name, matrix in network.places().items():
        # Without draws for biases, the weights are the next numbers of the stream.
        if name.startswith("b") and not biases:
            continue
        order.append(matrix.T.ravel() if layout == "framework" else matrix.ravel())
    return np.concatenate(order)


def _draws(stream: str, normal: bool, seeds: Seeds, count: int) -> FloatArray:
    """Return the first draws of each seed's stream (count, len(seeds))."""
    many = len(seeds) >= FEWEST_SEEDS and count <= MOST_DRAWS
    if many and stream == "legacy" and not normal:
        return uniform_draws(seeds, count)
    drawn = np.empty((len(seeds), count))
    # Seeding it anew takes a hundredth of the time in which a generator is made.
    legacy = np.random.RandomState()
    for row, seed in zip(drawn, seeds.tolist(), strict=True):
        if stream == "legacy":
            legacy.seed(seed)
            row[:] = legacy.standard_normal(count) if normal else legacy.random_sample(count)
        else:
            generator = np.random.default_rng(seed)
            row[:] = generator.standard_normal(count) if normal else generator.random(count)
    return drawn.T


def _fans(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return fan-in and fan-out of the layer of each parameter, (P, 1)."""
    inputs, hidden, outputs = network.inputs, network.hidden, network.outputs
    sizes = [view.size for view in network.views(np.empty((network.size, 1)))]
    fan_in = np.repeat([inputs, inputs, hidden, hidden, inputs], sizes)
    fan_out = np.repeat([hidden, hidden, outputs, outputs, outputs], sizes)
    return fan_in[:, None], fan_out[:, None]
