import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xorsweep.measures import (
    DESCRIPTIONS,
    LEVELS,
    OUTCOMES,
    classify,
    course_epochs,
    has_xor_levels,
    measure,
)
from xorsweep.tasks import TASKS, Parity

XOR = np.array([[0.0], [1.0], [1.0], [0.0]])
NUMBERS = st.floats(-1e3, 1e3)


def outcomes(outputs: list[float], holds: bool = False) -> str:
    """Return the name of where one network with these outputs for XOR's rows ended."""
    column = np.array(outputs)[:, None, None]
    error = measure(column, XOR).final_error
    return OUTCOMES[classify(error, np.array([holds]), np.isfinite(error), xor=True)[0]]


@given(
    arrays(np.float64, (6, 2, 5), elements=NUMBERS), arrays(np.float64, (6, 2), elements=NUMBERS)
)
def test_errors_are_what_their_definitions_say(outputs: np.ndarray, targets: np.ndarray) -> None:
    found = measure(outputs, targets)
    for member in range(5):
        errors = [
            targets[row, unit] - outputs[row, unit, member] for row in range(6) for unit in range(2)
        ]
        squares = math.fsum(error**2 for error in errors)
        assert found.final_error[member] == pytest.approx(squares / 2, rel=1e-14)
        assert found.mse[member] == pytest.approx(squares / 12, rel=1e-14)
        assert found.max_abs_error[member] == max(map(abs, errors))


@pytest.mark.parametrize("members", [1, 2, 7, 64])
def test_the_bits_of_an_error_do_not_depend_on_the_company(members: int) -> None:
    generator = np.random.default_rng(0)
    outputs, targets = generator.normal(size=(9, 3, 64)), generator.normal(size=(9, 3))
    for together, alone in zip(
        measure(outputs, targets), measure(outputs[..., :members].copy(), targets), strict=True
    ):
        np.testing.assert_array_equal(together[:members], alone)


def test_what_is_not_finite_stays_so_without_a_warning() -> None:
    outputs = np.array([[[np.nan, np.inf, 1e300, 0.0]]])
    found = measure(outputs, np.array([[0.0]]))
    assert np.isnan(found.final_error[0])
    np.testing.assert_array_equal(found.final_error[1:], [np.inf, np.inf, 0.0])


@pytest.mark.parametrize(
    ("outputs", "outcome"),
    [
        ([0, 1, 0.5, 0.5], "two_rows_at_half"),
        ([0.5, 0.5, 1, 0], "two_rows_at_half"),
        ([0, 2 / 3, 2 / 3, 2 / 3], "three_rows_share"),
        ([1 / 3, 1, 1 / 3, 1 / 3], "three_rows_share"),
        ([0.5, 0.5, 0.5, 0.5], "all_at_half"),
        ([0, 0, 0, 0], "constant_output"),
        ([1, 1, 1, 1], "constant_output"),
        ([0.1, 0.7, 0.6, 0.4], "slow"),
        ([1, 0, 0, 1], "slow"),
        ([0, 1, 1, np.nan], "diverged"),
    ],
)
def test_a_run_that_is_not_solved_is_named_by_its_level(outputs: list[float], outcome: str) -> None:
    assert outcomes(outputs) == outcome


def test_a_level_has_a_width() -> None:
    assert outcomes([0.05, 0.95, 0.52, 0.48]) == "two_rows_at_half"
    assert outcomes([0.2, 0.8, 0.5, 0.5]) == "slow"


def test_what_meets_the_criterion_is_solved_at_whatever_level() -> None:
    assert outcomes([0, 1, 0.5, 0.5], holds=True) == "solved"


def test_other_tasks_have_no_levels() -> None:
    codes = classify(np.array([0.25, 0.5]), np.zeros(2, bool), np.ones(2, bool), xor=False)
    assert [OUTCOMES[code] for code in codes] == ["slow", "slow"]


def test_levels_are_known_for_xor_and_what_equals_it() -> None:
    known = {name for name, task in TASKS.items() if has_xor_levels(task().targets())}
    assert known == {"xor", "xnor"}
    assert has_xor_levels(Parity(bits=2).targets())
    assert not has_xor_levels(TASKS["xor"](levels="soft").targets())


def test_every_outcome_is_described_and_every_level_is_an_outcome() -> None:
    assert set(DESCRIPTIONS) == set(OUTCOMES)
    assert set(LEVELS) < set(OUTCOMES)


@given(st.integers(1, 10**9))
def test_course_epochs_rise_from_zero_to_the_last(last: int) -> None:
    epochs = course_epochs(last)
    assert epochs[0] == 0
    assert epochs[-1] == last
    assert all(a < b for a, b in pairwise(epochs))


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_shorter_course_is_the_beginning_of_a_longer_one(one: int, other: int) -> None:
    shorter, longer = sorted((course_epochs(one), course_epochs(other)), key=lambda it: it[-1])
    assert longer[: len(shorter) - 1] == shorter[:-1]


def test_course_epochs_are_spaced_evenly_on_a_log_axis() -> None:
    assert course_epochs(10) == (0, 1, 2, 3, 4, 6, 7, 10)
    steps = np.diff(np.log10(course_epochs(10**6)[8:]))
    np.testing.assert_allclose(steps, 1 / 8, atol=0.02)


@given(st.integers(0, 10**9))
def test_a_closer_course_goes_through_the_same_epochs(last: int) -> None:
    assert set(course_epochs(last)) <= set(course_epochs(last, 32))
