"""Identities of points: equal where the points are, whatever grid they stand in."""

import hashlib
from typing import Any

import numpy as np
from grids import PointOf, axes_of, frozen, points
from hypothesis import given
from hypothesis import strategies as st
from profiles import examples

from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.networks.schema import NETWORK_SCHEMA

WHERES = st.sampled_from([None, "seed % 7 != 3", "lr < 0.2 or epochs == 2"])


@examples(8, 120)
@given(axes=axes_of(), more=axes_of(), optimizer=st.sampled_from(["sgd", "momentum"]))
def test_identities_are_equal_exactly_where_points_are(
    bare_point_of: PointOf, axes: list[Axis], more: list[Axis], optimizer: str
) -> None:
    first = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
    second = product_grid(NETWORK_SCHEMA, more, [bare_point_of(optimizer=optimizer)])
    by_identity: dict[int, frozenset[Any]] = {}
    by_point: dict[frozenset[Any], int] = {}
    for grid in (first, second):
        for point, identity in zip(points(grid), grid.identities.tolist(), strict=True):
            assert by_identity.setdefault(identity, frozen(point)) == frozen(point)
            assert by_point.setdefault(frozen(point), identity) == identity


def test_a_point_has_the_same_identity_alone_and_among_others(bare_point_of: PointOf) -> None:
    bases = [bare_point_of(optimizer="sgd"), bare_point_of(optimizer="momentum")]
    axes = [
        Axis("optimizer", ("sgd", "momentum"), structural=True),
        Axis("lr", (0.1, 0.5)),
        Axis("seed", (3, 9)),
    ]
    grid = product_grid(NETWORK_SCHEMA, axes, bases)
    alone = [product_grid(NETWORK_SCHEMA, [], [point]).identities[0] for point in points(grid)]
    np.testing.assert_array_equal(grid.identities, alone)
    turned = product_grid(NETWORK_SCHEMA, [axes[2], axes[0], axes[1]], bases)
    assert set(turned.identities.tolist()) == set(grid.identities.tolist())


def test_an_identity_is_the_sum_of_the_hashes_of_keys_and_values(bare_point_of: PointOf) -> None:
    typed = {True: "true", False: "false"}
    texts = [
        f"{key}\0{type(value).__name__}\0{typed[value] if isinstance(value, bool) else value}"
        for key, value in bare_point_of(skip=True, lr=0.1).items()
    ]
    digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
    total = sum(int.from_bytes(digest, "little") for digest in digests) % 2**64
    found = product_grid(NETWORK_SCHEMA, [], [bare_point_of(skip=True, lr=0.1)]).identities
    assert found.dtype == np.uint64
    assert found.tolist() == [total]


@given(axes=axes_of(), data=st.data())
def test_rows_are_found_by_identity_in_any_order(
    bare_point_of: PointOf, axes: list[Axis], data: st.DataObject
) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
    rows = data.draw(st.lists(st.integers(0, len(grid) - 1), max_size=8))
    absent = product_grid(NETWORK_SCHEMA, [], [bare_point_of(task="or")]).identities
    asked = np.concatenate([absent, grid.identities[np.array(rows, int)], absent])
    np.testing.assert_array_equal(grid.rows_of(asked), [-1, *rows, -1])


@given(data=st.data())
def test_rows_of_long_batches_are_found_in_any_order(
    bare_point_of: PointOf, data: st.DataObject
) -> None:
    axes = [Axis("lr", (0.1, 0.5)), Axis("seed", tuple(range(150))), Axis("epochs", (1, 2))]
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()], where=data.draw(WHERES))
    pieces = st.tuples(st.integers(0, len(grid) - 1), st.integers(0, 260), st.integers(-3, 3))
    rows = [
        row
        for first, count, stride in data.draw(st.lists(pieces, max_size=5))
        for row in range(first, first + count * stride, stride or 1)
        if 0 <= row < len(grid)
    ]
    identities = grid.identities[np.array(rows, int)]
    absent = data.draw(st.sets(st.integers(0, max(0, len(rows) - 1)), max_size=3))
    for place in absent & set(range(len(rows))):
        identities[place], rows[place] = 12345, -1
    np.testing.assert_array_equal(grid.rows_of(identities), np.array(rows, int))
