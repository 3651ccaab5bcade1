"""A batch in the memory of the GPU, a network a column."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from xorsweep.networks.engines.cuda.compile import launch
from xorsweep.networks.engines.cuda.kernel import train_networks
from xorsweep.networks.engines.cuda.kernel_xor import MOST_HIDDEN, train_truth_tables
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numba.batch import (
    codes_of,
    factor_of,
    initial_state,
    is_truth_table,
    settings_of,
)
from xorsweep.networks.engines.numba.convergence import CONVERGED, MEETS
from xorsweep.networks.schedules import Online

Array = NDArray[Any]

LAUNCH = 2**36
"""Parameters times rows times epochs of a batch that one launch trains, in less than a second: the
GPU of a screen stops a kernel that takes longer, and Ctrl-C waits for it."""


class CudaBatch:
    """B networks in training; `epoch` is the last that was observed, -1 before the first.

    Arrays stay on the GPU until they are read. Networks that stand still keep their columns;
    `drop_converged` takes them out of the members, the columns (n,) that get a thread.
    """

    def __init__(self, training: TrainingBatch, launch_work: int = LAUNCH) -> None:
        count, dtype = len(training.learning_rate), training.parameters.dtype
        self.training, self.epoch, self._launch_work = training, -1, launch_work
        self._open = np.arange(count)
        self._members = cuda.to_device(self._open)
        self._w = cuda.to_device(np.ascontiguousarray(training.parameters))
        self._settings = cuda.to_device(settings_of(training))
        self._targets = cuda.to_device(np.ascontiguousarray(training.targets.ravel()))
        # The rows HELD, CONVERGED and MEETS, before anything was observed.
        self._convergence_state = cuda.to_device(np.repeat([[0], [-1], [0]], count, axis=1))
        self._y = cuda.device_array((training.targets.size, count), dtype)
        self._curve_epochs = cuda.to_device(np.array([*training.curve_epochs], np.int64))
        self._curve = cuda.device_array((max(1, len(training.curve_epochs)), count), np.float64)
        self._is_truth_table = is_truth_table(training) and training.network.hidden <= MOST_HIDDEN
        if not self._is_truth_table:
            self._allocate_buffers(training, count, dtype)

    def _allocate_buffers(self, training: TrainingBatch, count: int, dtype: Any) -> None:
        """Allocate the arrays that only the kernel for any network needs."""
        network, rows = training.network, len(training.inputs)
        state = initial_state(training)
        self._x = cuda.to_device(np.ascontiguousarray(training.inputs))
        self._t = cuda.to_device(np.ascontiguousarray(training.targets))
        self._state = cuda.to_device(state if len(state) else np.empty((1, 1, 1), dtype))
        self._seeds = cuda.to_device(training.seeds.astype(np.uint64))
        self._g = cuda.device_array((network.size, count), dtype)
        self._a = cuda.device_array((network.hidden, count), dtype)
        self._d = cuda.device_array((network.hidden + network.outputs, count), dtype)
        ordered = (rows, count) if isinstance(training.schedule, Online) else (1, 1)
        self._order = cuda.device_array(ordered, np.int64)
        self._keys = cuda.device_array(ordered, np.uint64)

    def train(self, last: int) -> None:
        """Train to an epoch, launch by launch; networks that are to stand still do so."""
        if not len(self._open):
            return
        work = len(self._open) * self.training.network.size * len(self.training.inputs)
        at_once = max(1, self._launch_work // work)
        while self.epoch < last:
            end = min(last, max(self.epoch, 0) + at_once)
            self._launch(max(self.epoch, 0), end)
            self.epoch = end
            # A launch returns at once: else all were queued, and Ctrl-C would wait for the last.
            cuda.synchronize()

    def _launch(self, first: int, last: int) -> None:
        training = self.training
        curve = self._curve_epochs, bisect_right(training.curve_epochs, self.epoch), self._curve
        span = first, last, self.epoch
        if self._is_truth_table:
            _, _, criterion, _, _, _, held_for, until = codes_of(training)
            launch(
                train_truth_tables(training.network.hidden, str(self._w.dtype)), len(self._open),
                self._members, span, (criterion, held_for, until), self._targets,
                factor_of(training), self._w, self._settings, self._convergence_state, self._y,
                *curve
            )  # fmt: skip
            return
        network = training.network
        shape = network.inputs, network.hidden, network.outputs, int(network.skip)
        launch(
            train_networks(str(self._w.dtype)), len(self._open), self._members, span, shape,
            codes_of(training), self._x, self._t, self._targets, factor_of(training), self._w,
            self._g, self._state, self._settings, self._convergence_state, self._seeds,
            self._order, self._keys, self._a, self._d, self._y, *curve
        )  # fmt: skip

    def drop_converged(self) -> bool:
        """Stop training networks that have converged; tell whether any are left."""
        left = self._open[self.converged_epoch[self._open] < 0]
        if len(left) < len(self._open):
            self._open = left
            if len(left):
                self._members = cuda.to_device(left)
        return len(left) > 0

    @property
    def converged_epoch(self) -> Array:
        """Return the epochs at which the networks converged, or -1 (B,)."""
        found: Array = self._convergence_state[CONVERGED].copy_to_host()
        return found

    @property
    def meets(self) -> Array:
        """Tell which networks meet the criterion (B,)."""
        found: Array = self._convergence_state[MEETS].copy_to_host() > 0
        return found

    def read_parameters(self, into: Array) -> None:
        """Copy the parameters into an array (P, B), float64."""
        _read(self._w, into)

    def read_outputs(self, into: Array) -> None:
        """Copy the outputs into an array (rows, outputs, B), float64."""
        _read(self._y, into.reshape(self._y.shape))

    def read_curve(self, into: Array) -> None:
        """Copy the learning curve into an array (C, B), float64."""
        if len(into):
            _read(self._curve, into)


def _read(array: Any, into: Array) -> None:
    """Copy an array of the GPU into one of the same shape, which is contiguous."""
    if array.dtype == into.dtype:
        array.copy_to_host(into)
    else:
        into[...] = array.copy_to_host()
