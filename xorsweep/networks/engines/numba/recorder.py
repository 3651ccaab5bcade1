"""Records a batch of the compiled engine while it trains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.networks.engines.batch_ops import places_between
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.engines.numba.batch import NumbaBatch

Array = NDArray[Any]


class NumbaRecorder:
    """Outputs, parameters and errors of M networks at the marked epochs, and who converged when."""

    def __init__(self, training: TrainingBatch) -> None:
        members = len(training.learning_rate)
        self._training = training
        self._outputs = np.empty((len(training.snapshots), training.targets.size, members))
        self._parameters = np.empty((len(training.snapshots), training.network.size, members))
        self._meets = np.empty((len(training.snapshots), members), bool)
        self._half_sse = np.empty((len(training.curve_epochs), members))
        self._converged = np.full(members, -1, np.int64)

    def keep(self, epoch: int, batch: NumbaBatch) -> None:
        """Keep the state at an epoch, and at all later marks that of networks that stand still."""
        converged_epoch = batch.converged_epoch
        self._converged[batch.where] = converged_epoch
        still = (converged_epoch >= 0) & self._training.until_converged
        self._keep(epoch, epoch, np.flatnonzero(~still), batch, False)
        self._keep(epoch, self._training.snapshots[-1], np.flatnonzero(still), batch, True)

    def _keep(self, first: int, last: int, which: Array, batch: NumbaBatch, still: bool) -> None:
        """Keep some networks of the batch at the marked epochs from `first` to `last`."""
        where = batch.where[which]
        if not len(where):
            return
        for i in places_between(self._training.snapshots, first, last):
            self._outputs[i][:, where] = batch.outputs(still)[:, which]
            self._parameters[i][:, where] = batch.parameters(still)[:, which]
            self._meets[i, where] = True if still else batch.meets[which]
        if curve_at := places_between(self._training.curve_epochs, first, last):
            half_sse = batch.half_sse(still)[which]
            for i in curve_at:
                self._half_sse[i, where] = half_sse

    def result(self) -> TrainingResult:
        """Return the result, after the last epoch has been kept."""
        rows, outputs = self._training.targets.shape
        return TrainingResult(
            outputs=self._outputs.reshape(len(self._outputs), rows, outputs, -1),
            parameters=self._parameters,
            meets=self._meets,
            half_sse=self._half_sse,
            converged_epoch=self._converged,
        )
