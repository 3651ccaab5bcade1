"""The grid: an order like itertools.product's, columns, zipped axes, and grids made of grids."""

from itertools import product

import numpy as np
import pytest
from grids import PointOf, axes_of, expected, frozen, points
from hypothesis import given

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.grid.axes import Axis, check_size
from xorsweep.grid.columns import Column, distinct
from xorsweep.grid.grid import concatenate, product_grid
from xorsweep.networks.schema import NETWORK_SCHEMA


@given(axes=axes_of())
def test_the_points_are_those_of_itertools_product_in_its_order(
    bare_point_of: PointOf, axes: list[Axis]
) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
    assert points(grid) == list(expected(axes, bare_point_of()))
    assert grid.swept == tuple(axis.key for axis in axes)


@given(axes=axes_of())
def test_a_column_holds_the_value_of_each_point(bare_point_of: PointOf, axes: list[Axis]) -> None:
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
    for key, column in grid.columns.items():
        values = [point[key] for point in points(grid)]
        assert column.array().tolist() == values
        assert column.array(slice(1, 3)).tolist() == values[1:3]
        assert {type(value) for value in column.array().tolist()} == {type(values[0])}


def test_structural_axes_choose_the_base_and_take_their_place_in_the_order(
    bare_point_of: PointOf,
) -> None:
    inits, losses = ("uniform", "normal"), ("mse", "half_sse", "half_mse")
    axes = [
        Axis("init", inits, structural=True),
        Axis("seed", (5, 3)),
        Axis("loss", losses, structural=True),
        Axis("lr", (0.1, 0.2)),
    ]
    bases = [bare_point_of(init=init, loss=loss) for init, loss in product(inits, losses)]
    assert points(product_grid(NETWORK_SCHEMA, axes, bases)) == [
        bare_point_of(init=init, loss=loss, seed=seed, lr=lr)
        for init, seed, loss, lr in product(inits, (5, 3), losses, (0.1, 0.2))
    ]


def test_a_point_has_no_key_of_a_choice_that_it_does_not_make(bare_point_of: PointOf) -> None:
    bases = [bare_point_of(optimizer="sgd"), bare_point_of(optimizer="momentum")]
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("optimizer", ("sgd", "momentum"), structural=True)], bases
    )
    assert points(grid) == bases
    np.testing.assert_array_equal(grid.columns["optimizer.momentum"].array(), [np.nan, 0.9])


def test_columns_come_in_the_order_of_a_point(bare_point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("seed", (1, 0)), Axis("hidden", (3, 2))], [bare_point_of()]
    )
    assert list(grid.columns) == list(bare_point_of())


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


