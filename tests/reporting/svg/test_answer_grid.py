"""Answers of any task as fields: each in its place, with its colour and its target's mark."""

import numpy as np
import pytest

from xorsweep.reporting.svg.answer_grid import answer_grid, describe_answer_grid
from xorsweep.reporting.svg.palette import BLACK, NO_NUMBER, SHADES, WHITE, shades


def test_several_outputs_lie_side_by_side_and_rows_below_one_another() -> None:
    outputs = np.linspace(0, 1, 12).reshape(3, 4)
    targets = np.zeros((3, 4))
    targets[2, 1] = 1
    found = answer_grid(outputs, targets, 200)
    assert found.shape == (150, 200)
    middles, corners = found[24::50, 24::50], found[3::50, 3::50]
    np.testing.assert_array_equal(corners, shades(outputs))
    np.testing.assert_array_equal(middles, np.where(targets, WHITE, BLACK))


def test_the_rows_of_one_output_are_counted_along_the_lines() -> None:
    outputs = np.linspace(0, 1, 8)[:, None]
    found = answer_grid(outputs, np.tile([[0.1], [0.9]], (4, 1)), 200)
    assert found.shape == (100, 200)
    np.testing.assert_array_equal(found[3::50, 3::50], shades(outputs).reshape(2, 4))
    assert found[24, 24] == BLACK
    assert found[24, 74] == WHITE


@pytest.mark.parametrize(
    ("rows", "units"), [(2, 1), (3, 1), (256, 1), (10, 10), (64, 64), (300, 300), (2, 500)]
)
def test_any_task_fits(rows: int, units: int) -> None:
    outputs = np.full((rows, units), 0.5)
    found = answer_grid(outputs, np.eye(rows, units), 200)
    assert max(found.shape) <= 200
    assert shades(np.array([0.5]))[0] in found


def test_what_is_no_number_is_grey() -> None:
    found = answer_grid(np.array([[np.nan], [1.0]]), np.array([[0.0], [1.0]]), 200)
    assert found[3, 3] == NO_NUMBER
    assert found[3, 103] == SHADES - 1


def test_the_description_counts_what_is_right() -> None:
    targets = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert describe_answer_grid(np.array([[0.1], [0.8], [0.4], [np.nan]]), targets) == (
        "4 outputs, 2 of them on the right side of one half; the furthest is off by not a number."
    )
    right = describe_answer_grid(np.abs(targets - 0.125), targets)
    assert right == (
        "4 outputs, 4 of them on the right side of one half; the furthest is off by 0.125."
    )
