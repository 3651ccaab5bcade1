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
        self._training = training
        self.result = TrainingResult.unfilled(training)

    def keep(self, epoch: int, batch: NumbaBatch) -> None:
        """Keep the state at an epoch, and at all later marks that of networks that stand still."""
        converged_epoch = batch.converged_epoch
        self.result.converged_epoch[batch.where] = converged_epoch
        # Networks that stand still leave the batch after this, so their later marks are filled now.
        still = (converged_epoch >= 0) & self._training.until_converged
        self._keep(epoch, epoch, np.flatnonzero(~still), batch, False)
        self._keep(epoch, self._training.snapshots[-1], np.flatnonzero(still), batch, True)

    def _keep(self, first: int, last: int, which: Array, batch: NumbaBatch, still: bool) -> None:
        """Keep some networks of the batch at the marked epochs from `first` to `last`."""
        where = batch.where[which]
        if not len(where):
            return
        for i in places_between(self._training.snapshots, first, last):
            self.result.outputs[i][..., where] = batch.outputs(still)[..., which]
            self.result.parameters[i][:, where] = batch.parameters(still)[:, which]
            # A network stands still at an epoch at which it meets the criterion.
            self.result.meets[i, where] = True if still else batch.meets[which]
        if curve_at := places_between(self._training.curve_epochs, first, last):
            half_sse = batch.half_sse(still)[which]
            for i in curve_at:
                self.result.half_sse[i, where] = half_sse
        if loss_at := places_between(self._training.loss_epochs, first, last):
            losses = batch.losses(still)[which]
            for i in loss_at:
                self.result.losses[i, where] = losses
