from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from xorsweep.errors import ConfigError
from xorsweep.fields import Integer, Real, field
from xorsweep.grid.axes import Axis
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import product_grid
from xorsweep.grid.schema import Schema
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.registry import Registry


@dataclass(frozen=True)
class Cold:
    pass


@dataclass(frozen=True)
class Warm:
    heat: float = field(1.0, Real(above=0.0))


def _check_together(values: Mapping[str, Any], components: Mapping[str, Any]) -> None:
    if isinstance(components["oven"], Warm) and (values["weight"] > values["rooms"]).any():
        raise ConfigError("weight: must be at most rooms in a warm oven")


OVENS = Registry("oven", None, object, {"cold": Cold, "warm": Warm})
SCHEMA = Schema(
    keys=("rooms", "oven", "weight", "day"),
    scalars={"rooms": Integer(1), "weight": Real(), "day": Integer(0)},
    components={"oven": OVENS},
    independent_keys=("day",),
    check_together=_check_together,
)
COLD = {"rooms": 3, "oven": "cold", "weight": 2.0, "day": 0}
WARM = {"rooms": 3, "oven": "warm", "oven.heat": 1.0, "weight": 2.0, "day": 0}


def test_a_grid_of_any_schema_is_typed_filtered_extended_and_stored() -> None:
    axes = [
        Axis("oven", ("cold", "warm"), structural=True),
        Axis("day", (0, 1e0)),
        Axis("rooms", (2, 5)),
    ]
    grid = product_grid(SCHEMA, axes, [COLD, WARM], where='oven == "warm" or rooms < 5')
    assert list(grid.columns) == ["rooms", "oven", "oven.heat", "weight", "day"]
    assert [grid.point(row)["rooms"] for row in range(len(grid))] == [2, 2, 2, 5, 2, 5]
    longer = extend_grid(SCHEMA, grid, [Axis("weight", (1,))])
    assert len(longer) == 2 * len(grid)
    stored = grid_from_data(SCHEMA, grid_to_data(longer))
    np.testing.assert_array_equal(stored.identities, longer.identities)


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (Axis("day", (-1,)), "day=-1: day must be a whole number from 0"),
        (Axis("lr", (0.1,)), "lr: unknown key; known keys: rooms, "),
        (Axis("oven.heat", (0.1,)), "oven.heat: unknown key of oven=cold"),
    ],
)
def test_a_level_that_the_schema_does_not_allow_is_an_error(axis: Axis, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        product_grid(SCHEMA, [axis], [COLD])
    assert str(raised.value).startswith(message)


def test_each_combination_is_checked_but_for_independent_keys() -> None:
    axes = [Axis("rooms", (1, 2)), Axis("weight", (0.5, 1.5)), Axis("day", (0, 1))]
    product_grid(SCHEMA, axes, [COLD])
    with pytest.raises(ConfigError, match="weight: must be at most rooms"):
        product_grid(SCHEMA, axes, [WARM])


def test_a_nested_configuration_is_a_flat_point_with_the_defaults_of_its_components() -> None:
    flat = {"rooms": 2, "oven": "warm", "weight": 1, "day": 7}
    assert SCHEMA.read_point(SCHEMA.nested(flat)) == {
        **flat,
        "oven.heat": 1.0,
    }
    assert SCHEMA.all_keys() == ["rooms", "weight", "day", "oven", "oven.heat"]
    assert SCHEMA.keys_of({"oven": "warm"}) == ["rooms", "oven", "oven.heat", "weight", "day"]
