"""The results of the points of a batch, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import Curvature

SOLUTION, PARAMETERS, LEARNING_CURVE = "solution", "parameters", "learning_curve"
CURVATURE_CURVES = ("curvature_min", "curvature_max")
"""The columns of which there are curves, too."""
CURVATURE_LISTS = tuple(f"{name}.by_epoch" for name in CURVATURE_CURVES)
"""The columns of parts that hold them; curves go by the name before the dot."""
MOST_OUTPUTS = 16
"""Outputs of a task with more of them are not kept for each point."""
MOST_PARAMETERS = 128
"""Weights and biases of a network with more of them are not kept for each point."""


@dataclass(frozen=True)
class PointResults:
    """n finished points of t trajectories.

    point_id (n,) uint64; final_error, mse, max_abs_error (n,) float64; outputs (rows * outputs, n)
    float64, or none of a large task; converged_epoch (n,) int64, -1 for never; converged_at_end
    (n,) bool; outcome and status (n,) int8, codes into OUTCOMES and STATUSES; solution (n,) the
    labels of `solution_labels`, None where there is none.
    parameters (n, P) float64 are the weights and biases, or (n, 0) of large networks.
    learning_curves (C, t) float32 is half the sum of squared errors at `curve_epochs`, and curve_of
    (n,) int32 the column of it for the longest point of a trajectory, -1 for its other points.
    curvature is that after the last epoch, arrays (n,), where it is asked for, and curvature_curves
    its smallest and largest eigenvalue at `curve_epochs`, each (C, t) float32.
    trainable (n,) bool, where it is asked for.
    """

    point_id: NDArray[np.uint64]
    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray
    outputs: FloatArray
    converged_epoch: NDArray[np.int64]
    converged_at_end: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    solution: NDArray[Any]
    status: NDArray[np.int8]
    parameters: FloatArray
    learning_curves: NDArray[np.float32]
    curve_of: NDArray[np.int32]
    curvature: Curvature | None = None
    curvature_curves: Sequence[NDArray[np.float32]] = ()
    trainable: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.point_id)
