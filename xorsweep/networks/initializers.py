"""Initializers: how the initial weights of a network are made from its seed.

A seed's draws go in the notebook's order: hidden weights, hidden biases, output weights, output
biases, and last the direct links of a network that has them.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import (
    Batched,
    Choice,
    FloatArray,
    Nullable,
    Real,
    String,
    field,
    shorten,
)
from xorsweep.networks.architecture import Network, Weights
from xorsweep.networks.mersenne_twister import FEWEST_SEEDS, MOST_DRAWS, uniform_draws
from xorsweep.networks.planes import (
    FILE,
    PRINTED,
    SEEDS,
    Center,
    WeightName,
    orthonormal_directions,
    weight_place,
)
from xorsweep.networks.weight_values import (
    WeightValues,
    is_one_network,
    numbers_of,
    with_leading_axis,
)
from xorsweep.registry import Registry
from xorsweep.text import count_text

Seeds = NDArray[np.uint32]


@dataclass(frozen=True)
class Initializer:
    """Where the initial weights of a network come from."""

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


NOTEBOOK_WEIGHTS = (
    "0.52399551 0.12936348 0.37207811 0.09731689 "
    "0.76282442 0.91433687 "
    "0.31447765 0.90309069 "
    "0.46824842"
)
"""The weights that the notebook printed before its run: w1, b1, w2 and b2."""


@dataclass(frozen=True)
class Values(Initializer):
    """The weights of one network as numbers, in the order w1, b1, w2, b2, direct."""

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
                f"{shape} network {'with' if network.skip else 'without'} direct links has "
                f"{network.size} weights and biases"
            )

    def check_further_seeds(self) -> None:
        """Raise ConfigError, as all seeds have the same weights."""
        raise _no_further_seeds("init=values")


class Printed(Initializer):
    """The weights that the notebook printed before its run, for any seed."""

    def draw(self, network: Network, seeds: Seeds) -> FloatArray:
        """Return the printed parameters (P, B), the same for every seed."""
        return Values(NOTEBOOK_WEIGHTS).draw(network, seeds)

    def check_network(self, network: Network, seeds: NDArray[np.integer]) -> None:
        """Raise ConfigError for any network but the notebook's."""
        _check_printed("init=printed", network)

    def check_further_seeds(self) -> None:
        """Raise ConfigError, as all seeds have the same weights."""
        raise _no_further_seeds("init=printed")


def _no_further_seeds(choice: str) -> ConfigError:
    return ConfigError(
        f"precision with {choice}: its weights are the same for every seed, so further seeds say "
        "nothing more; precision must be null"
    )


def _check_printed(choice: str, network: Network) -> None:
    if network != Network(2, 2, 1):
        raise ConfigError(
            f"{choice}: these are the weights of a 2-2-1 network without direct links; "
            "it needs a task with two inputs and one output, hidden=2 and skip=false"
        )


