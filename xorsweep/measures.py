"""What is read off a trained network: its errors, and the name of the place where it ended."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xorsweep.rules import FloatArray

OUTCOMES = (
    "solved",
    "two_rows_at_half",
    "three_rows_share",
    "all_at_half",
    "constant_output",
    "slow",
    "diverged",
    "failed",
)
"""Where a run can end; results hold these names."""

DESCRIPTIONS = {
    "solved": "meets the criterion at the end",
    "two_rows_at_half": "stuck: two rows are right, the other two share the output one half",
    "three_rows_share": "stuck: one row is right, the other three share an output of 1/3 or 2/3",
    "all_at_half": "stuck: all four rows share the output one half",
    "constant_output": "stuck: the output is 0 for every row, or 1 for every row",
    "slow": "not solved, and at none of the known levels; it may still be moving",
    "diverged": "its numbers grew beyond what a float can hold",
    "failed": "couldn't be trained; the message says why",
}

LEVELS = {
    "two_rows_at_half": 1 / 4,
    "three_rows_share": 1 / 3,
    "all_at_half": 1 / 2,
    "constant_output": 1.0,
}
"""Half the sum of squared errors over XOR's four rows where rows share one output."""

LEVEL_TEXTS = {
    "all_at_half": "1/2: all rows at 1/2",
    "two_rows_at_half": "1/4: two rows at 1/2",
    "constant_output": "1: output constant",
    "three_rows_share": "1/3: three rows alike",
}
"""The levels at which runs get stuck, most common first: where they crowd, the first are named."""

LEVEL_TOLERANCE = 0.02
EPOCHS_A_DECADE = 8


class Measures(NamedTuple):
    """Errors of B networks, each (B,) float64."""

    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray


def measure(outputs: FloatArray, targets: FloatArray) -> Measures:
    """Return half the sum of squared errors, their mean, and the largest absolute error.

    outputs is (rows, units, B), targets (rows, units). Sums are written out, row by row, so that
    a network's bits don't depend on how many are measured together.
    """
    total, largest = np.zeros((2, outputs.shape[-1]))
    with np.errstate(all="ignore"):
        for row, wanted in zip(outputs, targets, strict=True):
            for output, target in zip(row, wanted, strict=True):
                error = target - output
                total = total + error * error
                largest = np.maximum(largest, np.abs(error))
    return Measures(0.5 * total, total / targets.size, largest)


def classify(
    final_error: FloatArray, holds_at_end: NDArray[np.bool_], finite: NDArray[np.bool_], xor: bool
) -> NDArray[np.int8]:
    """Return where each network ended (B,), as codes into OUTCOMES.

    `xor` says whether the task is one whose levels are known: two rows of four at 0, two at 1,
    and no line between them.
    """
    outcome = np.full(final_error.shape, OUTCOMES.index("slow"), np.int8)
    if xor:
        for name, level in LEVELS.items():
            outcome[np.abs(final_error - level) <= LEVEL_TOLERANCE] = OUTCOMES.index(name)
    outcome[holds_at_end] = OUTCOMES.index("solved")
    outcome[~finite] = OUTCOMES.index("diverged")
    return outcome


def has_xor_levels(targets: FloatArray) -> bool:
    """Tell whether a task with these targets (rows, units) gets stuck at the levels of XOR."""
    return (
        targets.shape == (4, 1)
        and sorted(targets[[0, 3], 0]) in ([0, 0], [1, 1])
        and (targets.sum() == 2)
    )


def course_epochs(last: int, a_decade: int = EPOCHS_A_DECADE) -> tuple[int, ...]:
    """Return 0, `last`, and between them the same log-spaced epochs whatever `last` is."""
    exponents = np.arange(a_decade * 10 + 1) / a_decade
    spaced = sorted({*np.round(10**exponents).astype(np.int64).tolist()})
    return (0, *(epoch for epoch in spaced if epoch < last), last) if last else (0,)
