"""Metrics of trained networks: errors, outcomes and plateaus."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

DESCRIPTIONS = {
    "solved": "the criterion is met after the last epoch",
    "two_rows_at_half": "two rows are right, the other two are at one half",
    "three_rows_share": "one row is right, the other three are at the mean of their targets",
    "all_at_half": "all four rows are at one half",
    "constant_output": "all four rows are at 0, or all at 1; with soft targets at 0.1 or 0.9",
    "one_row_wrong": "three rows are right, one is at the other target",
    "two_rows_wrong": "two rows are right, two are at the other target",
    "unclassified": "not solved, and its outputs show none of the known patterns",
    "diverged": "its numbers exceeded the range of floats",
    "failed": "couldn't be trained; the message has the reason",
}
"""How a run can end, in words, by outcome."""

OUTCOMES = tuple(DESCRIPTIONS)
"""The outcomes that results name, in the order of their codes."""

PLATEAUS = {
    "two_rows_at_half": 1 / 4,
    "three_rows_share": 1 / 3,
    "all_at_half": 1 / 2,
    "constant_output": 1.0,
}
"""Outcomes near which the error of XOR falls slowly or not at all, with half the sum of squared
errors there, for targets 0 and 1."""

ERROR_BOUND = 1e-8
"""Bound of the error of an eigenvalue, as a share of the largest, or of 1 where that is smaller."""

TRAPPED, PASSING, FLAT = "trapped", "passing", "flat"
STATES = {
    TRAPPED: "every direction curves upwards, as around a minimum",
    PASSING: "some direction curves downwards, as at a saddle",
    FLAT: "the smallest curvature can't be distinguished from zero",
}
"""Where a run that isn't solved stands, by the curvature of its loss, in words."""

TOLERANCE = 0.1
"""How far an output may be from a pattern's."""
EPOCHS_A_DECADE = 8

_COMMON_FIRST = ("all_at_half", "two_rows_at_half", "constant_output", "three_rows_share")


class Measures(NamedTuple):
    """Errors of B networks, each (B,) float64."""

    final_error: FloatArray
    mse: FloatArray
    max_abs_error: FloatArray


class Curvature(NamedTuple):
    """The norm of the gradient, and the smallest and the largest eigenvalue of the Hessian.

    Each is (B,) float64, NaN where the network has none.
    """

    gradient_norm: FloatArray
    curvature_min: FloatArray
    curvature_max: FloatArray


def measure(outputs: FloatArray, targets: FloatArray) -> Measures:
    """Return half the sum of squared errors, their mean, and the largest absolute error.

    Args:
        outputs: Of B networks (rows, units, B), float64.
        targets: Of the task (rows, units), float64.
    """
    # Written out, row by row: NumPy's own sums group terms by the number of networks.
    total, largest = np.zeros((2, outputs.shape[-1]))
    with np.errstate(all="ignore"):
        for row, wanted in zip(outputs, targets, strict=True):
            for output, target in zip(row, wanted, strict=True):
                error = target - output
                total = total + error * error
                largest = np.maximum(largest, np.abs(error))
    return Measures(0.5 * total, total / targets.size, largest)


