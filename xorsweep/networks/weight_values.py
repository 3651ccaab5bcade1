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
from xorsweep.text import count_text, shorten

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


def read_weights(weights: object, inputs: int, outputs: int) -> tuple[str, Network]:
    """Return weights that a caller has as text for `init.values`, and the network that has them.

    Args:
        weights: Arrays w1 (inputs, hidden), b1 (hidden,) or (1, hidden), w2 (hidden, outputs), b2
            (outputs,) or (1, outputs), and with direct connections direct (inputs, outputs):
            in this order, or by name. An empty direct is none.
        inputs: The inputs of the task.
        outputs: Its outputs.

    Raises:
        ConfigError: They aren't finite numbers of these shapes.
    """
    arrays = {name: _numbers(name, array) for name, array in _by_role(weights).items()}
    has_direct = "direct" in arrays and arrays["direct"].size > 0
    w1 = arrays["w1"]
    if w1.ndim != 2 or w1.shape[0] != inputs or not w1.size:
        raise _shape_error("w1", w1, f"for this task it must have ({inputs}, hidden)")
    network = Network(inputs, w1.shape[1], outputs, skip=has_direct)
    parameters = np.empty((network.size, 1))
    for name, view in network.views(parameters)._asdict().items():
        if not view.size:
            continue
        *shape, _ = view.shape
        array = with_leading_axis(name, arrays[name])
        if array.shape != (1, *shape):
            allowed = " or ".join(map(_shape_text, [shape, [1, *shape]][: 3 - len(shape)]))
            size = f"for this task and {count_text(network.hidden, 'hidden unit')}"
            raise _shape_error(name, arrays[name], f"{size} it must have {allowed}")
        view[..., 0] = array[0]
    return " ".join(map(repr, parameters[:, 0].tolist())), network


def _by_role(weights: object) -> Mapping[str, Any]:
    """Return arrays by name, whatever their shapes; raises ConfigError for missing ones."""
    *required, direct = Weights._fields
    if isinstance(weights, str):
        raise ConfigError(
            f'weights={shorten(weights)}: must be arrays; init={{"name": "file", "path": ...}} '
            'reads a file, and init={"name": "values", "values": ...} numbers in a text'
        )
    if isinstance(weights, Mapping):
        wrong = [f"{name} is missing" for name in required if name not in weights]
        wrong += [f"{shorten(name)} is unknown" for name in weights if name not in Weights._fields]
        by_role = weights
    elif isinstance(weights, Sequence):
        is_whole = len(weights) in (len(required), len(Weights._fields))
        wrong = [] if is_whole else [f"has {len(weights)} entries"]
        by_role = dict(zip(Weights._fields, weights, strict=False))
    else:
        wrong, by_role = [f"{shorten(weights)} isn't a tuple or a dictionary"], {}
    if wrong:
        raise ConfigError(
            f"weights: {', '.join(wrong)}; give w1, b1, w2 and b2, in this order or by name; "
            f"{direct}, the direct connections, may follow"
        )
    return by_role


def _numbers(name: str, array: object) -> FloatArray:
    """Return an array of finite float64; raises ConfigError."""
    try:
        found = np.asarray(array)
        numbers = found.astype(np.float64) if found.dtype.kind in "iuf" else None
    except (TypeError, ValueError, RuntimeError):  # ragged lists, or a tensor elsewhere
        numbers = None
    if numbers is None or not np.isfinite(numbers).all():
        raise ConfigError(f"weights: {name}={shorten(array)}: must be an array of finite numbers")
    return numbers


def _shape_error(name: str, array: FloatArray, allowed: str) -> ConfigError:
    return ConfigError(f"weights: {name} has the shape {_shape_text(array.shape)}; {allowed}")


def _shape_text(shape: Sequence[int]) -> str:
    return str(tuple(shape))
