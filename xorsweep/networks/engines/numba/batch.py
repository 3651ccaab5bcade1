"""A batch in the layout of the kernels: tiles of LANES networks, whose numbers lie together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import fields_of
from xorsweep.networks.activations import LeakyRelu, Logistic, Relu, Tanh
from xorsweep.networks.criteria import Fahlman, Margin, RightSide, Rms, Sse
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numba.compile import LANES
from xorsweep.networks.engines.numba.convergence import (
    CONVERGED,
    LARGEST_ERROR,
    MEETS,
    ROOT_MEAN_SQUARE,
    SUM_OF_SQUARES,
)
from xorsweep.networks.engines.numba.forward_backward import (
    CANCELLED_OUTPUT,
    LEAKY_RELU,
    LINEAR_OUTPUT,
    LOGISTIC,
    LOGISTIC_OUTPUT,
    RELU,
    TANH,
)
from xorsweep.networks.engines.numba.kernel import train_tiles
from xorsweep.networks.engines.numba.kernel_xor import train_truth_tables
from xorsweep.networks.engines.numba.optimizers import (
    ADAM,
    DELTA_BAR_DELTA,
    MOMENTUM,
    NESTEROV,
    QUICKPROP,
    RPROP,
    SGD,
    STATES,
)
from xorsweep.networks.engines.numba.row_order import FIXED, SHUFFLED
from xorsweep.networks.engines.numpy.input_layers import TruthTable, input_layer
from xorsweep.networks.losses import CrossEntropy, HalfMse, HalfSse, Mse
from xorsweep.networks.optimizers import (
    Adam,
    DeltaBarDelta,
    Momentum,
    Nesterov,
    Quickprop,
    Rprop,
    Sgd,
)
from xorsweep.networks.schedules import Batch, Online

Array = NDArray[Any]

COMPILED: dict[type, int] = {
    **{Logistic: LOGISTIC, Tanh: TANH, Relu: RELU, LeakyRelu: LEAKY_RELU},
    **{HalfSse: LOGISTIC_OUTPUT, HalfMse: LOGISTIC_OUTPUT, Mse: LOGISTIC_OUTPUT},
    **{CrossEntropy: CANCELLED_OUTPUT},
    **{Sgd: SGD, Momentum: MOMENTUM, Nesterov: NESTEROV, Adam: ADAM, Rprop: RPROP},
    **{Quickprop: QUICKPROP, DeltaBarDelta: DELTA_BAR_DELTA},
    **{Batch: False, Online: True},
    **{Fahlman: LARGEST_ERROR, RightSide: LARGEST_ERROR, Margin: LARGEST_ERROR},
    **{Sse: SUM_OF_SQUARES, Rms: ROOT_MEAN_SQUARE},
}
"""The components that are compiled, and the codes by which kernels know them."""


@dataclass(frozen=True)
class Task:
    """The rows of a task for every lane, as `kernel.train_tiles` takes them."""

    x: Array
    nonzero: Array
    t: Array

    @classmethod
    def of(cls, training: TrainingBatch) -> Task:
        """Return the rows of a training's task."""
        return cls(
            np.repeat(training.inputs[:, :, None], LANES, axis=2),
            np.ascontiguousarray(training.inputs != 0),
            np.repeat(training.targets[:, :, None], LANES, axis=2),
        )


