"""The checks of the experiment of networks on its parts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import xorsweep as xs
from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.errors import ConfigError, StoreError
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
    (batch,) = experiment.plan(grid, np.arange(6), workers=1).batches
    failed = ExperimentTask(experiment).failed(batch, "no memory")
    trained = experiment.run(batch)
    assert not experiment.succeeded(failed).any()
    cells = pd.DataFrame({"lr": [0.1, 1.0]})
    assert LearningCurves(grid, lambda _: [failed])(cells) == {}
    found = LearningCurves(grid, lambda _: [failed, trained])(cells)
    assert [len(curves.rows) for curves in found.values()] == [3, 3]


def test_curvature_is_in_the_fingerprint_where_it_isnt_the_default() -> None:
    assert "curvature" not in NetworkExperiment().fingerprint()
    assert NetworkExperiment(curvature=True).fingerprint()["curvature"] is True
    assert str(NetworkExperiment(curvature=True)).endswith(" curvature=true")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"hidden": 4096}, "2-4096-1 has 16,385 weights and biases, and the curvature is computed"),
        ({"schedule": "online"}, "updates by single rows don't follow the gradient over all rows"),
    ],
)
def test_a_grid_without_any_curvature_is_refused(
    point_of: PointOf, keys: dict[str, str | int], reason: str
) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of(**keys)])
    NetworkExperiment().check_grid(grid)
    with pytest.raises(ConfigError, match=f"^curvature=learning_curve: {reason}"):
        NetworkExperiment(curvature="learning_curve").check_grid(grid)


def test_points_of_a_grid_without_curvature_are_counted(point_of: PointOf) -> None:
    points = [point_of(hidden=hidden) for hidden in (2, 64)]
    axes = [Axis("hidden", (2, 64), structural=True), Axis("seed", (0, 1, 2))]
    grid = product_grid(NETWORK_SCHEMA, axes, points)
    assert NetworkExperiment().notes(grid) == []
    experiment = NetworkExperiment(curvature=True)
    experiment.check_grid(grid)
    (note,) = experiment.notes(grid)
    assert note.startswith("curvature is empty at 3 of 6 points: 2-64-1 has 257 weights")


def test_a_sweep_keeps_the_curvature_that_it_was_started_with(tmp_path: Path) -> None:
    axes = {"hidden": [2, 64], "lr": 0.5, "epochs": [20, 40], "seed": range(2)}
    folder = tmp_path / "sweep"
    quiet = {"progress": False, "parallel": "serial"}
    sweep = xs.sweep(folder=folder, curvature="learning_curve", **axes, **quiet)
    assert [*sweep.results.columns[-5:-2]] == ["gradient_norm", "curvature_min", "curvature_max"]
    has_curvature = (sweep.results["hidden"] == 2).to_numpy()
    for name in ("gradient_norm", "curvature_min", "curvature_max"):
        np.testing.assert_array_equal(sweep.results[name].notna(), has_curvature)
    curves, errors = sweep.curves("curvature_max"), sweep.curves("learning_curve")
    assert curves.columns.tolist() == errors.columns.tolist()
    small = curves[sweep.results["hidden"].iloc[curves.index].to_numpy() == 2]
    last = sweep.results["curvature_max"].iloc[small.index].to_numpy(np.float32)
    np.testing.assert_array_equal(small[40].to_numpy(np.float32), last)
    with pytest.raises(StoreError, match=r"curvature=true: .* was started with"):
        xs.sweep(resume=folder, curvature=True, **quiet)
    more = xs.sweep(resume=folder, seed=range(3), engine="numpy", **quiet)
    assert len(more) == 12
    assert more.results["curvature_min"].notna().sum() == 6
    assert xs.load(folder).run(0).curvature["curvature_max"].iloc[-1] == pytest.approx(
        more.results["curvature_max"].iloc[0], rel=1e-15
    )
