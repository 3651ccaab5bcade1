"""The codes of axes of a product are those of arrays, without an element for each point."""

from math import prod
from typing import Any

import numpy as np
import pytest
from grids import PointOf
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.grid.axes import Axis
from xorsweep.grid.columns import Column, ProductCodes, number_by_appearance
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.identities import Identities
from xorsweep.networks.schema import NETWORK_SCHEMA

pytestmark = pytest.mark.unit


@st.composite
def codes_and_arrays(draw: st.DrawFn) -> tuple[ProductCodes, "np.ndarray[Any, Any]"]:
    """Return the codes of an axis in a product, and an array of them made by repetition."""
    faster, slower = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    of_level = np.array(draw(st.lists(st.integers(0, 3), min_size=1, max_size=5)), np.int32)
    codes = ProductCodes(slower * len(of_level) * faster, faster, of_level)
    return codes, np.tile(np.repeat(of_level, faster), slower)


@given(pair=codes_and_arrays(), data=st.data())
def test_codes_are_indexed_as_arrays_are(pair: Any, data: st.DataObject) -> None:
    codes, array = pair
    assert len(codes) == len(array)
    assert codes.shape == array.shape
    row = data.draw(st.integers(-len(array), len(array) - 1))
    assert codes[row] == array[row]
    rows = data.draw(st.lists(st.integers(0, len(array) - 1), max_size=6))
    np.testing.assert_array_equal(codes[np.array(rows, int)], array[np.array(rows, int)])
    mask = np.isin(np.arange(len(array)), rows)
    np.testing.assert_array_equal(codes[mask], array[mask])
    np.testing.assert_array_equal(codes[[row]], array[[row]])
    some = data.draw(st.slices(len(array)))
    np.testing.assert_array_equal(codes[some], array[some])
    assert codes[some].dtype == np.int32


@given(pair=codes_and_arrays())
def test_codes_are_computed_with_as_arrays_are(pair: Any) -> None:
    codes, array = pair
    np.testing.assert_array_equal(codes == 2, array == 2)
    np.testing.assert_array_equal(3 * codes + array, 4 * array)
    np.testing.assert_array_equal(np.unique(codes), np.unique(array))
    np.testing.assert_array_equal(np.arange(9)[codes], array)


@given(pair=codes_and_arrays())
def test_a_column_counts_its_levels_and_finds_their_first_rows(pair: Any) -> None:
    codes, array = pair
    _, array = np.unique(array, return_inverse=True)
    of_level = array[:: codes.stride][: len(codes.of_level)].astype(np.int32)
    levels = tuple(range(int(array.max()) + 1))
    for column in (
        Column(levels, array.astype(np.int32)),
        Column(levels, ProductCodes(len(array), codes.stride, of_level)),
    ):
        assert column.counts.tolist() == [(array == level).sum() for level in levels]
        assert column.first_rows.tolist() == [array.tolist().index(level) for level in levels]


def composed(point_of: PointOf) -> tuple[list[Axis], list[Any], list[tuple[str, ...]]]:
    """Return axes of a product, two of them composed and two zipped, with bases."""
    bases = [point_of(optimizer=each, task=task) for task in ("xor", "or") for each in OPTIMIZERS]
    axes = [
        Axis("task", ("xor", "or"), structural=True),
        Axis("seed", (5, 3, 4)),
        Axis("optimizer", OPTIMIZERS, structural=True),
        Axis("lr", (0.1, 0.5)),
        Axis("hidden", (2, 3)),
        Axis("epochs", (10, 1)),
    ]
    return axes, bases, [("lr", "hidden")]


OPTIMIZERS = ("sgd", "momentum", "adam")


def assert_is_product(grid: Grid, sizes: list[int], keys: list[str]) -> None:
    count = prod(sizes)
    assert len(grid) == count
    for place, key in enumerate(keys):
        codes = np.tile(
            np.repeat(np.arange(sizes[place]), prod(sizes[place + 1 :])), prod(sizes[:place])
        )
        np.testing.assert_array_equal(grid.columns[key].codes, codes)


def test_a_product_has_no_element_per_point(point_of: PointOf) -> None:
    axes, _, zipped = composed(point_of)
    axes = [axis for axis in axes if not axis.structural]
    grid = concatenate([product_grid(NETWORK_SCHEMA, axes, [point_of()], zipped)])
    assert_is_product(grid, [3, 2, 2], ["seed", "lr", "epochs"])
    for column in grid.columns.values():
        assert isinstance(column.codes, ProductCodes) or column.codes.strides == (0,)


@given(st.lists(st.integers(0, 6) | st.just(10**9), max_size=30))
def test_codes_are_numbered_in_the_order_in_which_they_appear(codes: list[int]) -> None:
    order = list(dict.fromkeys(codes))
    found = number_by_appearance(np.array(codes, np.int64))
    assert found.tolist() == [order.index(code) for code in codes]


@pytest.mark.parametrize("most", [1, 4, 64])
def test_points_of_products_are_found(point_of: PointOf, most: int) -> None:
    axes, bases, zipped = composed(point_of)
    grid = concatenate([product_grid(NETWORK_SCHEMA, axes, bases, zipped)])
    assert_is_product(grid, [2, 3, 3, 2, 2], ["task", "seed", "optimizer", "lr", "epochs"])
    assert len(set(grid.identities.tolist())) == len(grid) == 72
    rows = np.random.default_rng(0).permutation(72)
    whole = Identities(grid.columns, most)
    np.testing.assert_array_equal(whole.rows_of(grid.identities[rows]), rows)
    other = product_grid(NETWORK_SCHEMA, [Axis("seed", tuple(range(5)))], [point_of()])
    wanted = [
        list(grid.identities).index(each) if each in grid.identities else -1
        for each in other.identities
    ]
    np.testing.assert_array_equal(whole.rows_of(other.identities), wanted)
    some = grid.at(np.arange(0, 72, 5))
    found = Identities(some.columns, most).rows_of(grid.identities[[5, 6, 70]])
    np.testing.assert_array_equal(found, [1, -1, 14])


def test_a_product_with_equal_bases_has_each_point_once(point_of: PointOf) -> None:
    axes = [Axis("optimizer", ("sgd", "momentum"), structural=True), Axis("lr", (0.1, 0.5))]
    twice = product_grid(NETWORK_SCHEMA, axes, [point_of(), point_of(lr=0.2)])
    assert len(twice) == 4
    assert concatenate([twice]).columns["lr"].array().tolist() == [0.1, 0.5]
