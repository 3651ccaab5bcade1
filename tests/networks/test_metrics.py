import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xorsweep.networks.metrics import (
    DESCRIPTIONS,
    OUTCOMES,
    PLATEAUS,
    classify,
    error_label,
    is_xor,
    learning_curve_epochs,
    measure,
    plateau_labels,
    plateaus,
)
from xorsweep.networks.tasks import TASKS, Parity

XOR = np.array([[0.0], [1.0], [1.0], [0.0]])
NUMBERS = st.floats(-1e3, 1e3)


def outcome_of(outputs: Sequence[float], targets: np.ndarray = XOR, holds: bool = False) -> str:
    """Return the outcome of one network with these outputs for the rows of its task."""
    column = np.array(outputs)[:, None, None]
    finite = np.isfinite(column).all(axis=(0, 1))
    return OUTCOMES[classify(column, targets, np.array([holds]), finite)[0]]


def expected(outputs: Sequence[float], targets: Sequence[float]) -> str:
    """Return the outcome of outputs that don't solve the task, row by row as it is defined."""
    low, high = min(targets), max(targets)

    def near(row: int, value: float) -> bool:
        return abs(outputs[row] - value) <= 0.1

    rows = range(4)
    right = [row for row in rows if near(row, targets[row])]
    others = [row for row in rows if row not in right]
    wrong = [row for row in others if near(row, low) or near(row, high)]
    if all(near(row, low) for row in rows) or all(near(row, high) for row in rows):
        return "constant_output"
    if len(others) == 4 and all(near(row, 0.5) for row in rows):
        return "all_at_half"
    if len(right) == 2 and all(near(row, 0.5) for row in others):
        return "two_rows_at_half"
    if len(right) == 1 and all(near(row, sum(targets[i] for i in others) / 3) for row in others):
        return "three_rows_share"
    if wrong == others and len(wrong) in (1, 2):
        return "one_row_wrong" if len(wrong) == 1 else "two_rows_wrong"
    return "unclassified"


@given(
    arrays(np.float64, (6, 2, 5), elements=NUMBERS), arrays(np.float64, (6, 2), elements=NUMBERS)
)
def test_errors_agree_with_their_definitions(outputs: np.ndarray, targets: np.ndarray) -> None:
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


def test_non_finite_values_stay_so_without_a_warning() -> None:
    outputs = np.array([[[np.nan, np.inf, 1e300, 0.0]]])
    found = measure(outputs, np.array([[0.0]]))
    assert np.isnan(found.final_error[0])
    np.testing.assert_array_equal(found.final_error[1:], [np.inf, np.inf, 0.0])


@pytest.mark.parametrize(
    ("outputs", "outcome"),
    [
        ([0, 1, 0.5, 0.5], "two_rows_at_half"),
        ([0.5, 0.5, 1, 0], "two_rows_at_half"),
        ([0.5, 1, 1, 0.5], "two_rows_at_half"),
        ([0, 2 / 3, 2 / 3, 2 / 3], "three_rows_share"),
        ([1 / 3, 1, 1 / 3, 1 / 3], "three_rows_share"),
        ([0, 1 / 3, 1 / 3, 1 / 3], "unclassified"),
        ([2 / 3, 1, 2 / 3, 2 / 3], "unclassified"),
        ([0.5, 0.5, 0.5, 0.5], "all_at_half"),
        ([0, 0, 0, 0], "constant_output"),
        ([1, 1, 1, 1], "constant_output"),
        ([0.0057, 0.9999, 0.9999, 0.9999], "one_row_wrong"),
        ([0, 0, 1, 0], "one_row_wrong"),
        ([1, 0, 1, 0], "two_rows_wrong"),
        ([0, 0, 1, 1], "two_rows_wrong"),
        ([1, 0, 0, 0], "unclassified"),
        ([1, 0, 0, 1], "unclassified"),
        ([0, 1, 1, 0], "unclassified"),
        ([0.1, 0.7, 0.6, 0.4], "unclassified"),
        ([0.0, 0.5, 0.5, 0.9], "unclassified"),
        ([0, 1, 1, np.nan], "diverged"),
    ],
)
def test_a_run_that_is_not_solved_is_named_by_its_outputs(
    outputs: list[float], outcome: str
) -> None:
    assert outcome_of(outputs) == outcome
    assert outcome_of([1 - output for output in outputs], 1 - XOR) == outcome


@pytest.mark.parametrize(
    ("outputs", "outcome"),
    [
        ([0.1, 0.9, 0.5, 0.5], "two_rows_at_half"),
        ([0.1, 1.9 / 3, 1.9 / 3, 1.9 / 3], "three_rows_share"),
        ([1.1 / 3, 0.9, 1.1 / 3, 1.1 / 3], "three_rows_share"),
        ([0.5, 0.5, 0.5, 0.5], "all_at_half"),
        ([0.1, 0.1, 0.1, 0.1], "constant_output"),
        ([0, 0, 0, 0], "constant_output"),
        ([1, 1, 1, 1], "constant_output"),
        ([0.1, 0.9, 0.9, 0.9], "one_row_wrong"),
        ([0.1, 0.9, 0.1, 0.9], "two_rows_wrong"),
        ([0.1, 0.9, 0.9, 0.1], "unclassified"),
    ],
)
def test_soft_targets_have_patterns_of_their_own(outputs: list[float], outcome: str) -> None:
    xor, xnor = (TASKS[name](levels="soft").targets() for name in ("xor", "xnor"))
    assert outcome_of(outputs, xor) == outcome
    assert outcome_of([1 - output for output in outputs], xnor) == outcome


