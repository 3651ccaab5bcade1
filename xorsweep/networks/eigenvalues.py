"""The smallest and the largest eigenvalue of many symmetric matrices, the same bits in any batch.

LAPACK's numbers depend on the BLAS it is built with, its number of threads and the alignment of
arrays. Here each operation is one that IEEE 754 rounds correctly, in a written-out order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray

BISECTIONS = 52
"""Halvings of the interval that holds an eigenvalue: as many as a float64 has digits."""
_TINY = 1e-290
"""Squares below this, of numbers of a matrix whose largest is near 1, count as zero."""


def tridiagonalize(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the diagonals and off-diagonals of tridiagonal matrices with the same eigenvalues.

    Householder's reduction: G. H. Golub and C. F. Van Loan, "Matrix Computations", 4th edition
    (2013), section 8.3.1.

    Args:
        matrices: B symmetric matrices (n, n, B), float64; B is at least 8, so that no sum is over
            the contiguous axis. They are overwritten.

    Returns:
        Arrays (n, B) and (n - 1, B), NaN where a matrix isn't finite.
    """
    n, members = len(matrices), matrices.shape[2]
    diagonal, beside = np.empty((n, members)), np.empty((n - 1, members))
    with np.errstate(all="ignore"):
        # A power of two scales without rounding, and keeps squares from over- or underflowing.
        # The largest magnitude by two passes, since np.abs would copy all matrices.
        _, exponent = np.frexp(np.maximum(matrices.max(axis=(0, 1)), -matrices.min(axis=(0, 1))))
        a = np.ldexp(matrices, -exponent, out=matrices)
        scratch = np.empty_like(a)
        for k in range(n - 1):
            diagonal[k] = a[k, k]
            rest = a[k + 1 :, k + 1 :]
            beside[k] = _eliminate(a[k + 1 :, k], rest, scratch[k + 1 :, k + 1 :])
        diagonal[-1] = a[-1, -1]
        return np.ldexp(diagonal, exponent), np.ldexp(beside, exponent)


def _eliminate(column: FloatArray, rest: FloatArray, scratch: FloatArray) -> FloatArray:
    """Reflect a column (m, B) onto its first element, and the rest (m, m, B) by that reflection.

    Returns the size (B,) of that element.
    """
    if len(column) == 1:
        size: FloatArray = np.abs(column[0])
        return size
    square = np.add.reduce(column * column, axis=0)
    square[square < _TINY] = 0.0
    norm: FloatArray = np.sqrt(square)
    v = column.copy()
    # With the sign of v[0] nothing cancels in the sum.
    v[0] += np.copysign(norm, v[0])
    half = square + np.abs(column[0]) * norm  # half of the square of v
    # A column of zeros is eliminated already: the reflection becomes the identity.
    inverse = np.where(half == 0, 0.0, 1.0 / half)
    np.multiply(rest, v[:, None], out=scratch)
    p = np.add.reduce(scratch, axis=0) * inverse
    w = p - np.add.reduce(p * v, axis=0) * (0.5 * inverse) * v
    np.subtract(rest, np.multiply(v[:, None], w, out=scratch), out=rest)
    np.subtract(rest, np.multiply(w[:, None], v, out=scratch), out=rest)
    return norm


def extremes_of_tridiagonal(diagonal: FloatArray, beside: FloatArray) -> FloatArray:
    """Return the smallest and the largest eigenvalue of tridiagonal matrices (2, B).

    Bisection by Sturm sequences: Golub and Van Loan, section 8.4.1. The error is a few units in the
    last place of the matrix's norm; where that isn't finite, both are NaN.

    Args:
        diagonal: The diagonals (n, B), float64.
        beside: The off-diagonals (n - 1, B), not negative.
    """
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(diagonal).max(axis=0), beside.max(axis=0, initial=0.0))
        _, exponent = np.frexp(size)
        # Sums with 0.0 make -0.0 to 0.0, so that no pivot is -0.0.
        scaled, squares = np.ldexp(diagonal, -exponent) + 0.0, np.ldexp(beside, -exponent) ** 2
        # The largest eigenvalue is minus the smallest of the negated matrix.
        smallest = _smallest(np.stack([scaled, 0.0 - scaled], axis=1), squares)
        found: FloatArray = np.ldexp(smallest, exponent)
    np.negative(found[1], out=found[1])
    found[:, ~np.isfinite(size)] = np.nan
    return found


def _smallest(diagonal: FloatArray, squares: FloatArray) -> FloatArray:
    """Return the smallest eigenvalues (2, B), given diagonals (n, 2, B) and squares (n - 1, B)."""
    reach = np.zeros_like(diagonal)
    reach[:-1] += np.sqrt(squares)[:, None]
    reach[1:] += np.sqrt(squares)[:, None]
    # Gershgorin's bound below; above, no diagonal element is smaller than the smallest eigenvalue.
    low, high = (diagonal - reach).min(axis=0), diagonal.min(axis=0)
    squares = np.maximum(squares, _TINY)  # 0 / 0 would be no number
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        has_smaller = _has_smaller(diagonal, squares, middle)
        high = np.where(has_smaller, middle, high)
        low = np.where(has_smaller, low, middle)
    smallest: FloatArray = 0.5 * (low + high)
    return smallest


def _has_smaller(diagonal: FloatArray, squares: FloatArray, x: FloatArray) -> NDArray[np.bool_]:
    """Tell which matrices have an eigenvalue below x: a negative pivot of A - x I (2, B)."""
    pivot = diagonal[0] - x
    least: FloatArray = pivot
    for element, square in zip(diagonal[1:], squares, strict=True):
        # A pivot of 0 makes the next one minus infinity, which counts as negative, as it should.
        pivot = (element - x) - square / pivot
        least = np.minimum(least, pivot)
    found: NDArray[np.bool_] = least < 0
    return found
