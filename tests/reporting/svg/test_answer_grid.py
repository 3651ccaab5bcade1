"""Answers of any task as fields: each in its place, with its colour and its target's mark."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from xorsweep.reporting.svg.answer_grid import answer_grid, describe_answer_grid
from xorsweep.reporting.svg.palette import BLACK, NO_NUMBER, SHADES, WHITE, output_image, shades


def colors(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image)


def test_several_outputs_lie_side_by_side_and_rows_below_one_another() -> None:
    outputs = np.linspace(0, 1, 12).reshape(3, 4)
    targets = np.zeros((3, 4))
    targets[2, 1] = 1
    found = colors(answer_grid(outputs, targets, 200))
    assert found.shape == (150, 200, 3)
    middles, corners = found[24::50, 24::50], found[3::50, 3::50]
    np.testing.assert_array_equal(corners, colors(output_image(outputs)))
    np.testing.assert_array_equal(middles, np.where(targets[..., None], WHITE, BLACK))


def test_the_rows_of_one_output_are_counted_along_the_lines() -> None:
    outputs = np.linspace(0, 1, 8)[:, None]
    found = colors(answer_grid(outputs, np.tile([[0.1], [0.9]], (4, 1)), 200))
    assert found.shape == (100, 200, 3)
    np.testing.assert_array_equal(found[3::50, 3::50], colors(output_image(outputs.reshape(2, 4))))
    assert tuple(found[24, 24]) == BLACK
    assert tuple(found[24, 74]) == WHITE


@pytest.mark.parametrize(
    ("rows", "units"), [(2, 1), (3, 1), (256, 1), (10, 10), (64, 64), (300, 300), (2, 500)]
)
def test_any_task_fits(rows: int, units: int) -> None:
    outputs = np.full((rows, units), 0.5)
    found = colors(answer_grid(outputs, np.eye(rows, units), 200))
    assert max(found.shape) <= 200
    middle = colors(output_image(np.array([[0.5]])))
    assert (found == middle).all(axis=-1).any()


def test_missing_numbers_are_grey() -> None:
    found = colors(answer_grid(np.array([[np.nan], [1.0]]), np.array([[0.0], [1.0]]), 200))
    assert tuple(found[3, 3]) == NO_NUMBER
    assert (found[3, 103] == shades()[SHADES - 1]).all()


def test_the_description_counts_correct_outputs() -> None:
    targets = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert describe_answer_grid(np.array([[0.1], [0.8], [0.4], [np.nan]]), targets) == (
        "4 outputs, 2 of them on the right side of one half; the furthest is off by not a number."
    )
    right = describe_answer_grid(np.abs(targets - 0.125), targets)
    assert right == (
        "4 outputs, 4 of them on the right side of one half; the furthest is off by 0.125."
    )