@dataclass
class NumbaBatch:
    """B networks in training, in T tiles; the last one is repeated to fill the last tile.

    `where` (B,) are their places in the whole batch; other arrays are (T, ..., LANES), see
    `kernel.train_tiles`; `epoch` is the last that was observed, -1 before the first.
    """

    training: TrainingBatch
    task: Task
    where: Array
    w: Array
    state: Array
    settings: Array
    convergence_state: Array
    seeds: Array
    epoch: int

    @classmethod
    def of(cls, training: TrainingBatch) -> NumbaBatch:
        """Return a batch before its first epoch."""
        members = len(training.learning_rate)
        convergence_state = np.repeat([[0], [-1], [0]], members, axis=1)
        return cls(
            training, Task.of(training), where=np.arange(members), w=_tiled(training.parameters),
            state=_tiled(_state(training)), settings=_tiled(_settings(training)),
            convergence_state=_tiled(convergence_state),
            seeds=_tiled(training.seeds.astype(np.uint64)), epoch=-1
        )  # fmt: skip

    def train(self, last: int) -> None:
        """Train to an epoch; afterwards outputs and the networks that stand still can be read."""
        rows = self.training.targets.size
        self.y = np.empty((len(self.w), rows, LANES), self.w.dtype)
        self._kept_w, self._kept_y = self.w, self.y  # the kernel doesn't write them
        if self.training.until_converged:
            self._kept_w, self._kept_y = np.empty_like(self.w), np.empty_like(self.y)
        span = (max(self.epoch, 0), last, self.epoch)
        if _is_truth_table(self.training):
            self._train_truth_tables(span)
        else:
            self._train_tiles(span)
        self.epoch = last

    def _train_truth_tables(self, span: tuple[int, int, int]) -> None:
        training, task = self.training, self.task
        criterion = training.criterion
        codes = (COMPILED[type(criterion)], criterion.held_for, int(training.until_converged))
        train_truth_tables(
            training.network.hidden, codes, span, training.targets.ravel(), _factor(training),
            task.t.reshape(-1, LANES), self.w, self.settings, self.convergence_state, self.y,
            self._kept_w, self._kept_y
        )  # fmt: skip

    def _train_tiles(self, span: tuple[int, int, int]) -> None:
        network = self.training.network
        train_tiles(
            (network.inputs, network.hidden, network.outputs, int(network.skip)),
            _codes(self.training), span, _factor(self.training), self.task.x, self.task.nonzero,
            self.task.t, self.w, self.state, self.settings, self.convergence_state, self.seeds,
            self.y, self._kept_w, self._kept_y
        )  # fmt: skip

    @property
    def converged_epoch(self) -> Array:
        """Return the epochs at which the networks converged, or -1 (B,)."""
        return self._columns(self.convergence_state[:, CONVERGED])

    @property
    def meets(self) -> Array:
        """Tell which networks meet the criterion now (B,)."""
        return self._columns(self.convergence_state[:, MEETS]) > 0

    def parameters(self, stood_still: bool = False) -> Array:
        """Return the parameters (P, B), or those at which networks that converged stood still."""
        return self._columns(self._kept_w if stood_still else self.w)

    def outputs(self, stood_still: bool = False) -> Array:
        """Return the outputs (rows * outputs, B), or those with which networks stood still."""
        return self._columns(self._kept_y if stood_still else self.y)

    def half_sse(self, stood_still: bool = False) -> Array:
        """Return half the sum of squared errors (B,) float64, summed output by output."""
        y = self._kept_y if stood_still else self.y
        total = np.zeros((len(y), LANES))
        # Errors of diverging networks overflow; unused entries of `_kept_y` may hold anything.
        with np.errstate(all="ignore"):
            for k, target in enumerate(self.training.targets.ravel()):
                error = np.float64(target) - y[:, k]
                total += error * error
        return 0.5 * total.ravel()[: len(self.where)]

    def still_open(self) -> NumbaBatch:
        """Return the networks that haven't converged, with their present state."""
        left = np.flatnonzero(self.converged_epoch < 0)
        if len(left) == len(self.where):
            return self
        if not len(left):
            return replace(self, where=left)

        def taken(tiled: Array) -> Array:
            return _tiled(self._columns(tiled)[..., left])

        return replace(
            self, where=self.where[left], w=taken(self.w), state=taken(self.state),
            settings=taken(self.settings), convergence_state=taken(self.convergence_state),
            seeds=taken(self.seeds)
        )  # fmt: skip

    def _columns(self, tiled: Array) -> Array:
        """Return an array (T, ..., LANES) as (..., B)."""
        wide = np.moveaxis(tiled, 0, -2)
        lanes = len(tiled) * LANES
        columns: Array = wide.reshape(*wide.shape[:-2], lanes)
        return columns[..., : len(self.where)]


def _tiled(columns: Array) -> Array:
    """Return an array (..., B) as (T, ..., LANES), the last column repeated to fill a tile."""
    members = columns.shape[-1]
    tiles = -(-members // LANES)
    filled = columns[..., np.minimum(np.arange(tiles * LANES), members - 1)]
    wide = filled.reshape(*columns.shape[:-1], tiles, LANES)
    return np.ascontiguousarray(np.moveaxis(wide, -2, 0))


def _state(training: TrainingBatch) -> Array:
    """Return the optimizer's state before the first step (S, P, B)."""
    rule = COMPILED[type(training.optimizer)]
    size, members = training.parameters.shape
    state: Array = np.zeros((STATES[rule], size, members), training.parameters.dtype)
    if rule in (RPROP, DELTA_BAR_DELTA):
        state[0] = training.learning_rate
    return state


def _settings(training: TrainingBatch) -> Array:
    """Return the settings of each network (rows, B), in the order of `optimizers`."""
    rule, members = training.optimizer, len(training.learning_rate)
    rows = [training.learning_rate, training.criterion.limit]
    rows.append(getattr(training.activation, "slope", 0.0))
    rows += [getattr(rule, name) for name in fields_of(type(rule))]
    if isinstance(rule, Adam):
        rows += [1.0, 1.0]
    dtype = training.parameters.dtype
    settings: Array = np.stack([np.broadcast_to(row, members).astype(dtype) for row in rows])
    return settings


def _codes(training: TrainingBatch) -> tuple[int, ...]:
    """Return the codes of `kernel.train_tiles`."""
    schedule = training.schedule
    shuffled = isinstance(schedule, Online) and schedule.order == "shuffled"
    linear = training.output == "linear"
    return (
        COMPILED[type(training.activation)], LINEAR_OUTPUT if linear else
        COMPILED[type(training.loss)], COMPILED[type(training.criterion)],
        COMPILED[type(training.optimizer)], int(isinstance(schedule, Online)), SHUFFLED if shuffled
        else FIXED, training.criterion.held_for, int(training.until_converged)
    )  # fmt: skip


def _factor(training: TrainingBatch) -> Any:
    """Return the loss's factor in the precision of the training."""
    return training.parameters.dtype.type(training.loss.factor(training.targets.size))


def _is_truth_table(training: TrainingBatch) -> bool:
    """Tell whether `kernel_xor` can train this."""
    return (
        training.network.inputs == 2
        and training.network.outputs == 1
        and not training.network.skip
        and isinstance(input_layer(training.inputs), TruthTable)
        and type(training.activation) is Logistic
        and training.output == "logistic"
        and not training.loss.cancels_slope
        and type(training.optimizer) is Sgd
        and type(training.schedule) is Batch
    )
