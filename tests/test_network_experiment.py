"""What the experiment of networks says of its parts."""

from collections.abc import Callable

import pandas as pd
import pytest

from xorsweep.analysis.learning_curves import learning_curves_of
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]


@pytest.fixture
def grid(point_of: PointOf) -> Grid:
    axes = [Axis("lr", (0.1, 1.0)), Axis("seed", tuple(range(3)))]
    return product_grid(NETWORK_SCHEMA, axes, [point_of(epochs=10)])


def test_a_part_of_which_every_point_failed_can_be_read(grid: Grid) -> None:
    experiment = NetworkExperiment()
    (batch,) = experiment.plan(grid, None, workers=1).batches
    failed = ExperimentTask(experiment).failed(batch, "no memory")
    trained = experiment.run(batch)
    assert not experiment.succeeded(failed).any()
    cells = pd.DataFrame({"lr": [0.1, 1.0]})
    assert learning_curves_of(grid, [failed], cells) == {}
    found = learning_curves_of(grid, [failed, trained], cells)
    assert [len(curves.rows) for curves in found.values()] == [3, 3]
