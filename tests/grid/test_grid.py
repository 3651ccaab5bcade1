"""The grid: an order like itertools.product's, identities, and grids made of grids."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.grid.axes import Axis, check_size
from xorsweep.grid.columns import Column, distinct
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]

LEVELS: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.floats(1e-6, 1e3),
    "hidden": st.integers(1, 9),
    "epochs": st.integers(1, 50),
    "seed": st.integers(0, 2**32 - 1),
    "skip": st.booleans(),
    "init.high": st.floats(0.5, 5.0),
    "criterion.held_for": st.integers(1, 5),
    "task.levels": st.sampled_from(["hard", "soft"]),
    "output": st.sampled_from(["logistic", "linear"]),
}


@st.composite
def axes_of(draw: st.DrawFn, keys: Sequence[str] = tuple(LEVELS)) -> list[Axis]:
    """Return up to four axes with up to four distinct levels each."""
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=4))
    return [
        Axis(key, tuple(draw(st.lists(LEVELS[key], unique=True, min_size=1, max_size=4))))
        for key in chosen
    ]


def points(grid: Grid) -> list[Point]:
    return [grid.point(row) for row in range(len(grid))]


def frozen(point: Point) -> frozenset[tuple[str, str, Scalar]]:
    return frozenset((key, type(value).__name__, value) for key, value in point.items())


def expected(axes: Sequence[Axis], base: Point) -> Iterator[Point]:
    for levels in product(*(axis.levels for axis in axes)):
        yield {**base, **dict(zip([axis.key for axis in axes], levels, strict=True))}


@given(axes=axes_of())
def test_the_points_are_those_of_itertools_product_in_its_order(
    point_of: PointOf, axes: list[Axis]
) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    assert points(grid) == list(expected(axes, point_of()))
    assert grid.swept == tuple(axis.key for axis in axes)


@given(axes=axes_of())
def test_a_column_holds_the_value_of_each_point(point_of: PointOf, axes: list[Axis]) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    for key, column in grid.columns.items():
        values = [point[key] for point in points(grid)]
        assert column.array().tolist() == values
        assert column.array(slice(1, 3)).tolist() == values[1:3]
        assert {type(value) for value in column.array().tolist()} == {type(values[0])}


def test_structural_axes_choose_the_base_and_take_their_place_in_the_order(
    point_of: PointOf,
) -> None:
    inits, losses = ("uniform", "normal"), ("mse", "half_sse", "half_mse")
    axes = [
        Axis("init", inits, structural=True),
        Axis("seed", (5, 3)),
        Axis("loss", losses, structural=True),
        Axis("lr", (0.1, 0.2)),
    ]
    bases = [point_of(init=init, loss=loss) for init, loss in product(inits, losses)]
    assert points(product_grid(NETWORK_SCHEMA, axes, bases)) == [
        point_of(init=init, loss=loss, seed=seed, lr=lr)
        for init, seed, loss, lr in product(inits, (5, 3), losses, (0.1, 0.2))
    ]


def test_a_point_has_no_key_of_a_choice_that_it_does_not_make(point_of: PointOf) -> None:
    bases = [point_of(optimizer="sgd"), point_of(optimizer="momentum")]
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("optimizer", ("sgd", "momentum"), structural=True)], bases
    )
    assert points(grid) == bases
    np.testing.assert_array_equal(grid.columns["optimizer.momentum"].array(), [np.nan, 0.9])


def test_columns_come_in_the_order_of_a_point(point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("seed", (1, 0)), Axis("hidden", (3, 2))], [point_of()]
    )
    assert list(grid.columns) == list(point_of())


@pytest.mark.parametrize(
    ("levels", "batched", "dtype"),
    [
        ((0.1, 0.2), True, np.float64),
        ((None, 0.2), True, np.float64),
        ((1, 2), False, np.int64),
        ((None, 2), False, np.object_),
        (("a", "b"), False, np.object_),
        ((True, False), False, np.object_),
        ((None,), False, np.object_),
    ],
)
def test_members_of_a_batch_may_differ_in_real_numbers_alone(
    levels: tuple[Scalar, ...], batched: bool, dtype: type
) -> None:
    column = Column(levels, np.zeros(3, np.int32))
    assert column.batched is batched
    assert column.level_array.dtype == dtype


def test_equal_levels_are_one_once_they_are_typed(point_of: PointOf) -> None:
    axes = [Axis("lr", (1, 1.0, 0.5, 1e0)), Axis("epochs", (1e3, 1000)), Axis("seed", (2, 1, 2))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    assert [point["lr"] for point in points(grid)] == [1.0, 1.0, 0.5, 0.5]
    assert [point["seed"] for point in points(grid)] == [2, 1, 2, 1]
    assert {point["epochs"] for point in points(grid)} == {1000}
    assert distinct([1, 1.0, True, 1, None, 1.0]) == (1, 1.0, True, None)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (Axis("lr", ()), "lr=: an axis needs at least one level"),
        (Axis("lr", (0.1, 0)), "lr=0: lr must be a finite number above 0"),
        (Axis("hidden", (2, 2.5)), "hidden=2.5: hidden must be a whole number from 1 to 4096"),
        (Axis("learning_rate", (1,)), "learning_rate: unknown key; "),
        (Axis("optimizer.momentum", (0.5,)), "optimizer.momentum: unknown key of optimizer=sgd"),
        (Axis("init.low", (0.0, 1.0)), "init.low=1.0: must be below init.high, which is 1.0"),
    ],
)
def test_a_level_that_means_nothing_is_refused(point_of: PointOf, axis: Axis, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        product_grid(NETWORK_SCHEMA, [axis], [point_of()])
    assert str(refused.value).startswith(message)


def test_a_combination_of_two_axes_that_means_nothing_is_refused(point_of: PointOf) -> None:
    losses = ("half_sse", "cross_entropy")
    axes = [Axis("loss", losses, structural=True), Axis("output", ("logistic", "linear"))]
    with pytest.raises(ConfigError, match=r"^loss=cross_entropy with output=linear"):
        product_grid(NETWORK_SCHEMA, axes, [point_of(loss=loss) for loss in losses])
    bounds = [Axis("init.low", (-1.0, 0.5)), Axis("init.high", (1.0, 0.25))]
    with pytest.raises(ConfigError, match=r"^init.low=0.5: must be below init.high, which is 0.25"):
        product_grid(NETWORK_SCHEMA, bounds, [point_of()])


def test_an_axis_that_one_of_the_choices_lacks_is_refused(point_of: PointOf) -> None:
    axes = [
        Axis("init", ("uniform", "normal"), structural=True),
        Axis("init.high", (1.0, 2.0)),
    ]
    with pytest.raises(ConfigError, match=r"^init.high: unknown key of init=normal"):
        product_grid(NETWORK_SCHEMA, axes, [point_of(), point_of(init="normal")])


def test_a_grid_that_would_not_fit_into_memory_is_refused_before_it_is_made() -> None:
    levels = tuple(range(100_000))
    axes = [Axis("seed", levels), Axis("epochs", levels), Axis("lr", levels)]
    with pytest.raises(ConfigError, match=r"^seed 100,000 x epochs 100,000 x lr 100,000 = "):
        check_size({axis.key: len(axis.levels) for axis in axes})
    with pytest.raises(ConfigError, match=r"sweep fewer levels$"):
        product_grid(NETWORK_SCHEMA, axes, [])


def test_a_grid_is_told_in_a_few_words(point_of: PointOf) -> None:
    lr, seed = Axis("lr", (0.1, 0.2)), Axis("seed", tuple(range(600)))
    first = product_grid(NETWORK_SCHEMA, [lr, seed], [point_of()])
    second = product_grid(NETWORK_SCHEMA, [Axis("hidden", (7,))], [point_of()])
    assert product_grid(NETWORK_SCHEMA, [], [point_of()]).text == "1 point"
    assert first.text == "lr 2 x seed 600 = 1,200 points"
    assert concatenate([first, second]).text == "lr 2 x seed 600 + hidden 1 = 1,201 points"
    others = [
        product_grid(NETWORK_SCHEMA, [Axis("lr", tuple(map(float, range(1, n))))], [point_of()])
        for n in range(6, 10)
    ]
    joined = concatenate([first, *others]).text
    assert joined == "lr 2 x seed 600 + lr 5 + 3 more products = 1,208 points, each once"


@given(axes=axes_of(), more=axes_of(), optimizer=st.sampled_from(["sgd", "momentum"]))
def test_identities_are_equal_exactly_where_points_are(
    point_of: PointOf, axes: list[Axis], more: list[Axis], optimizer: str
) -> None:
    first = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    second = product_grid(NETWORK_SCHEMA, more, [point_of(optimizer=optimizer)])
    by_identity: dict[int, frozenset[Any]] = {}
    by_point: dict[frozenset[Any], int] = {}
    for grid in (first, second):
        for point, identity in zip(points(grid), grid.identities.tolist(), strict=True):
            assert by_identity.setdefault(identity, frozen(point)) == frozen(point)
            assert by_point.setdefault(frozen(point), identity) == identity


def test_a_point_has_the_same_identity_alone_and_among_others(point_of: PointOf) -> None:
    bases = [point_of(optimizer="sgd"), point_of(optimizer="momentum")]
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


def test_an_identity_is_the_sum_of_the_hashes_of_keys_and_values(point_of: PointOf) -> None:
    typed = {True: "true", False: "false"}
    texts = [
        f"{key}\0{type(value).__name__}\0{typed[value] if isinstance(value, bool) else value}"
        for key, value in point_of(skip=True, lr=0.1).items()
    ]
    digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
    total = sum(int.from_bytes(digest, "little") for digest in digests) % 2**64
    found = product_grid(NETWORK_SCHEMA, [], [point_of(skip=True, lr=0.1)]).identities
    assert found.dtype == np.uint64
    assert found.tolist() == [total]


@given(axes=axes_of(), data=st.data())
def test_rows_are_found_by_identity_in_any_order(
    point_of: PointOf, axes: list[Axis], data: st.DataObject
) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    rows = data.draw(st.lists(st.integers(0, len(grid) - 1), max_size=8))
    absent = product_grid(NETWORK_SCHEMA, [], [point_of(task="or")]).identities
    asked = np.concatenate([absent, grid.identities[np.array(rows, int)], absent])
    np.testing.assert_array_equal(grid.rows_of(asked), [-1, *rows, -1])


@given(first=axes_of(), second=axes_of())
def test_grids_follow_each_other_and_each_point_is_there_once(
    point_of: PointOf, first: list[Axis], second: list[Axis]
) -> None:
    grids = [
        product_grid(NETWORK_SCHEMA, first, [point_of()]),
        product_grid(NETWORK_SCHEMA, second, [point_of()]),
    ]
    joined = concatenate(grids)
    every = {frozen(point): point for grid in grids for point in points(grid)}
    assert points(joined) == list(every.values())
    assert len(set(joined.identities.tolist())) == len(joined)
    kept = grids if len(joined) > len(grids[0]) else grids[:1]
    assert joined.swept == tuple(dict.fromkeys(key for grid in kept for key in grid.swept))


def test_a_grid_that_adds_nothing_leaves_no_trace(point_of: PointOf) -> None:
    whole, part = (
        product_grid(NETWORK_SCHEMA, [Axis("lr", (0.1, 1.0)), Axis("seed", seeds)], [point_of()])
        for seeds in ((0, 1, 2), (2, 1))
    )
    assert concatenate([whole, part]).blocks == whole.blocks
    joined = concatenate([part, whole])
    assert joined.blocks == (*part.blocks, *whole.blocks)
    assert joined.text == "lr 2 x seed 2 + lr 2 x seed 3 = 6 points, each once"


def test_grids_with_different_choices_share_columns(point_of: PointOf) -> None:
    parity = product_grid(NETWORK_SCHEMA, [Axis("task.bits", (4, 3))], [point_of(task="parity")])
    momentum = product_grid(
        NETWORK_SCHEMA, [Axis("seed", (1, 0))], [point_of(optimizer="momentum")]
    )
    joined = concatenate([parity, momentum])
    assert points(joined) == [
        point_of(task="parity", task__bits=4),
        point_of(task="parity", task__bits=3),
        point_of(optimizer="momentum", seed=1),
        point_of(optimizer="momentum", seed=0),
    ]
    np.testing.assert_array_equal(
        joined.identities, np.concatenate([parity.identities, momentum.identities])
    )
    assert joined.columns["task.bits"].array().tolist() == [4, 3, None, None]
    assert joined.swept[:3] == ("task.bits", "seed", "task")
    assert {"optimizer", "optimizer.momentum"} < set(joined.swept)


def test_further_levels_come_behind_those_of_their_axis(point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.5, 0.1)), Axis("seed", (0, 1))], [point_of()]
    )
    longer = extend_grid(NETWORK_SCHEMA, grid, [Axis("seed", (1, 2, 3)), Axis("lr", (0.2,))])
    wanted = product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.5, 0.1, 0.2)), Axis("seed", (0, 1, 2, 3))], [point_of()]
    )
    assert points(longer) == points(wanted)
    assert (longer.rows_of(grid.identities) >= 0).all()


def test_a_key_that_was_fixed_becomes_the_last_axis_with_its_old_value_first(
    point_of: PointOf,
) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of(hidden=3)])
    assert [
        (point["seed"], point["hidden"])
        for point in points(extend_grid(NETWORK_SCHEMA, grid, [Axis("hidden", (2, 3))]))
    ] == [(0, 3), (0, 2), (1, 3), (1, 2)]


def test_every_block_of_a_grid_is_extended(point_of: PointOf) -> None:
    blocks = [
        product_grid(NETWORK_SCHEMA, [Axis("lr", (0.1, 0.2))], [point_of()]),
        product_grid(NETWORK_SCHEMA, [Axis("hidden", (4,))], [point_of()]),
    ]
    longer = extend_grid(NETWORK_SCHEMA, concatenate(blocks), [Axis("seed", (7,))])
    found = [(point["lr"], point["hidden"], point["seed"]) for point in points(longer)]
    assert found == [
        *((0.1, 2, 0), (0.1, 2, 7), (0.2, 2, 0), (0.2, 2, 7)),
        *((0.1, 4, 0), (0.1, 4, 7)),
    ]


def test_levels_that_are_there_already_add_nothing(point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.1, 0.2)), Axis("seed", (0, 1))], [point_of()]
    )
    again = extend_grid(NETWORK_SCHEMA, grid, [Axis("lr", (0.2,)), Axis("hidden", (2,))])
    assert points(again) == points(grid)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (Axis("init", ("he",), structural=True), "^init: a sweep can be extended along keys with"),
        (Axis("init", ("he",)), "^init: a sweep can be extended along keys with"),
        (Axis("init.stream", ("pcg64",)), None),
        (Axis("init.biases", ("drawn",)), "^init.biases: its value follows from another axis"),
        (Axis("init.low", (0.5,)), "^init.low: unknown key of init=xavier"),
        (Axis("lr", (-1,)), "^lr=-1: lr must be"),
    ],
)
def test_a_grid_is_extended_along_plain_keys_alone(
    point_of: PointOf, more: Axis, message: str | None
) -> None:
    axes = [Axis("init", ("uniform", "xavier"), structural=True)]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of(), point_of(init="xavier")])
    if message is None:
        assert len(extend_grid(NETWORK_SCHEMA, grid, [more])) == 2 * len(grid)
        return
    with pytest.raises(ConfigError, match=message):
        extend_grid(NETWORK_SCHEMA, grid, [more])


def test_axes_that_go_together_vary_level_by_level_in_the_place_of_the_first(
    point_of: PointOf,
) -> None:
    axes = [Axis("lr", (0.1, 0.2, 0.1)), Axis("seed", (5, 6)), Axis("epochs", (10, 20, 30))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], [("lr", "epochs")])
    assert points(grid) == [
        point_of(lr=lr, epochs=epochs, seed=seed)
        for lr, epochs in ((0.1, 10), (0.2, 20), (0.1, 30))
        for seed in (5, 6)
    ]
    assert grid.text == "(lr, epochs) 3 x seed 2 = 6 points"
    assert grid.swept == ("lr", "epochs", "seed")
    assert grid.columns["lr"].levels == (0.1, 0.2)


def test_equal_levels_of_axes_that_go_together_are_one(point_of: PointOf) -> None:
    axes = [Axis("lr", (1, 1.0, 1)), Axis("hidden", (2, 2, 3))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], [("lr", "hidden")])
    assert [(point["lr"], point["hidden"]) for point in points(grid)] == [(1.0, 2), (1.0, 3)]


def test_components_of_a_group_go_together_with_values(point_of: PointOf) -> None:
    axes = [Axis("optimizer", ("sgd", "adam"), structural=True), Axis("lr", (2.0, 0.1))]
    bases = [point_of(optimizer="sgd"), point_of(optimizer="adam")]
    grid = product_grid(NETWORK_SCHEMA, axes, bases, [("optimizer", "lr")])
    assert points(grid) == [point_of(optimizer="sgd", lr=2.0), point_of(optimizer="adam", lr=0.1)]


def test_axes_that_go_together_have_as_many_levels_each(point_of: PointOf) -> None:
    axes = [Axis("lr", (0.1, 0.2)), Axis("epochs", (10, 20, 30))]
    with pytest.raises(ConfigError, match=r"^grid.zip=\[\[lr,epochs\]\]: lr has 2, epochs has 3; "):
        product_grid(NETWORK_SCHEMA, axes, [point_of()], [("lr", "epochs")])


@given(axes=axes_of(["lr", "hidden", "seed", "skip"]))
def test_points_are_left_out_where_the_expression_is_not_true(
    point_of: PointOf, axes: list[Axis]
) -> None:
    whole = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    wanted = [p for p in points(whole) if (p["lr"] < 5 and p["hidden"] > 2) or p["skip"]]  # type: ignore[operator]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], where="lr < 5 and hidden > 2 or skip")
    assert points(grid) == wanted
    assert grid.left_out == len(whole) - len(wanted)
    kept = whole.rows_of(grid.identities) if wanted else []
    np.testing.assert_array_equal(whole.identities[kept], grid.identities)


def test_a_grid_without_a_point_is_refused(point_of: PointOf) -> None:
    empty = product_grid(NETWORK_SCHEMA, [Axis("lr", (0.1, 0.2))], [point_of()], where="lr > 1")
    with pytest.raises(ConfigError) as refused:
        concatenate([empty])
    assert str(refused.value) == (
        "grid.where=lr > 1: is true at none of the grid's 2 points, so there is nothing to train"
    )
    other = product_grid(NETWORK_SCHEMA, [Axis("lr", (3.0,))], [point_of()], where="lr > 1")
    assert points(concatenate([empty, other])) == [point_of(lr=3.0)]


def test_what_means_nothing_may_be_left_out(point_of: PointOf) -> None:
    axes = [Axis("init.low", (-1.0, 0.5)), Axis("init.high", (1.0, 0.25))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], where="init.low < init.high")
    assert len(grid) == 3
    assert grid.text == "init.low 2 x init.high 2 where (init.low < init.high) = 3 points"


def test_a_point_that_is_left_out_stays_out_of_a_longer_grid(point_of: PointOf) -> None:
    lr, seed = Axis("lr", (0.5, 1.5)), Axis("seed", (0, 1))
    grid = product_grid(NETWORK_SCHEMA, [lr, seed], [point_of()], where="lr * seed < 2")
    longer = extend_grid(NETWORK_SCHEMA, grid, [Axis("seed", (2, 3)), Axis("lr", (0.1,))])
    assert [(point["lr"], point["seed"]) for point in points(longer)] == [
        *((0.5, seed) for seed in range(4)),
        *((1.5, seed) for seed in range(2)),
        *((0.1, seed) for seed in range(4)),
    ]


def test_a_block_that_is_left_out_may_have_points_in_a_longer_grid(point_of: PointOf) -> None:
    blocks = [
        product_grid(NETWORK_SCHEMA, [Axis("lr", (lr,))], [point_of()], where="lr * hidden < 5")
        for lr in (1.0, 2.0, 3.0)
    ]
    assert len(concatenate(blocks)) == 2
    longer = extend_grid(NETWORK_SCHEMA, concatenate(blocks), [Axis("hidden", (1,))])
    assert [(point["lr"], point["hidden"]) for point in points(longer)] == [
        (1.0, 2),
        (1.0, 1),
        (2.0, 2),
        (2.0, 1),
        (3.0, 1),
    ]


def test_axes_that_go_together_are_extended_together(point_of: PointOf) -> None:
    axes = [Axis("lr", (0.1, 0.2)), Axis("epochs", (10, 20))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()], [("lr", "epochs")])
    longer = extend_grid(NETWORK_SCHEMA, grid, [Axis("epochs", (30, 20)), Axis("lr", (0.3, 0.2))])
    assert [(point["lr"], point["epochs"]) for point in points(longer)] == [
        (0.1, 10),
        (0.2, 20),
        (0.3, 30),
    ]
    with pytest.raises(ConfigError, match=r"^lr: goes together with epochs by grid.zip; give"):
        extend_grid(NETWORK_SCHEMA, grid, [Axis("lr", (0.3,))])
    with pytest.raises(ConfigError, match=r"^grid.zip=.*lr has 3, epochs has 4"):
        extend_grid(NETWORK_SCHEMA, grid, [Axis("lr", (0.3,)), Axis("epochs", (30, 40))])


@given(first=axes_of(), second=axes_of())
def test_a_grid_comes_back_from_json_as_it_was(
    point_of: PointOf, first: list[Axis], second: list[Axis]
) -> None:
    inits = ("uniform", "normal")
    structural = [axis for axis in second if not axis.key.startswith("init.")]
    grid = concatenate(
        [
            product_grid(NETWORK_SCHEMA, first, [point_of()]),
            product_grid(
                NETWORK_SCHEMA,
                [*structural, Axis("init", inits, structural=True)],
                [point_of(init=init) for init in inits],
            ),
            product_grid(
                NETWORK_SCHEMA,
                [
                    Axis("lr", (3.0, 4.0)),
                    Axis("loss", ("mse", "mse"), structural=True),
                    Axis("hidden", (2, 4)),
                ],
                [point_of(loss="mse")] * 2,
                [("lr", "loss")],
                "lr * hidden < 15",
            ),
        ]
    )
    back = grid_from_data(NETWORK_SCHEMA, json.loads(json.dumps(grid_to_data(grid))))
    assert points(back) == points(grid)
    np.testing.assert_array_equal(back.identities, grid.identities)
    assert back.blocks == grid.blocks


def test_a_value_that_is_not_allowed_is_refused_when_a_grid_is_read(point_of: PointOf) -> None:
    (data,) = grid_to_data(product_grid(NETWORK_SCHEMA, [Axis("seed", (0,))], [point_of()]))
    with pytest.raises(ConfigError, match=r"^lr=-1: "):
        grid_from_data(NETWORK_SCHEMA, [{**data, "bases": [{**point_of(), "lr": -1}]}])
    with pytest.raises(ConfigError, match=r"^task.bits: unknown key of task=xor"):
        grid_from_data(NETWORK_SCHEMA, [{**data, "bases": [{**point_of(), "task.bits": 3}]}])
    with pytest.raises(ConfigError, match=r"^grid.where=lrr < 1: lrr: unknown key"):
        grid_from_data(NETWORK_SCHEMA, [{**data, "where": "lrr < 1"}])
    for bad in ({"zipped": [["lr"]]}, {"zipped": 3}, {"where": 3}, {"zipped": [[["seed"]]]}):
        with pytest.raises(ConfigError, match="its points aren't a grid"):
            grid_from_data(NETWORK_SCHEMA, [{**data, **bad}])
    with pytest.raises(ConfigError, match=r"^task=tree: "):
        grid_from_data(NETWORK_SCHEMA, [{**data, "bases": [{**point_of(), "task": "tree"}]}])