def test_equal_levels_are_one_once_they_are_typed(bare_point_of: PointOf) -> None:
    axes = [Axis("lr", (1, 1.0, 0.5, 1e0)), Axis("epochs", (1e3, 1000)), Axis("seed", (2, 1, 2))]
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
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
def test_a_level_that_means_nothing_is_refused(
    bare_point_of: PointOf, axis: Axis, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        product_grid(NETWORK_SCHEMA, [axis], [bare_point_of()])
    assert str(refused.value).startswith(message)


def test_a_combination_of_two_axes_that_means_nothing_is_refused(bare_point_of: PointOf) -> None:
    losses = ("half_sse", "cross_entropy")
    axes = [Axis("loss", losses, structural=True), Axis("output", ("logistic", "linear"))]
    with pytest.raises(ConfigError, match=r"^loss=cross_entropy with output=linear"):
        product_grid(NETWORK_SCHEMA, axes, [bare_point_of(loss=loss) for loss in losses])
    bounds = [Axis("init.low", (-1.0, 0.5)), Axis("init.high", (1.0, 0.25))]
    with pytest.raises(ConfigError, match=r"^init.low=0.5: must be below init.high, which is 0.25"):
        product_grid(NETWORK_SCHEMA, bounds, [bare_point_of()])


def test_an_axis_that_one_of_the_choices_lacks_is_refused(bare_point_of: PointOf) -> None:
    axes = [
        Axis("init", ("uniform", "normal"), structural=True),
        Axis("init.high", (1.0, 2.0)),
    ]
    with pytest.raises(ConfigError, match=r"^init.high: unknown key of init=normal"):
        product_grid(NETWORK_SCHEMA, axes, [bare_point_of(), bare_point_of(init="normal")])


def test_a_grid_that_would_not_fit_into_memory_is_refused_before_it_is_made() -> None:
    levels = tuple(range(100_000))
    axes = [Axis("seed", levels), Axis("epochs", levels), Axis("lr", levels)]
    with pytest.raises(ConfigError, match=r"^seed 100,000 x epochs 100,000 x lr 100,000 = "):
        check_size({axis.key: len(axis.levels) for axis in axes})
    with pytest.raises(ConfigError, match=r"sweep fewer levels$"):
        product_grid(NETWORK_SCHEMA, axes, [])


def test_a_grid_has_a_short_text(bare_point_of: PointOf) -> None:
    lr, seed = Axis("lr", (0.1, 0.2)), Axis("seed", tuple(range(600)))
    first = product_grid(NETWORK_SCHEMA, [lr, seed], [bare_point_of()])
    second = product_grid(NETWORK_SCHEMA, [Axis("hidden", (7,))], [bare_point_of()])
    assert product_grid(NETWORK_SCHEMA, [], [bare_point_of()]).text == "1 result"
    assert first.text == "2 learning rates x 600 seeds: 1,200 results"
    assert (
        concatenate([first, second]).text
        == "2 learning rates x 600 seeds + 1 hidden size: 1,201 results"
    )
    others = [
        product_grid(
            NETWORK_SCHEMA, [Axis("lr", tuple(map(float, range(1, n))))], [bare_point_of()]
        )
        for n in range(6, 10)
    ]
    joined = concatenate([first, *others]).text
    assert (
        joined == "2 learning rates x 600 seeds + 5 learning rates + 3 more grids: "
        "1,208 results, each once"
    )


@given(first=axes_of(), second=axes_of())
def test_grids_follow_each_other_and_each_point_is_there_once(
    bare_point_of: PointOf, first: list[Axis], second: list[Axis]
) -> None:
    grids = [
        product_grid(NETWORK_SCHEMA, first, [bare_point_of()]),
        product_grid(NETWORK_SCHEMA, second, [bare_point_of()]),
    ]
    joined = concatenate(grids)
    every = {frozen(point): point for grid in grids for point in points(grid)}
    assert points(joined) == list(every.values())
    assert len(set(joined.identities.tolist())) == len(joined)
    kept = grids if len(joined) > len(grids[0]) else grids[:1]
    assert joined.swept == tuple(dict.fromkeys(key for grid in kept for key in grid.swept))


def test_a_grid_that_adds_nothing_leaves_no_trace(bare_point_of: PointOf) -> None:
    whole, part = (
        product_grid(
            NETWORK_SCHEMA, [Axis("lr", (0.1, 1.0)), Axis("seed", seeds)], [bare_point_of()]
        )
        for seeds in ((0, 1, 2), (2, 1))
    )
    assert concatenate([whole, part]).blocks == whole.blocks
    joined = concatenate([part, whole])
    assert joined.blocks == (*part.blocks, *whole.blocks)
    assert (
        joined.text
        == "2 learning rates x 2 seeds + 2 learning rates x 3 seeds: 6 results, each once"
    )


def test_grids_with_different_choices_share_columns(bare_point_of: PointOf) -> None:
    parity = product_grid(
        NETWORK_SCHEMA, [Axis("task.bits", (4, 3))], [bare_point_of(task="parity")]
    )
    momentum = product_grid(
        NETWORK_SCHEMA, [Axis("seed", (1, 0))], [bare_point_of(optimizer="momentum")]
    )
    joined = concatenate([parity, momentum])
    assert points(joined) == [
        bare_point_of(task="parity", task__bits=4),
        bare_point_of(task="parity", task__bits=3),
        bare_point_of(optimizer="momentum", seed=1),
        bare_point_of(optimizer="momentum", seed=0),
    ]
    np.testing.assert_array_equal(
        joined.identities, np.concatenate([parity.identities, momentum.identities])
    )
    assert joined.columns["task.bits"].array().tolist() == [4, 3, None, None]
    assert joined.swept[:3] == ("task.bits", "seed", "task")
    assert {"optimizer", "optimizer.momentum"} < set(joined.swept)


def test_axes_that_go_together_vary_level_by_level_in_the_place_of_the_first(
    bare_point_of: PointOf,
) -> None:
    axes = [Axis("lr", (0.1, 0.2, 0.1)), Axis("seed", (5, 6)), Axis("epochs", (10, 20, 30))]
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()], [("lr", "epochs")])
    assert points(grid) == [
        bare_point_of(lr=lr, epochs=epochs, seed=seed)
        for lr, epochs in ((0.1, 10), (0.2, 20), (0.1, 30))
        for seed in (5, 6)
    ]
    assert grid.text == "3 combinations of lr and epochs x 2 seeds: 6 results"
    assert grid.swept == ("lr", "epochs", "seed")
    assert grid.columns["lr"].levels == (0.1, 0.2)


