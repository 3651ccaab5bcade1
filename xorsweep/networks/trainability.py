"""Whether training brought the loss down: the mean of its last values lies below the first.

J. Sohl-Dickstein, "The boundary of neural network trainability is fractal", arXiv:2402.06184
(2024).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

TRAINABLE = "trainable"
"""The column of results."""
LAST = 20
"""How many losses before a snapshot are averaged."""


def loss_epochs(snapshots: Sequence[int]) -> tuple[int, ...]:
    """Return the epochs, ascending, whose losses tell whether networks were trainable."""
    # A loss is that before an update, as a training loop sees it: the one at the end isn't counted.
    needed = (range(max(0, snapshot - LAST), snapshot) for snapshot in snapshots)
    return tuple(sorted({0}.union(*needed)))


def are_trainable(losses: FloatArray, epochs: Sequence[int], snapshot: int) -> NDArray[np.bool_]:
    """Tell which networks (B,) were trainable up to a snapshot.

    Those are they of which all of the last 20 losses before it are finite, and their mean is below
    the loss before training.

    Args:
        losses: Of B networks (L, B).
        epochs: After which epoch each of them is, as `loss_epochs` says.
        snapshot: The number of epochs that the networks were trained.
    """
    last = [
        loss
        for loss, epoch in zip(losses, epochs, strict=True)
        if snapshot - LAST <= epoch < snapshot
    ]
    # Loss by loss, so that the sum has the same bits in any batch.
    total = np.zeros(losses.shape[1])
    with np.errstate(all="ignore"):
        for loss in last:
            total += loss
        # A sum is finite only where every loss is.
        below: NDArray[np.bool_] = np.isfinite(total) & (total / max(1, len(last)) < losses[0])
    return below & bool(last)