@dataclass(frozen=True)
class File(Initializer):
    """Weights from an .npz file, one network a row; the seed is the number of the row.

    Arrays: w1 (N, inputs, hidden), b1 (N, hidden), w2 (N, hidden, outputs), b2 (N, outputs) and,
    with direct links, direct (N, inputs, outputs). The arrays of one network may lack the axis N.
    """

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
                f"so seed must be from 0 to {len(table) - 1}"
            )
        rows: FloatArray = table[seeds]
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise ConfigError(
                f"seed={seeds[finite.argmin()]}: {self.path} holds weights of that network that "
                "are NaN or infinite; weights must be finite numbers"
            )
        return rows

    def check_further_seeds(self) -> None:
        """Raise ConfigError, as the seeds are the rows of a file."""
        raise ConfigError(
            "precision with init=file: the seed is the number of a row in the file, so there are "
            "no further seeds; precision must be null"
        )

    def _read(self, network: Network) -> FloatArray:
        """Return the parameters of all networks in the file (N, P); raises ConfigError."""
        arrays = self._arrays()
        if "direct" in arrays and not network.skip:
            raise self._error("holds direct links, so skip must be true")
        if is_one_network(arrays):
            arrays = {name: with_leading_axis(name, array) for name, array in arrays.items()}
        columns = []
        for name, view in network.views(np.empty((network.size, 1)))._asdict().items():
            if not view.size:
                continue
            if name not in arrays or arrays[name].shape[1:] != view.shape[:-1]:
                wanted = ", ".join(["N", *map(str, view.shape[:-1])])
                raise self._error(f"needs an array {name} ({wanted})")
            columns.append(arrays[name].reshape(-1, view.size))
        counts = {len(column) for column in columns}
        if len(counts) > 1 or 0 in counts:
            raise self._error("needs one row per network in each of its arrays")
        return np.concatenate(columns, axis=1)

    def _arrays(self) -> dict[str, FloatArray]:
        """Return the weights by role, whatever their shapes; raises ConfigError."""
        if not Path(self.path).is_file():
            raise self._error("no such file")
        if not zipfile.is_zipfile(self.path):
            raise self._error("isn't an .npz file")
        try:
            with np.load(self.path, allow_pickle=False) as file:
                names = [name for name in Weights._fields if name in file.files]
                arrays = {name: file[name] for name in names}
        except (OSError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise self._error(f"can't be read ({error})") from None
        for name, array in arrays.items():
            if array.dtype.kind not in "iuf":
                raise self._error(f"its array {name} must hold real numbers, not {array.dtype}")
        with np.errstate(over="ignore"):  # numbers beyond float64 become infinite
            return {name: array.astype(np.float64) for name, array in arrays.items()}

    def _error(self, reason: str) -> ConfigError:
        return ConfigError(f"init.path={self.path}: {reason}")


@dataclass(frozen=True)
class Plane(Initializer):
    """Weights in a plane, from a centre by `a` and `b` along two directions.

    With `x` and `y` the directions are two weights, whose values a and b replace. With `directions`
    they are random and orthonormal, u and v, and the weights are center + a u + b v; it is the seed
    that they are drawn from. A centre that is a seed has weights uniform between -1 and 1, as
    `symmetric` draws them; `printed` are those of the notebook, and `file` is the network in that
    row of `path` that the seed of the point numbers.
    """

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
            _check_printed("init.center=printed", network)
        if self.center == FILE:
            File(str(self.path)).check_network(network, seeds)

    def check_further_seeds(self) -> None:
        """Raise ConfigError, as the centre isn't drawn from the seed."""
        raise ConfigError(
            "precision with init=plane: its weights aren't drawn from the seed, so further seeds "
            "say nothing more; precision must be null"
        )


def _order_of_draws(network: Network, layout: str, biases: bool) -> NDArray[np.intp]:
    """Return the place of each draw in the column of parameters (draws,)."""
    places = network.views(np.arange(float(network.size))[:, None])
    order: list[NDArray[Any]] = []
    for name, view in places._asdict().items():
        matrix = view[..., 0]
        if name.startswith("b") and not biases:
            continue
        order.append(matrix.T.ravel() if layout == "framework" else matrix.ravel())
    return np.concatenate(order).astype(np.intp)


def _draws(stream: str, normal: bool, seeds: Seeds, count: int) -> FloatArray:
    """Return the first draws of each seed's stream (count, len(seeds))."""
    many = len(seeds) >= FEWEST_SEEDS and count <= MOST_DRAWS
    if many and stream == "legacy" and not normal:
        return uniform_draws(seeds, count)
    drawn = np.empty((len(seeds), count))
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


INITIALIZERS = Registry(
    "init",
    "xorsweep.inits",
    Initializer,
    {
        "uniform": Uniform,
        "symmetric": Symmetric,
        "normal": Normal,
        "xavier": Xavier,
        "he": He,
        "printed": Printed,
        "values": Values,
        "file": File,
        "plane": Plane,
    },
)
