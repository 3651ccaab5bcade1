"""A batch becomes rows: one a point, in order, and a failure costs the others nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from training_batches import batch_of

from xorsweep.experiment import FAILED, OK, STATUSES, ExperimentTask
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.curvature import measure_curvature
from xorsweep.networks.engines import Engine
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.planning import Batch
from xorsweep.networks.point_results import MOST_OUTPUTS, PointResults
from xorsweep.networks.results import part_of
from xorsweep.networks.single_run import train_single
from xorsweep.networks.trainer import build_training, train_batch
from xorsweep.storage.parts import table_of

PointOf = Callable[..., Point]


def rows_of(batch: Batch) -> PointResults:
    return train_batch(batch, Engine())


def test_a_batch_is_a_row_a_point_snapshot_by_snapshot(point_of: PointOf) -> None:
    batch = batch_of(point_of(lr=2.0), range(5), [10, 200])
    rows = rows_of(batch)
    assert len(rows) == 10
    np.testing.assert_array_equal(rows.point_id, batch.identities.ravel())
    for number, epochs in enumerate((10, 200)):
        for seed in range(5):
            alone = rows_of(batch_of(point_of(lr=2.0), [seed], [epochs]))
            row = number * 5 + seed
            np.testing.assert_array_equal(rows.outputs[:, row], alone.outputs[:, 0])
            for column in ("final_error", "mse", "max_abs_error", "converged_at_end", "outcome"):
                assert getattr(rows, column)[row] == getattr(alone, column)[0]


def test_the_errors_are_those_of_the_outputs(point_of: PointOf) -> None:
    rows = rows_of(batch_of(point_of(), range(4), [50]))
    errors = np.array([0.0, 1.0, 1.0, 0.0])[:, None] - rows.outputs
    np.testing.assert_allclose(rows.final_error, (errors**2).sum(axis=0) / 2, rtol=1e-14)
    np.testing.assert_allclose(rows.mse, (errors**2).mean(axis=0), rtol=1e-14)
    np.testing.assert_array_equal(rows.max_abs_error, np.abs(errors).max(axis=0))


def test_a_point_is_independent_of_later_epochs(point_of: PointOf) -> None:
    rows = rows_of(batch_of(point_of(lr=5.0, hidden=4), range(30), [60, 600]))
    early, late = np.split(rows.converged_epoch, 2)
    assert (early <= 60).all()
    assert (late > 60).any()
    np.testing.assert_array_equal(early[late > 60], -1)
    np.testing.assert_array_equal(early[early >= 0], late[early >= 0])


def test_points_that_the_grid_has_not_are_left_out(point_of: PointOf) -> None:
    full = batch_of(point_of(), range(3), [5, 20])
    some = full.rows.copy()
    some[0, 1] = some[1, 2] = -1
    batch = Batch(full.fixed, full.varying, full.snapshots, some, full.identities)
    rows, everything = rows_of(batch), rows_of(full)
    kept = some.ravel() >= 0
    np.testing.assert_array_equal(rows.point_id, full.identities.ravel()[kept])
    np.testing.assert_array_equal(rows.final_error, everything.final_error[kept])
    # The curve of a trajectory belongs to its longest point.
    assert rows.curve_of.tolist() == [-1, 2, 0, 1]


def test_a_curve_is_half_the_sum_of_squared_errors_by_epoch(point_of: PointOf) -> None:
    batch = batch_of(point_of(), range(3), [20])
    rows = rows_of(batch)
    assert rows.learning_curves.dtype == np.float32
    assert rows.learning_curves.shape == (len(build_training(batch).curve_epochs), 3)
    np.testing.assert_allclose(rows.learning_curves[-1], rows.final_error, rtol=1e-6)
    assert rows.curve_of.tolist() == [0, 1, 2]


def test_outputs_of_a_large_task_are_not_kept(point_of: PointOf) -> None:
    small = rows_of(batch_of(point_of(task="encoder", task__size=4), [0, 1], [2]))
    large = rows_of(batch_of(point_of(task="encoder", task__size=5), [0, 1], [2]))
    assert small.outputs.shape == (MOST_OUTPUTS, 2)
    assert large.outputs.shape == (0, 2)
    assert np.isfinite(large.final_error).all()


def test_outputs_come_row_by_row_then_unit_by_unit(point_of: PointOf) -> None:
    batch = batch_of(
        point_of(task="encoder", task__size=4, hidden=3, lr=5.0, optimizer="rprop"), [0], [200]
    )
    learnt = rows_of(batch).outputs.reshape(4, 4)
    np.testing.assert_array_equal(np.round(learnt), np.eye(4))


def test_divergence_is_a_status(point_of: PointOf) -> None:
    point = point_of(output="linear", activation="relu", init="symmetric")
    rows = rows_of(batch_of(point, range(3), [100], lr=[0.1, 1e9, 0.1]))
    assert [STATUSES[status] for status in rows.status] == ["ok", "diverged", "ok"]
    assert OUTCOMES[rows.outcome[1]] == "diverged"
    assert rows.converged_epoch[1] == -1
    assert not rows.converged_at_end[1]


@pytest.fixture
def weights(tmp_path: Path) -> str:
    """Return a file with the weights of three networks."""
    draw = np.random.default_rng(0).normal
    path = tmp_path / "weights.npz"
    shapes = {"w1": (3, 2, 2), "b1": (3, 2), "w2": (3, 2, 1), "b2": (3, 1)}
    np.savez(path, **{name: draw(size=shape) for name, shape in shapes.items()})
    return str(path)


def test_a_network_that_cannot_be_trained_fails_alone(point_of: PointOf, weights: str) -> None:
    point = point_of(init="file", init__path=weights)
    run = ExperimentTask(NetworkExperiment())
    rows = table_of([run(batch_of(point, [0, 7, 1, 2, 9], [5, 9]))])
    found = dict(
        zip(
            rows["point_id"].to_pylist(),
            zip(rows["status"].to_pylist(), rows["message"].to_pylist(), strict=True),
            strict=True,
        )
    )
    assert len(found) == len(rows) == 10
    for point_id, (status, message) in found.items():
        seed = [0, 7, 1, 2, 9][point_id % 5]
        assert status == (OK if seed < 3 else FAILED)
        expected = (
            f"ConfigError: seed={seed}: {weights} holds 3 networks, so seed must be from 0 to 2"
        )
        assert message == (None if seed < 3 else expected)
    alone = rows_of(batch_of(point, [1], [5, 9]))
    with_others = rows.filter(pa.array(rows["point_id"].to_numpy() == 2))
    assert with_others["final_error"].to_pylist() == alone.final_error[:1].tolist()


def test_a_failed_row_has_only_its_message(point_of: PointOf, weights: str) -> None:
    Path(weights).unlink()
    batch = batch_of(point_of_file(point_of, weights), [0], [5])
    rows = ExperimentTask(NetworkExperiment())(batch)
    assert rows.column_names == ["point_id", "status", "message"]
    assert rows["point_id"].to_pylist() == batch.identities.ravel().tolist()
    assert rows["status"].to_pylist() == [FAILED]
    assert rows["message"][0].as_py().endswith("no such file")


def point_of_file(point_of: PointOf, path: str) -> Point:
    """Return a point whose file was there when it was checked."""
    point = point_of(init="symmetric")
    kept = {key: value for key, value in point.items() if not key.startswith("init")}
    return {**kept, "init": "file", "init.path": path}


@pytest.mark.parametrize("until_converged", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_curvature_changes_no_other_column_and_is_that_of_the_weights(
    point_of: PointOf, until_converged: bool
) -> None:
    point = point_of(lr=2.0, epochs=600, hidden=3, until_converged=until_converged)
    batch = batch_of(point, range(5), [10, 600])
    without, rows = rows_of(batch), train_batch(batch, Engine(), "learning_curve")
    for name, values in vars(without).items():
        if name not in ("curvature", "curvature_curves"):
            np.testing.assert_array_equal(getattr(rows, name), values)
    assert without.curvature is None
    assert rows.curvature is not None
    wanted = measure_curvature(build_training(batch_of(point, [0], [1])), rows.parameters.T)
    np.testing.assert_array_equal(np.stack(rows.curvature), np.stack(wanted))
    alone = train_batch(batch, Engine(), curvature=True)
    np.testing.assert_array_equal(np.stack(alone.curvature or ()), np.stack(wanted))
    for member in range(5):
        run = train_single({**point, "seed": member})
        shared = [
            run.epochs.index(e) for e in build_training(batch).curve_epochs if e in run.epochs
        ]
        kept = [
            place for place, e in enumerate(build_training(batch).curve_epochs) if e in run.epochs
        ]
        for name, curves in zip(
            ("curvature_min", "curvature_max"), rows.curvature_curves, strict=True
        ):
            by_epoch = getattr(run.curvature, name)[shared].astype(np.float32)
            np.testing.assert_array_equal(curves[kept, member], by_epoch)


def test_a_part_has_curves_of_the_curvature_where_it_has_learning_curves(point_of: PointOf) -> None:
    batch = batch_of(point_of(), range(3), [10, 50])
    part = part_of(train_batch(batch, Engine(), "learning_curve"))
    for name in ("curvature_min.by_epoch", "curvature_max.by_epoch"):
        lengths = part[name].combine_chunks().value_lengths()
        assert lengths == part["learning_curve"].combine_chunks().value_lengths()
