"""A batch in the layout of the kernels: tiles of LANES networks, whose numbers lie together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import fields_of
from xorsweep.networks import activations, criteria, losses, optimizers
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numba import convergence, forward_backward, row_order
from xorsweep.networks.engines.numba import optimizers as rules
from xorsweep.networks.engines.numba.compile import LANES
from xorsweep.networks.engines.numba.kernel import train_tiles
from xorsweep.networks.engines.numba.kernel_xor import train_truth_tables
from xorsweep.networks.engines.numpy.input_layers import TruthTable, input_layer
from xorsweep.networks.schedules import Batch, Online

Array = NDArray[Any]

COMPILED: dict[type, int] = {
    activations.Logistic: forward_backward.LOGISTIC,
    activations.Tanh: forward_backward.TANH,
    activations.Relu: forward_backward.RELU,
    activations.LeakyRelu: forward_backward.LEAKY_RELU,
    losses.HalfSse: forward_backward.LOGISTIC_OUTPUT,
    losses.HalfMse: forward_backward.LOGISTIC_OUTPUT,
    losses.Mse: forward_backward.LOGISTIC_OUTPUT,
    losses.CrossEntropy: forward_backward.CANCELLED_OUTPUT,
    optimizers.Sgd: rules.SGD,
    optimizers.Momentum: rules.MOMENTUM,
    optimizers.Nesterov: rules.NESTEROV,
    optimizers.Adam: rules.ADAM,
    optimizers.Rprop: rules.RPROP,
    optimizers.Quickprop: rules.QUICKPROP,
    optimizers.DeltaBarDelta: rules.DELTA_BAR_DELTA,
    Batch: False,
    Online: True,
    criteria.Fahlman: convergence.LARGEST_ERROR,
    criteria.RightSide: convergence.LARGEST_ERROR,
    criteria.Margin: convergence.LARGEST_ERROR,
    criteria.Sse: convergence.SUM_OF_SQUARES,
    criteria.Rms: convergence.ROOT_MEAN_SQUARE,
}
"""The components that are compiled, and the codes by which kernels know them."""


@dataclass
class NumbaBatch:
    """B networks in training, in T tiles; the last one is repeated to fill the last tile.

    `where` (B,) are their places in the whole batch; x, nonzero and t are the rows of the task for
    every lane, and other arrays (T, ..., LANES), see `kernel.train_tiles`; `epoch` is the last that
    was observed, -1 before the first.
    """

    training: TrainingBatch
    where: Array
    x: Array
    nonzero: Array
    t: Array
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
        # HELD, CONVERGED, MEETS: held for no epoch, never converged, not met.
        convergence_state = np.repeat([[0], [-1], [0]], members, axis=1)
        return cls(
            training,
            where=np.arange(members),
            x=np.repeat(training.inputs[:, :, None], LANES, axis=2),
            nonzero=np.ascontiguousarray(training.inputs != 0),
            t=np.repeat(training.targets[:, :, None], LANES, axis=2),
            w=_tiled(training.parameters),
            state=_tiled(initial_state(training)),
            settings=_tiled(settings_of(training)),
            convergence_state=_tiled(convergence_state),
            seeds=_tiled(training.seeds.astype(np.uint64)),
            epoch=-1,
        )

    def train(self, last: int) -> None:
        """Train to an epoch; afterwards outputs and the networks that stand still can be read."""
        self.y = np.empty((len(self.w), self.training.targets.size, LANES), self.w.dtype)
        self._kept_w, self._kept_y = self.w, self.y  # the kernel doesn't write them
        if self.training.until_converged:
            self._kept_w, self._kept_y = np.empty_like(self.w), np.empty_like(self.y)
        # A kernel begins with the forward pass of the last epoch again; it is observed only once.
        span = (max(self.epoch, 0), last, self.epoch)
        if is_truth_table(self.training):
            self._train_truth_tables(span)
        else:
            self._train_tiles(span)
        self.epoch = last

    def _train_truth_tables(self, span: tuple[int, int, int]) -> None:
        training, criterion = self.training, self.training.criterion
        codes = (COMPILED[type(criterion)], criterion.held_for, int(training.until_converged))
        train_truth_tables(
            training.network.hidden, codes, span, training.targets.ravel(), factor_of(training),
            self.t.reshape(-1, LANES), self.w, self.settings, self.convergence_state, self.y,
            self._kept_w, self._kept_y
        )  # fmt: skip

    def _train_tiles(self, span: tuple[int, int, int]) -> None:
        network = self.training.network
        train_tiles(
            (network.inputs, network.hidden, network.outputs, int(network.skip)),
            codes_of(self.training), span, factor_of(self.training), self.x, self.nonzero,
            self.t, self.w, self.state, self.settings, self.convergence_state, self.seeds,
            self.y, self._kept_w, self._kept_y
        )  # fmt: skip

    @property
    def converged_epoch(self) -> Array:
        """Return the epochs at which the networks converged, or -1 (B,)."""
        return self._columns(self.convergence_state[:, convergence.CONVERGED])

    @property
    def meets(self) -> Array:
        """Tell which networks meet the criterion now (B,)."""
        return self._columns(self.convergence_state[:, convergence.MEETS]) > 0

    def parameters(self, stood_still: bool = False) -> Array:
        """Return the parameters (P, B), or those at which networks that converged stood still."""
        return self._columns(self._kept_w if stood_still else self.w)

    def outputs(self, stood_still: bool = False) -> Array:
        """Return the outputs (rows, outputs, B), or those with which networks stood still."""
        outputs = self._columns(self._kept_y if stood_still else self.y)
        return outputs.reshape(*self.training.targets.shape, -1)

    def half_sse(self, stood_still: bool = False) -> Array:
        """Return half the sum of squared errors (B,) float64, summed output by output."""
        y = self._kept_y if stood_still else self.y
        # float64 also for a training in float32, as the sum is kept in float64.
        total = np.zeros((len(y), LANES))
        # Errors of diverging networks overflow; unused entries of `_kept_y` may hold anything.
        with np.errstate(all="ignore"):
            for k, target in enumerate(self.training.targets.ravel()):
                error = np.float64(target) - y[:, k]
                total += error * error
        return 0.5 * total.ravel()[: len(self.where)]

    def losses(self, stood_still: bool) -> Array:
        """Return the losses (B,), float64."""
        outputs = self.outputs(stood_still).astype(np.float64, copy=False)
        return self.training.loss.value(outputs, self.training.targets.astype(np.float64))

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
            self,
            where=self.where[left],
            w=taken(self.w),
            state=taken(self.state),
            # The powers of beta of adam are among the settings, so they move on, too.
            settings=taken(self.settings),
            convergence_state=taken(self.convergence_state),
            seeds=taken(self.seeds),
        )

    def _columns(self, tiled: Array) -> Array:
        """Return an array (T, ..., LANES) as (..., B)."""
        # (..., T, LANES), in which the lanes of the tiles follow each other.
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


def initial_state(training: TrainingBatch) -> Array:
    """Return the optimizer's state before the first step (S, P, B)."""
    optimizer = COMPILED[type(training.optimizer)]
    size, members = training.parameters.shape
    state: Array = np.zeros((rules.STATES[optimizer], size, members), training.parameters.dtype)
    if optimizer in (rules.RPROP, rules.DELTA_BAR_DELTA):
        state[0] = training.learning_rate
        state[0, training.network.output_layer] = training.output_rate
    return state


