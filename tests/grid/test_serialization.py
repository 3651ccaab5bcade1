"""Grids to JSON and back."""

import json

import numpy as np
import pytest
from grids import PointOf, axes_of, points
from hypothesis import given
from profiles import examples

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import concatenate, product_grid
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.networks.schema import NETWORK_SCHEMA


@examples(8, 120)
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
