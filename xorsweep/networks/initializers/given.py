"""Weights that are given as numbers, by the notebook, in a key or in a file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray, String, field
from xorsweep.networks.architecture import Network, Weights
from xorsweep.networks.initializers.base import Initializer, Seeds
from xorsweep.networks.weight_values import (
    WeightValues,
    is_one_network,
    numbers_of,
    with_leading_axis,
)
from xorsweep.text import count_text, shorten

NOTEBOOK_WEIGHTS = (
    "0.52399551 0.12936348 0.37207811 0.09731689 "
    "0.76282442 0.91433687 "
    "0.31447765 0.90309069 "
    "0.46824842"
)
"""The initial weights that the notebook prints: w1, b1, w2 and b2."""

_SAME = "its weights are the same for every seed, so further seeds say nothing more"


@dataclass(frozen=True)
class Values(Initializer):
    """The weights of one network as numbers, in the order w1, b1, w2, b2, direct."""

    no_further_seeds = f"init=values: {_SAME}"
    values: str = field(NOTEBOOK_WEIGHTS, WeightValues())

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the parameters (P, B), the same for every seed."""
        return np.repeat(numbers_of(self.values)[:, None], len(seeds), axis=1)

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError unless there is a number for each weight and bias."""
        count = len(numbers_of(self.values))
        if count != network.size:
            shape = f"{network.inputs}-{network.hidden}-{network.outputs}"
            raise ConfigError(
                f"init.values={shorten(self.values)}: has {count_text(count, 'number')}, and a "
                f"{shape} network {'with' if network.skip else 'without'} direct connections has "
                f"{network.size} weights and biases"
            )


class Printed(Initializer):
    """The initial weights that the notebook prints, for every seed."""

    no_further_seeds = f"init=printed: {_SAME}"

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the printed parameters (P, B), the same for every seed."""
        return Values(NOTEBOOK_WEIGHTS).draw(network, seeds)

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError for any network but the notebook's."""
        check_printed("init=printed", network)


def check_printed(choice: str, network: Network) -> None:
    """Raise ConfigError unless the notebook's weights, chosen by a key, fit a network."""
    if network != Network(2, 2, 1):
        raise ConfigError(
            f"{choice}: these are the weights of a 2-2-1 network without direct connections; "
            "it needs a task with two inputs and one output, hidden=2 and skip=false"
        )


@dataclass(frozen=True)
class File(Initializer):
    """Weights from an .npz file, one network a row; the seed is the number of the row.

    Arrays: w1 (N, inputs, hidden), b1 (N, hidden), w2 (N, hidden, outputs), b2 (N, outputs) and,
    with direct connections, direct (N, inputs, outputs). The arrays of one network may lack the
    axis N.
    """

    no_further_seeds = (
        "init=file: the seed is the number of a row in the file, so there are no further seeds"
    )
    path: str = field("weights.npz", String())

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the parameters (P, B) of the rows that the seeds number; raises ConfigError."""
        return np.ascontiguousarray(self._rows(network, seeds).T)

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError unless the file has weights of this shape for each seed."""
        self._rows(network, seeds)

    def _rows(self, network: Network, seeds: NDArray[np.integer]) -> FloatArray:
        """Return the networks that the seeds number (B, P); raises ConfigError."""
        table = self._read(network)
        if seeds.max() >= len(table):
            raise ConfigError(
                f"seed={seeds.max()}: {self.path} holds {count_text(len(table), 'network')}, "
                f"so seed must be {'0' if len(table) == 1 else f'from 0 to {len(table) - 1}'}"
            )
        rows: FloatArray = table[seeds]
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise ConfigError(
                f"seed={seeds[finite.argmin()]}: {self.path} holds weights of that network that "
                "are NaN or infinite; weights must be finite numbers"
            )
        return rows

    def _read(self, network: Network) -> FloatArray:
        """Return the parameters of all networks in the file (N, P); raises ConfigError."""
        arrays = self._arrays()
        if "direct" in arrays and not network.skip:
            raise self._error("holds direct connections, so skip must be true")
        if network.skip and "direct" not in arrays:
            raise self._error("has no array direct, the direct connections of skip=true")
        views = network.views(np.empty((network.size, 1)))._asdict()
        columns = {
            name: self._column(name, arrays, view.shape[:-1])
            for name, view in views.items()
            if view.size
        }
        counts = {name: len(column) for name, column in columns.items()}
        if len({*counts.values()}) > 1 or 0 in counts.values():
            found = ", ".join(f"{name} has {count:,}" for name, count in counts.items())
            raise self._error(f"needs one row per network in each of its arrays; {found}")
        return np.concatenate([*columns.values()], axis=1)

    def _column(
        self, name: str, arrays: Mapping[str, FloatArray], shape: tuple[int, ...]
    ) -> FloatArray:
        """Return the weights of a role (N, n), of which a network has `shape`."""
        # w1 decides whether the file has an axis for several networks.
        is_one = is_one_network(arrays)
        several = f"({', '.join(['N', *map(str, shape)])}) for N networks"
        allowed = f"{shape}" if is_one else several
        if name == "w1":
            allowed = f"{several}, or {shape} for one"
        array = with_leading_axis(name, arrays[name]) if is_one else arrays[name]
        if array.shape[1:] != shape:
            found = arrays[name].shape
            raise self._error(f"its array {name} has the shape {found} and must have {allowed}")
        return array.reshape(len(array), prod(shape))

    def _arrays(self) -> dict[str, FloatArray]:
        """Return the weights by role, whatever their shapes; raises ConfigError."""
        if not Path(self.path).is_file():
            raise self._error("no such file")
        # np.load would take a single .npy file, too, which has no names.
        if not zipfile.is_zipfile(self.path):
            raise self._error("isn't an .npz file")
        try:
            # A pickle could run any code.
            with np.load(self.path, allow_pickle=False) as file:
                there = list(file.files)
                found = {name: file[name] for name in Weights._fields if name in there}
        # np.load raises any of these for a damaged archive.
        except (OSError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise self._error(f"can't be read ({error})") from None
        if not {"w1", "b1", "w2", "b2"} <= found.keys():
            listed = shorten(", ".join(there) or "none")
            raise self._error(f"needs the arrays w1, b1, w2 and b2; it has {listed}")
        # The weights of a run have an empty one where there are no direct connections.
        arrays = {name: array for name, array in found.items() if name != "direct" or array.size}
        for name, array in arrays.items():
            if array.dtype.kind not in "iuf":
                raise self._error(f"its array {name} must hold real numbers, not {array.dtype}")
        with np.errstate(over="ignore"):  # numbers beyond float64 become infinite
            return {name: array.astype(np.float64) for name, array in arrays.items()}

    def _error(self, reason: str) -> ConfigError:
        return ConfigError(f"init.path={self.path}: {reason}")
