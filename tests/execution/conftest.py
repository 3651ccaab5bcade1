from collections.abc import Callable

import pytest
from planned_batches import planned

from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.planning import Batch
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    """Return twelve batches of points that take no time."""
    axes = [
        Axis("hidden", (2, 3, 4)),
        Axis("skip", (False, True)),
        Axis("output", ("logistic", "linear")),
        Axis("lr", (0.1, 5.0)),
        Axis("epochs", (20, 200)),
        Axis("seed", (0, 1, 2)),
    ]
    return product_grid(NETWORK_SCHEMA, axes, [point_of()])


@pytest.fixture(scope="module")
def long(point_of: PointOf) -> tuple[Batch, ...]:
    """Return two batches of one network each that take most of a second."""
    return planned(
        product_grid(NETWORK_SCHEMA, [Axis("hidden", (3, 2))], [point_of(epochs=30_000)])
    )
