"""Planes in the space of a network's weights: their centres, names of weights, directions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray, Integer, String
from xorsweep.networks.architecture import Network

PRINTED, FILE = "printed", "file"
SEEDS = Integer(0, 2**32 - 1)

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


def weight_place(network: Network, key: str, name: str) -> int:
    """Return the place of a weight in a column of parameters.

    Args:
        network: The network with the weight.
        key: The key that names it, for the message.
        name: As `WeightName` reads it.

    Raises:
        ConfigError: The network has no such weight.
    """
    role, *numbers = name.split("_")
    places = network.views(np.arange(float(network.size))[:, None])._asdict()[role][..., 0]
    index = tuple(map(int, numbers))
    if any(at >= size for at, size in zip(index, places.shape, strict=True)):
        shape = f"{network.inputs}-{network.hidden}-{network.outputs}"
        last = "_".join([role, *(str(size - 1) for size in places.shape)])
        first = "_".join([role, *("0" for _ in places.shape)])
        has = f"its {role} go from {first} to {last}" if places.size else "it needs skip=true"
        raise ConfigError(f"{key}={name}: a {shape} network has no such weight; {has}")
    return int(places[index])


def orthonormal_directions(size: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return two random directions of length one at a right angle, each (P,).

    The first has the first P normal draws of NumPy's RandomState(seed); the second the next P,
    less their part along the first. Sums are exactly rounded, whatever their order.

    Args:
        size: P, the number of parameters.
        seed: The seed that they are drawn from.
    """
    first, second = np.random.RandomState(seed).standard_normal((2, size))
    u = first / math.sqrt(math.fsum(first * first))
    rest = second - math.fsum(second * u) * u
    return u, rest / math.sqrt(math.fsum(rest * rest))
