"""The boundary of a flag on a map, against plain loops and shapes of known dimension."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from xorsweep.analysis.boundary import boundary_blocks, busiest_window, measure_boundary

FLAGS = arrays(
    np.int8,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=20),
    elements=st.sampled_from([-1, 0, 1, 1, 0]),
)


@given(FLAGS)
def test_a_block_with_both_values_is_on_the_boundary(flag: np.ndarray) -> None:
    found = boundary_blocks(flag)
    rows, columns = flag.shape
    assert found.shape == (rows - 1, columns - 1)
    for row in range(rows - 1):
        for column in range(columns - 1):
            values = {
                int(flag[row + down, column + across]) for down in (0, 1) for across in (0, 1)
            }
            assert found[row, column] == (values == {0, 1})


@given(FLAGS)
def test_boxes_are_counted_as_a_loop_does(flag: np.ndarray) -> None:
    blocks = boundary_blocks(flag)
    found = measure_boundary(flag)
    assert found.sizes[0] == 1
    for size, count in zip(found.sizes.tolist(), found.counts.tolist(), strict=True):
        boxes = {(row // size, column // size) for row, column in np.argwhere(blocks).tolist()}
        assert count == len(boxes)
    for one, other in pairwise(found.sizes.tolist()):
        assert other == 2 * one
    assert 4 * found.sizes[-1] <= max(4, min(blocks.shape))


@given(FLAGS, st.data())
def test_the_busiest_window_holds_as_many_as_any(flag: np.ndarray, data: st.DataObject) -> None:
    blocks = boundary_blocks(flag)
    rows, columns = blocks.shape
    down, across = data.draw(st.tuples(st.integers(1, rows), st.integers(1, columns)))
    counts = {
        (row, column): int(blocks[row : row + down, column : column + across].sum())
        for row in range(rows - down + 1)
        for column in range(columns - across + 1)
    }
    first = next(place for place, count in counts.items() if count == max(counts.values()))
    assert busiest_window(blocks, (down, across)) == first


def test_a_straight_line_has_dimension_one() -> None:
    flag = np.zeros((257, 257), np.int8)
    flag[100:] = 1
    found = measure_boundary(flag)
    assert found.pixels == 256
    assert found.dimension == 1
    assert found.slopes.tolist() == [1] * 6


def test_a_checkerboard_has_dimension_two() -> None:
    flag = (np.indices((257, 257)).sum(axis=0) % 2).astype(np.int8)
    found = measure_boundary(flag)
    assert found.pixels == 256 * 256
    assert found.dimension == 2


def test_a_slope_has_about_one_and_a_koch_curve_about_its_own() -> None:
    size = 1025
    rows, columns = np.indices((size, size))
    assert measure_boundary((rows > columns // 3).astype(np.int8)).dimension == pytest.approx(
        1, abs=0.08
    )
    corners = np.array([0, 1 / 3, 0.5 + 1j * np.sqrt(3) / 6, 2 / 3, 1])
    curve = np.array([0, 1], complex)
    for _ in range(6):
        steps = np.diff(curve)
        curve = np.append((curve[:-1, None] + steps[:, None] * corners[:-1]).ravel(), curve[-1])
    places = np.interp(np.linspace(0, 1, 400_001), np.linspace(0, 1, len(curve)), curve.real)
    heights = np.interp(np.linspace(0, 1, 400_001), np.linspace(0, 1, len(curve)), curve.imag)
    on_curve = np.zeros((size, size), np.int8)
    down = (heights * (size - 2) + size / 4).astype(int)
    on_curve[down, (places * (size - 2)).astype(int)] = 1
    assert measure_boundary(on_curve).dimension == pytest.approx(np.log(4) / np.log(3), abs=0.12)


def test_without_a_boundary_there_is_no_dimension() -> None:
    found = measure_boundary(np.ones((40, 40), np.int8))
    assert found.pixels == 0
    assert np.isnan(found.dimension)
    assert len(found.slopes) == 0
