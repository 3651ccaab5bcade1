"""A network's weights as text, and the shapes in which a user may have them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray, String
from xorsweep.networks.architecture import Network, Weights

_SEPARATORS = re.compile(r"[\s,\[\]()]+")


@dataclass(frozen=True)
class WeightValues(String):
    """Weights in the order w1, b1, w2, b2, direct, as numbers between spaces, commas or brackets.

    They are kept as the shortest texts of the same float64, with a space between.
    """

    description = "finite numbers, such as 0.52 0.13 0.37 0.1 0.76 0.91 0.31 0.9 0.47"

    def read(self, value: object) -> str:
        """Return the numbers as text; raises ValueError for anything else."""
        numbers = [float(word) for word in _SEPARATORS.split(super().read(value)) if word]
        if not numbers or not all(map(math.isfinite, numbers)):
            raise ValueError
        # The text is part of a point's identity: equal numbers must have one text.
        return " ".join(map(repr, numbers))


def numbers_of(text: str) -> FloatArray:
    """Return the numbers (P,) that `WeightValues` has read."""
    return np.array(text.split(), np.float64)


def is_one_network(arrays: Mapping[str, FloatArray]) -> bool:
    """Tell whether arrays by role hold one network, without an axis for several of them."""
    return "w1" in arrays and arrays["w1"].ndim == 2


def with_leading_axis(name: str, array: FloatArray) -> FloatArray:
    """Return an array of one network with an axis for several; a bias may be (1, units) already."""
    return array if name in ("b1", "b2") and array.ndim == 2 else array[None]


def read_weights(weights: object) -> tuple[str, Network]:
    """Return weights that a caller has as text for `init.values`, and the network that has them.

    Args:
        weights: Arrays w1 (inputs, hidden), b1 (hidden,) or (1, hidden), w2 (hidden, outputs), b2
            (outputs,) or (1, outputs), and with direct connections direct (inputs, outputs):
            in this order, or by name.

    Raises:
        ConfigError: They aren't finite numbers of these shapes.
    """
    arrays = _arrays_by_role(weights)
    w1, w2 = arrays["w1"], arrays["w2"]
    if w1.ndim != 2 or w2.ndim != 2 or not w1.size or not w2.size:
        raise _error("w1 must have the shape (inputs, hidden) and w2 (hidden, outputs)")
    network = Network(w1.shape[0], w1.shape[1], w2.shape[1], skip="direct" in arrays)
    parameters = np.empty((network.size, 1))
    for name, view in network.views(parameters)._asdict().items():
        if not view.size:
            continue
        array = with_leading_axis(name, arrays[name])
        if array.shape != (1, *view.shape[:-1]):
            found, wanted = (str(shape) for shape in (arrays[name].shape, view.shape[:-1]))
            raise _error(f"{name} has the shape {found} and must have {wanted}")
        view[..., 0] = array[0]
    if not np.isfinite(parameters).all():
        raise _error("they must be finite numbers")
    return " ".join(map(repr, parameters[:, 0].tolist())), network


def _arrays_by_role(weights: object) -> dict[str, FloatArray]:
    by_role: Mapping[str, Any]
    if isinstance(weights, Mapping):
        by_role = weights
    elif isinstance(weights, Sequence) and not isinstance(weights, str) and len(weights) in (4, 5):
        by_role = dict(zip(Weights._fields, weights, strict=False))
    else:
        by_role = {}
    required = set(Weights._fields[:4])
    if not required <= by_role.keys() <= set(Weights._fields):
        raise _error(
            "give w1, b1, w2 and b2, in this order or by name; direct, the direct connections, may "
            "follow"
        )
    try:
        return {name: np.asarray(array, np.float64) for name, array in by_role.items()}
    except (TypeError, ValueError):
        raise _error("they must be arrays of real numbers") from None


def _error(reason: str) -> ConfigError:
    return ConfigError(f"weights: {reason}")