def classify(
    outputs: FloatArray,
    targets: FloatArray,
    converged_at_end: NDArray[np.bool_],
    finite: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Return the outcome of each network (B,) int8, as codes into OUTCOMES.

    A network that neither solves its task nor diverged has the outcome whose pattern each of its
    outputs is near.

    Args:
        outputs: Of B networks (rows, units, B), float64.
        targets: Of the task (rows, units), float64.
        converged_at_end: Whether each meets the criterion (B,).
        finite: Whether each hasn't diverged (B,).
    """
    outcome = np.full(outputs.shape[-1], OUTCOMES.index("unclassified"), np.int8)
    outcome[converged_at_end] = OUTCOMES.index("solved")
    outcome[~finite] = OUTCOMES.index("diverged")
    if is_xor(targets):
        others = np.flatnonzero(finite & ~converged_at_end)
        for name, met in _patterns(outputs[:, 0, others], targets):
            outcome[others[met]] = OUTCOMES.index(name)
    return outcome


def classify_curvature(curvature_min: Any, curvature_max: Any) -> NDArray[Any]:
    """Return where runs stand, by the extreme eigenvalues of their Hessians.

    It is `trapped` where the smallest is above the bound of its error, `passing` where it is below
    minus that bound, and `flat` in between: L. G. C. Hamey, "XOR has no local minima: a case study
    in neural network error surface analysis", Neural Networks 11 (1998).

    Args:
        curvature_min: The smallest eigenvalues (n,), or one of them.
        curvature_max: The largest eigenvalues, of the same shape.

    Returns:
        Texts of the same shape, dtype object; empty where an eigenvalue is NaN.
    """
    smallest, largest = (np.asarray(each, np.float64) for each in (curvature_min, curvature_max))
    # The error of bisection is relative to the norm of the matrix.
    bound = ERROR_BOUND * np.maximum(1.0, largest)
    known = np.isfinite(smallest) & np.isfinite(largest)
    conditions = [known & (smallest > bound), known & (smallest < -bound), known]
    return np.select(conditions, [np.array(each, object) for each in STATES], "")


def is_xor(targets: FloatArray) -> bool:
    """Tell whether targets (rows, units) are those of XOR or XNOR, hard or soft.

    The patterns of outputs are known for them alone.
    """
    if targets.shape != (4, 1):
        return False
    first, second, third, last = targets[:, 0].tolist()
    return first == last and second == third and sorted((first, second)) in ([0, 1], [0.1, 0.9])


def plateaus(targets: FloatArray) -> dict[str, float]:
    """Return half the sum of squared errors at each of PLATEAUS; none for tasks but XOR."""
    if not is_xor(targets):
        return {}
    # Errors are proportional to the distance of the targets, their squares to its square.
    scale = float((targets.max() - targets.min()) ** 2)
    # Logistic outputs saturate at 0 or 1, also where targets are soft.
    saturated = float((targets**2).sum()) / 2
    return {**{name: scale * at for name, at in PLATEAUS.items()}, "constant_output": saturated}


def plateau_labels(levels: Mapping[str, float]) -> dict[str, float]:
    """Return the errors of plateaus by labels such as `1/2: all at half`.

    The most common come first: where labels overlap, the first are drawn.
    """
    return {
        f"{error_label(levels[name])}: {name.replace('_', ' ')}": levels[name]
        for name in _COMMON_FIRST
        if name in levels
    }


def error_label(error: float) -> str:
    """Return the error of a plateau as text: `1/3` where it is a fraction, else two digits."""
    parts = round(1 / error)
    if not math.isclose(error * parts, 1):
        return f"{error:.2g}"
    return "1" if parts == 1 else f"1/{parts}"


def _patterns(outputs: FloatArray, targets: FloatArray) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield each pattern and which outputs (4, n) for XOR or XNOR meet it (n,) bool.

    Of several that are met the last one counts. A row is near its target, the other one, or
    neither, and the sums count such rows.
    """
    low, high = targets.min(), targets.max()
    near_low, near_high, half = (_near(outputs, value) for value in (low, high, 0.5))
    right = np.where(targets == low, near_low, near_high)
    wrong = np.where(targets == low, near_high, near_low)
    rights, wrongs, halves = (rows.sum(axis=0, dtype=np.int8) for rows in (right, wrong, half))
    yield "two_rows_wrong", (rights == 2) & (wrongs == 2)
    yield "one_row_wrong", (rights == 3) & (wrongs == 1)
    lows, highs = (rows.sum(axis=0, dtype=np.int8) for rows in (near_low, near_high))
    yield "constant_output", (lows == 4) | (highs == 4)
    yield "all_at_half", halves == 4
    yield "two_rows_at_half", (rights == 2) & (halves == 2)
    for target in (low, high):
        # The four targets of XOR add up to 2 (low + high); this is the mean of the three others.
        others = (2 * (low + high) - target) / 3
        sharing = _near(outputs, others).sum(axis=0, dtype=np.int8) == 3
        mine = (right & (targets == target)).sum(axis=0, dtype=np.int8) == 1
        yield "three_rows_share", mine & (rights == 1) & sharing


def _near(outputs: FloatArray, value: float) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(outputs - value) <= TOLERANCE
    return near


def learning_curve_epochs(last: int, a_decade: int = EPOCHS_A_DECADE) -> tuple[int, ...]:
    """Return 0, `last`, and log-spaced epochs between them, the same ones whatever `last` is."""
    # Ten decades reach beyond the largest value of `epochs`, 10**9.
    exponents = np.arange(a_decade * 10 + 1) / a_decade
    spaced = np.unique(np.round(10**exponents).astype(np.int64)).tolist()
    return (0, *(epoch for epoch in spaced if epoch < last), last) if last else (0,)
