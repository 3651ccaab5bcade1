"""Grids with further levels."""

import json

import pytest
from grids import PointOf, points

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import concatenate, product_grid
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.networks.schema import NETWORK_SCHEMA


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
    axes = [
        Axis("lr", (0.1, 0.2)),
        Axis("seed", (0, 1)),
        Axis("init", ("uniform", "xavier"), structural=True),
    ]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of(), point_of(init="xavier")])
    more = [("lr", 0.2), ("hidden", 2), ("init", "xavier"), ("task", "xor")]
    again = extend_grid(NETWORK_SCHEMA, grid, [Axis(key, (level,)) for key, level in more])
    assert points(again) == points(grid)


@pytest.mark.parametrize("component", NETWORK_SCHEMA.components)
def test_another_component_is_refused_where_there_has_been_one(
    component: str, point_of: PointOf
) -> None:
    first, second, *_ = NETWORK_SCHEMA.components[component]
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of(**{component: first})])
    for levels in ((second,), (first, second)):
        for structural in (True, False):
            more = Axis(component, levels, structural)
            with pytest.raises(ConfigError, match=f"^{component}: a sweep can be extended along"):
                extend_grid(NETWORK_SCHEMA, grid, [more])


NEW_LEVELS = {"skip": True, "until_converged": True, "output": "linear"}


@pytest.mark.parametrize(
    "key", [key for key in NETWORK_SCHEMA.keys if key not in NETWORK_SCHEMA.components]
)
def test_a_longer_grid_can_be_stored_and_read(key: str, point_of: PointOf) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of()])
    longer = extend_grid(NETWORK_SCHEMA, grid, [Axis(key, (NEW_LEVELS.get(key, 3),))])
    assert len(longer) > len(grid)
    read = grid_from_data(NETWORK_SCHEMA, json.loads(json.dumps(grid_to_data(longer))))
    assert points(read) == points(longer)


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


def test_a_key_that_an_older_sweep_lacks_is_refused(bare_point_of: PointOf) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [bare_point_of()])
    with pytest.raises(ConfigError, match=r"^lr_output: the sweep was started before"):
        extend_grid(NETWORK_SCHEMA, grid, [Axis("lr_output", (0.5,))])
