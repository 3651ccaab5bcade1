"""Weights in a plane of the space of a network's weights: its centre and its two directions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Batched, FloatArray, Integer, Nullable, Real, String, field
from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers.base import Initializer, Seeds
from xorsweep.networks.initializers.drawn import Symmetric
from xorsweep.networks.initializers.given import File, Printed, check_printed

PRINTED, FILE = "printed", "file"
SEEDS = Integer(0, 2**32 - 1)

# No leading zeros, so that a weight has one name, and at most the 4,096 units of `hidden`.
_NUMBER = r"(?:0|[1-9]\d{0,3})"
_NAME = re.compile(rf"(?:w1|w2|direct)_{_NUMBER}_{_NUMBER}|(?:b1|b2)_{_NUMBER}")


@dataclass(frozen=True)
class Center(String):
    """The centre of a plane: a seed as text, or a name."""

    description = f"{SEEDS.description}, which is a seed, or {PRINTED}, or {FILE}"

    def read(self, value: object) -> str:
        """Return the name, or the seed as text."""
        if value in (PRINTED, FILE):
            return str(value)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return str(SEEDS.read(value))


@dataclass(frozen=True)
class WeightName(String):
    """The name of a weight: `w1_i_j` goes from input i to hidden unit j, counted from 0."""

    description = "the name of a weight, such as w1_0_1, b1_0, w2_0_0, b2_0 or direct_1_0"

    def read(self, value: object) -> str:
        """Return the name."""
        name = super().read(value)
        if not _NAME.fullmatch(name):
            raise ValueError
        return name


@dataclass(frozen=True)
class Plane(Initializer):
    """Weights in a plane, from a centre by `a` and `b` along two directions.

    With `x` and `y` the directions are two weights, whose values a and b replace. With `directions`
    they are random and orthonormal, u and v, and the weights are center + a u + b v; it is the seed
    that they are drawn from. A centre that is a seed has weights uniform between -1 and 1, as
    `symmetric` draws them; `printed` are those of the notebook, and `file` is the network in that
    row of `path` that the seed of the point numbers.
    """

    no_further_seeds = (
        "init=plane: its weights aren't drawn from the seed, so further seeds say nothing more"
    )
    center: str = field("0", Center())
    path: str | None = field(None, Nullable(String()))
    a: Batched = field(0.0, Real())
    b: Batched = field(0.0, Real())
    x: str | None = field(None, Nullable(WeightName()))
    y: str | None = field(None, Nullable(WeightName()))
    directions: int | None = field(None, Nullable(SEEDS))

    @property
    def is_drawn_once(self) -> bool:
        """Tell whether all seeds have the same weights."""
        return self.center != FILE

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the parameters (P, B) of the points a, b of the plane."""
        values = self._centers(network, seeds)
        if self.x is not None and self.y is not None:
            values[weight_place(network, "init.x", self.x)] = self.a
            values[weight_place(network, "init.y", self.y)] = self.b
            return values
        assert self.directions is not None
        with np.errstate(over="ignore", invalid="ignore"):  # such a network has diverged
            u, v = orthonormal_directions(network.size, self.directions)
            values += self.a * u[:, None]
            values += self.b * v[:, None]
        return values

    def _centers(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the centre (P, B) for each seed."""
        if self.center == FILE:
            return File(str(self.path)).draw(network, seeds)
        if self.center == PRINTED:
            return Printed().draw(network, seeds)
        # The seed of the point doesn't count: it is one network that a map has at its centre.
        drawn = Symmetric().draw(network, np.array([int(self.center)], np.uint32))
        return np.repeat(drawn, len(seeds), axis=1)

    def check(self) -> None:
        """Raise ConfigError unless there are one centre and two different directions."""
        if (self.center == FILE) != (self.path is not None):
            path = "null" if self.path is None else self.path
            raise ConfigError(
                f"init.path={path} with init.center={self.center}: init.center=file needs a path, "
                "and other centres have none"
            )
        if self.directions is not None:
            for key, name in (("init.x", self.x), ("init.y", self.y)):
                if name is not None:
                    raise ConfigError(
                        f"init.directions={self.directions} with {key}={name}: a plane goes along "
                        "two weights, init.x and init.y, or along random directions; the other "
                        "must be null"
                    )
        elif self.x is None or self.y is None:
            raise ConfigError(
                "init=plane: needs two directions: init.x and init.y, such as init.x=w1_0_0 "
                "init.y=w1_1_1, or init.directions, a seed"
            )
        elif self.x == self.y:
            raise ConfigError(f"init.y={self.y}: is init.x, too; a plane needs two weights")

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError unless centre and directions fit the network."""
        for key, name in (("init.x", self.x), ("init.y", self.y)):
            if name is not None:
                weight_place(network, key, name)
        if self.center == PRINTED:
            check_printed("init.center=printed", network)
        if self.center == FILE:
            File(str(self.path)).check_network(network, seeds)


def weight_place(network: Network, key: str, name: str) -> int:
    """Return the place of a weight, named as `WeightName` reads it, in a column of parameters.

    Raises ConfigError, which has the key that names it, where the network has no such weight.
    """
    role, *numbers = name.split("_")
    places = network.places()[role]
    index = tuple(map(int, numbers))
    if any(at >= size for at, size in zip(index, places.shape, strict=True)):
        shape = f"{network.inputs}-{network.hidden}-{network.outputs}"
        last = "_".join([role, *(str(size - 1) for size in places.shape)])
        first = "_".join([role, *("0" for _ in places.shape)])
        has = f"its {role} go from {first} to {last}" if places.size else "it needs skip=true"
        raise ConfigError(f"{key}={name}: a {shape} network has no such weight; {has}")
    return int(places[index])


def orthonormal_directions(size: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return two random directions of length one at a right angle, each (P,) with P = `size`.

    The first has the first P normal draws of NumPy's RandomState(seed); the second the next P,
    less their part along the first. Sums are exactly rounded, whatever their order.
    """
    first, second = np.random.RandomState(seed).standard_normal((2, size))
    u = first / math.sqrt(math.fsum(first * first))
    rest = second - math.fsum(second * u) * u
    return u, rest / math.sqrt(math.fsum(rest * rest))