def test_every_output_may_be_a_tenth_off() -> None:
    assert outcome_of([0.1, 0.9, 0.59, 0.41]) == "two_rows_at_half"
    assert outcome_of([0.11, 0.9, 0.59, 0.41]) == "unclassified"
    assert outcome_of([0.1, 0.9, 0.61, 0.41]) == "unclassified"
    assert outcome_of([-0.05, 1.05, 0.5, 0.5]) == "two_rows_at_half"


NEAR_A_PATTERN = st.sampled_from([0, 0.1, 1.1 / 3, 1 / 3, 0.5, 1.9 / 3, 2 / 3, 0.9, 1])
OUTPUTS = st.tuples(NEAR_A_PATTERN, st.floats(-0.12, 0.12)).map(sum)


@pytest.mark.parametrize("task", ["xor", "xnor"])
@pytest.mark.parametrize("levels", ["hard", "soft"])
@given(table=arrays(np.float64, (4, 9), elements=OUTPUTS))
def test_outcomes_are_those_of_a_plain_loop_over_rows(
    task: str, levels: str, table: np.ndarray
) -> None:
    targets = TASKS[task](levels=levels).targets()
    none, every = np.zeros(9, bool), np.ones(9, bool)
    codes = classify(table[:, None], targets, none, every)
    wanted = [expected(outputs, targets[:, 0].tolist()) for outputs in table.T.tolist()]
    assert [OUTCOMES[code] for code in codes] == wanted


def test_a_run_that_meets_the_criterion_is_solved_regardless_of_its_outputs() -> None:
    assert outcome_of([0, 1, 0.5, 0.5], holds=True) == "solved"


@pytest.mark.parametrize("name", ["and", "nand", "or", "parity", "encoder"])
def test_other_tasks_have_no_patterns(name: str) -> None:
    targets = TASKS[name]().targets()
    outputs = np.full((*targets.shape, 3), 0.5)
    solved, finite = np.array([[True, False, False], [True, True, False]])
    codes = classify(outputs, targets, solved, finite)
    assert [OUTCOMES[code] for code in codes] == ["solved", "unclassified", "diverged"]
    assert plateaus(targets) == {}


def test_patterns_are_known_for_xor_and_equal_tasks() -> None:
    named = {"xor", "xnor", "boolean"}  # the table of boolean is by default that of XOR
    assert {name for name, task in TASKS.items() if is_xor(task().targets())} == named
    assert is_xor(Parity(bits=2).targets())
    assert is_xor(Parity(bits=2, levels="soft", encoding="bipolar").targets())
    assert not is_xor(0.2 + 0.6 * XOR)
    assert not is_xor(2 * XOR - 1)


@pytest.mark.parametrize(("levels", "low", "high"), [("hard", 0, 1), ("soft", 0.1, 0.9)])
def test_the_error_of_a_plateau_is_that_of_its_outputs(
    levels: str, low: float, high: float
) -> None:
    found = plateaus(TASKS["xor"](levels=levels).targets())
    outputs = {
        "two_rows_at_half": [low, high, 0.5, 0.5],
        "three_rows_share": [low, *[(low + 2 * high) / 3] * 3],
        "all_at_half": [0.5] * 4,
        "constant_output": [0] * 4,
    }
    targets = (low, high, high, low)
    errors = {
        name: sum((target - output) ** 2 for target, output in zip(targets, each, strict=True)) / 2
        for name, each in outputs.items()
    }
    assert found == pytest.approx(errors)
    assert list(found) == list(PLATEAUS)


def test_plateaus_are_labelled_by_their_errors() -> None:
    assert plateaus(XOR) == PLATEAUS
    assert list(plateau_labels(PLATEAUS)) == [
        *("1/2: all at half", "1/4: two rows at half"),
        *("1: constant output", "1/3: three rows share"),
    ]
    assert error_label(0.64 / 3) == "0.21"


def test_every_outcome_is_described_and_every_plateau_is_an_outcome() -> None:
    assert set(DESCRIPTIONS) == set(OUTCOMES)
    assert set(PLATEAUS) < set(OUTCOMES)


@given(st.integers(1, 10**9))
def test_curve_epochs_rise_from_zero_to_the_last(last: int) -> None:
    epochs = learning_curve_epochs(last)
    assert epochs[0] == 0
    assert epochs[-1] == last
    assert all(a < b for a, b in pairwise(epochs))


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_shorter_curve_is_the_beginning_of_a_longer_one(one: int, other: int) -> None:
    shorter, longer = sorted(
        (learning_curve_epochs(one), learning_curve_epochs(other)), key=lambda it: it[-1]
    )
    assert longer[: len(shorter) - 1] == shorter[:-1]


def test_curve_epochs_are_spaced_evenly_on_a_log_axis() -> None:
    assert learning_curve_epochs(10) == (0, 1, 2, 3, 4, 6, 7, 10)
    steps = np.diff(np.log10(learning_curve_epochs(10**6)[8:]))
    np.testing.assert_allclose(steps, 1 / 8, atol=0.02)


@given(st.integers(0, 10**9))
def test_a_closer_curve_goes_through_the_same_epochs(last: int) -> None:
    assert set(learning_curve_epochs(last)) <= set(learning_curve_epochs(last, 32))
