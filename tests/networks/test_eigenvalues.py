"""Extreme eigenvalues: those that a matrix was built with, to the same bit in any batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xorsweep.networks.eigenvalues import extremes_of_tridiagonal, tridiagonalize

Floats = NDArray[np.float64]


def with_eigenvalues(values: Floats, seed: int) -> Floats:
    """Return a symmetric matrix with given eigenvalues (n,), made by random plane rotations."""
    generator = np.random.default_rng(seed)
    matrix = np.diag(values)
    n = len(values)
    for i in range(n):
        for j in range(i):
            angle = generator.uniform(0, 2 * np.pi)
            rotation = np.eye(n)
            rotation[[i, j], [i, j]] = np.cos(angle)
            rotation[i, j], rotation[j, i] = np.sin(angle), -np.sin(angle)
            matrix = rotation @ matrix @ rotation.T
    return (matrix + matrix.T) / 2


def extreme_eigenvalues(matrices: Floats) -> Floats:
    return extremes_of_tridiagonal(*tridiagonalize(matrices))


def extremes_of(matrix: Floats) -> Floats:
    """Return the two eigenvalues of one matrix, which fills a batch of 8."""
    found = extreme_eigenvalues(np.repeat(matrix[..., None], 8, axis=2))
    assert (found == found[:, :1]).all()
    return found[:, 0]


@given(
    # No value or its multiple is subnormal: those have fewer digits.
    values=st.lists(
        st.floats(-1, 1).map(lambda value: value if abs(value) > 1e-200 else 0.0),
        min_size=1,
        max_size=12,
    ),
    exponent=st.integers(-240, 240),
    seed=st.integers(0, 9),
)
def test_they_are_those_that_the_matrix_has(values: list[float], exponent: int, seed: int) -> None:
    given = np.array(values)
    found = extremes_of(np.ldexp(with_eigenvalues(given, seed), exponent))
    largest = np.abs(given).max()
    wanted = [given.min(), given.max()]
    np.testing.assert_allclose(np.ldexp(found, -exponent), wanted, rtol=0, atol=4e-15 * largest)


@pytest.mark.parametrize(
    ("matrix", "wanted"),
    [
        ([[3.0]], (3, 3)),
        ([[-0.0]], (0, 0)),
        ([[0.0, 1.0], [1.0, 0.0]], (-1, 1)),
        (np.zeros((5, 5)), (0, 0)),
        (np.diag([4.0, -2.0, 9.0, 0.0]), (-2, 9)),
        (np.ones((6, 6)), (0, 6)),
        ([[0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0]], (-2, 2)),
    ],
)
def test_matrices_that_are_known_by_heart(matrix: Floats, wanted: tuple[float, float]) -> None:
    np.testing.assert_allclose(extremes_of(np.array(matrix, float)), wanted, rtol=0, atol=1e-14)


def test_a_matrix_that_isnt_finite_has_none_and_harms_no_other() -> None:
    matrices = np.repeat(np.diag([1.0, 2.0, 3.0])[..., None], 8, axis=2)
    matrices[0, 1, 2] = matrices[1, 0, 2] = np.nan
    matrices[1, 1, 5] = np.inf
    found = extreme_eigenvalues(matrices)
    assert np.isnan(found[:, [2, 5]]).all()
    assert (found[:, [0, 1, 3, 4, 6, 7]] == [[1.0], [3.0]]).all()


@pytest.mark.parametrize("size", [1, 2, 3, 9, 33, pytest.param(150, marks=pytest.mark.slow)])
def test_company_changes_no_bit(size: int) -> None:
    generator = np.random.default_rng(size)
    matrices = generator.normal(size=(size, size, 40))
    matrices += matrices.swapaxes(0, 1)
    together = extreme_eigenvalues(matrices.copy())
    for members in (np.arange(8), np.arange(39, 15, -1), np.repeat(7, 8)):
        # At another place in memory, since that decides which instructions NumPy takes.
        apart = np.empty(size * size * len(members) + 1)[1:].reshape(size, size, len(members))
        apart[...] = matrices[..., members]
        assert extreme_eigenvalues(apart).tobytes() == together[:, members].tobytes()