def settings_of(training: TrainingBatch) -> Array:
    """Return the settings of each network (rows, B), in the order of `optimizers`."""
    optimizer, members = training.optimizer, len(training.learning_rate)
    rows = [training.learning_rate, training.output_rate, training.criterion.limit]
    rows.append(getattr(training.activation, "slope", 0.0))
    rows += [getattr(optimizer, name) for name in fields_of(type(optimizer))]
    if isinstance(optimizer, optimizers.Adam):
        # POWER1 and POWER2.
        rows += [1.0, 1.0]
    dtype = training.parameters.dtype
    settings: Array = np.stack([np.broadcast_to(row, members).astype(dtype) for row in rows])
    return settings


def codes_of(training: TrainingBatch) -> tuple[int, ...]:
    """Return the `codes` of kernels: components, and the rule of convergence."""
    schedule = training.schedule
    shuffled = isinstance(schedule, Online) and schedule.order == "shuffled"
    linear = training.output == "linear"
    return (
        COMPILED[type(training.activation)],
        forward_backward.LINEAR_OUTPUT if linear else COMPILED[type(training.loss)],
        COMPILED[type(training.criterion)],
        COMPILED[type(training.optimizer)],
        int(isinstance(schedule, Online)),
        row_order.SHUFFLED if shuffled else row_order.FIXED,
        training.criterion.held_for,
        int(training.until_converged),
    )


def factor_of(training: TrainingBatch) -> Any:
    """Return the factor of the error in the loss's derivative, in the precision of training."""
    return training.parameters.dtype.type(training.loss.factor(training.targets.size))


def is_truth_table(training: TrainingBatch) -> bool:
    """Tell whether `kernel_xor` trains a batch."""
    return (
        training.network.inputs == 2
        and training.network.outputs == 1
        and not training.network.skip
        and isinstance(input_layer(training.inputs), TruthTable)
        and type(training.activation) is activations.Logistic
        and training.output == "logistic"
        # `kernel_xor` multiplies every error by the slope of the output.
        and not training.loss.cancels_slope
        and type(training.optimizer) is optimizers.Sgd
        and type(training.schedule) is Batch
    )
