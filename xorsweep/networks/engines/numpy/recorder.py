"""Records a batch while it trains: snapshots, learning curves, convergence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.criteria import Criterion
from xorsweep.networks.engines.batch_ops import pad, places_between, take_component
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.engines.numpy.state import NetworkState

Array = NDArray[Any]

DROP_SHARE = 0.25
"""Converged networks leave their batch once they are this share of it: leaving copies the rest."""


class Recorder:
    """Outputs, parameters and errors at the marked epochs, and who converged when.

    `_where` holds, for each network still in the batch, its place in the whole batch.
    """

    def __init__(self, training: TrainingBatch) -> None:
        members = len(training.learning_rate)
        self._training = training
        self._result = TrainingResult.unfilled(training)
        self._marked = {*training.snapshots, *training.curve_epochs, *training.loss_epochs}
        self._admit(np.arange(members), np.zeros(members, np.int64), training.criterion)

    def _admit(self, where: Array, held: Array, criterion: Criterion) -> None:
        """Start to observe the networks that are (still) in the batch, none of them converged."""
        count = len(where)
        self._where, self._held, self._criterion = where, held, criterion
        self._open = np.ones(count, bool)
        self._left = count
        self._met = np.empty(count, bool)
        dtype = self._training.parameters.dtype
        # An array of limits may be more precise than the training and keeps its type; a number
        # takes that of the training.
        self._limits = np.empty(count, np.result_type(criterion.limit, dtype))
        self._limits[...] = criterion.limit
        self._distance = np.empty(count, dtype)
        self._scratch = np.empty((self._training.targets.size, count), dtype)

    def observe(self, epoch: int, networks: NetworkState) -> None:
        """Note who has converged after an epoch, and keep the state where the epoch is marked."""
        if self._left:
            self._check(epoch, networks)
        if epoch in self._marked:
            # Networks that have converged stand still: `_converge` has filled their marks.
            going_on = self._open if self._training.until_converged else slice(None)
            self._keep(epoch, epoch, going_on, networks)

    def should_drop(self) -> bool:
        """Tell whether enough networks have converged to be taken out of the batch."""
        return self._left <= (1 - DROP_SHARE) * len(self._open)

    def drop_converged(self) -> Array:
        """Stop observing converged networks; return the places of the others, in whole lanes."""
        left = np.flatnonzero(self._open)
        if len(left):
            # A lane that repeats a network writes the same bits to the same place of the result.
            left = pad(left)
            criterion = take_component(self._criterion, left)
            self._admit(self._where[left], self._held[left], criterion)
        return left

    def result(self, members: int) -> TrainingResult:
        """Return the result of the first networks, without those that only fill the lanes."""
        arrays = vars(self._result).items()
        return TrainingResult(**{name: array[..., :members] for name, array in arrays})

    def _check(self, epoch: int, networks: NetworkState) -> None:
        met, criterion = self._met, self._criterion
        # NaN isn't less than anything, so a network that has diverged never converges.
        np.less(self._measured(networks), self._limits, met)
        if criterion.held_for > 1:
            # Times `met`, the count of epochs in a row falls back to 0.
            np.add(self._held, 1, out=self._held)
            np.multiply(self._held, met, out=self._held)
            np.greater_equal(self._held, criterion.held_for, out=met)
        if np.count_nonzero(met):  # takes half the time of any()
            self._converge(epoch, np.flatnonzero(met), networks)

    def _measured(self, networks: NetworkState) -> Array:
        """Return the criterion's present distance of the networks (B,)."""
        self._criterion.distance(networks.flat_errors, self._scratch, self._distance)
        return self._distance

    def _converge(self, epoch: int, new: Array, networks: NetworkState) -> None:
        self._result.converged_epoch[self._where[new]] = epoch
        self._open[new] = False
        self._limits[new] = -np.inf  # no distance is below
        self._left -= len(new)
        if self._training.until_converged:
            # Until it is dropped the network trains on in its place, so its state is kept now.
            self._keep(epoch, self._training.snapshots[-1], new, networks)

    def _keep(self, first: int, last: int, which: Any, networks: NetworkState) -> None:
        """Keep some networks of the batch at the marked epochs from `first` to `last`."""
        where, result = self._where[which], self._result
        for i in places_between(self._training.snapshots, first, last):
            result.outputs[i][..., where] = networks.outputs.transpose(1, 0, 2)[..., which]
            result.parameters[i][:, where] = networks.parameters[:, which]
            # Not `_met`, which is about `held_for` epochs and false once a network has converged.
            result.meets[i, where] = (self._measured(networks) < self._criterion.limit)[which]
        if curve_at := places_between(self._training.curve_epochs, first, last):
            squares = networks.flat_errors**2
            half_sse = 0.5 * np.add.reduce(squares, axis=0)
            for i in curve_at:
                result.half_sse[i, where] = half_sse[which]
        if loss_at := places_between(self._training.loss_epochs, first, last):
            outputs = networks.outputs.transpose(1, 0, 2).astype(np.float64, copy=False)
            targets = self._training.targets.astype(np.float64, copy=False)
            losses = self._training.loss.value(outputs, targets)
            for i in loss_at:
                result.losses[i, where] = losses[which]