def test_equal_levels_of_axes_that_go_together_are_one(bare_point_of: PointOf) -> None:
    axes = [Axis("lr", (1, 1.0, 1)), Axis("hidden", (2, 2, 3))]
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()], [("lr", "hidden")])
    assert [(point["lr"], point["hidden"]) for point in points(grid)] == [(1.0, 2), (1.0, 3)]


def test_components_of_a_group_go_together_with_values(bare_point_of: PointOf) -> None:
    axes = [Axis("optimizer", ("sgd", "adam"), structural=True), Axis("lr", (2.0, 0.1))]
    bases = [bare_point_of(optimizer="sgd"), bare_point_of(optimizer="adam")]
    grid = product_grid(NETWORK_SCHEMA, axes, bases, [("optimizer", "lr")])
    assert points(grid) == [
        bare_point_of(optimizer="sgd", lr=2.0),
        bare_point_of(optimizer="adam", lr=0.1),
    ]


def test_axes_that_go_together_have_as_many_levels_each(bare_point_of: PointOf) -> None:
    axes = [Axis("lr", (0.1, 0.2)), Axis("epochs", (10, 20, 30))]
    with pytest.raises(ConfigError, match=r"^grid.zip=\[\[lr,epochs\]\]: lr has 2, epochs has 3; "):
        product_grid(NETWORK_SCHEMA, axes, [bare_point_of()], [("lr", "epochs")])


@given(axes=axes_of(["lr", "hidden", "seed", "skip"]))
def test_points_are_left_out_where_the_expression_is_not_true(
    bare_point_of: PointOf, axes: list[Axis]
) -> None:
    whole = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()])
    wanted = [p for p in points(whole) if (p["lr"] < 5 and p["hidden"] > 2) or p["skip"]]  # type: ignore[operator]
    grid = product_grid(
        NETWORK_SCHEMA, axes, [bare_point_of()], where="lr < 5 and hidden > 2 or skip"
    )
    assert points(grid) == wanted
    assert grid.left_out == len(whole) - len(wanted)
    kept = whole.rows_of(grid.identities) if wanted else []
    np.testing.assert_array_equal(whole.identities[kept], grid.identities)


def test_a_grid_without_a_point_is_refused(bare_point_of: PointOf) -> None:
    empty = product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.1, 0.2))], [bare_point_of()], where="lr > 1"
    )
    with pytest.raises(ConfigError) as refused:
        concatenate([empty])
    assert str(refused.value) == (
        "grid.where=lr > 1: is true at no point of the grid (2 points), so there is nothing to run"
    )
    other = product_grid(NETWORK_SCHEMA, [Axis("lr", (3.0,))], [bare_point_of()], where="lr > 1")
    assert points(concatenate([empty, other])) == [bare_point_of(lr=3.0)]


def test_impossible_points_may_be_filtered_out(bare_point_of: PointOf) -> None:
    axes = [Axis("init.low", (-1.0, 0.5)), Axis("init.high", (1.0, 0.25))]
    grid = product_grid(NETWORK_SCHEMA, axes, [bare_point_of()], where="init.low < init.high")
    assert len(grid) == 3
    assert (
        grid.text
        == "2 values of init.low x 2 values of init.high where (init.low < init.high): 3 results"
    )


def test_keys_that_all_points_share_take_no_memory_per_point(bare_point_of: PointOf) -> None:
    seeds = [Axis("seed", tuple(range(start, start + 3))) for start in (0, 2)]
    grids = [product_grid(NETWORK_SCHEMA, [axis], [bare_point_of()]) for axis in seeds]
    for joined in (concatenate(grids[:1]), concatenate(grids)):
        shared = [column for column in joined.columns.values() if len(column.levels) == 1]
        assert len(shared) == len(joined.columns) - 1
        assert all(column.codes.strides == (0,) for column in shared)
