"""Whether the loss came down, in both engines, against plain loops."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_cases import ENGINES
from naive_loop import train as train_naively
from training_batches import batch_of, training_of

from xorsweep.errors import DamagedPartError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.losses import LOSSES
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainability import are_trainable, loss_epochs
from xorsweep.networks.trainer import train_batch
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

PointOf = Callable[..., Point]

UNSTEADY: dict[str, Any] = {
    "activation": "tanh",
    "output": "linear",
    "task__encoding": "bipolar",
    "init": "normal",
    "hidden": 4,
}
CASES: dict[str, dict[str, Any]] = {
    "mse": {**UNSTEADY, "loss": "mse", "lr": 0.6},
    "half_sse": {**UNSTEADY, "lr": 0.3},
    "relu": {
        **UNSTEADY,
        "loss": "half_mse",
        "activation": "relu",
        "output": "logistic",
        "lr": 20.0,
    },
    "cross-entropy": {"loss": "cross_entropy", "lr": 2.0, "hidden": 3, "task__levels": "soft"},
    "hard cross-entropy": {"loss": "cross_entropy", "lr": 3.0, "init": "normal"},
    "stopping": {"lr": 4.0, "hidden": 4, "until_converged": True, "criterion": "right_side"},
    "online": {**UNSTEADY, "schedule": "online", "lr": 0.3},
}
EPOCHS = 45


def loss_of(name: str, errors: list[float], outputs: list[list[float]]) -> float:
    """Return a loss by its definition, of errors target - output."""
    if name != "cross_entropy":
        scale = {"half_sse": 0.5, "mse": 1 / len(errors), "half_mse": 0.5 / len(errors)}[name]
        return scale * sum(error * error for error in errors)
    total = 0.0
    for error, (y,) in zip(errors, outputs, strict=True):
        t = error + y
        total -= t * math.log(y) if t > 1e-12 else 0.0
        total -= (1 - t) * math.log(1 - y) if t < 1 - 1e-12 else 0.0
    return total


def naive_losses(point: Point, weights: list[float]) -> list[float]:
    """Return the loss after each epoch; a network that stands still keeps its own."""
    course = train_naively(point, weights, EPOCHS)
    return [
        loss_of(str(point["loss"]), errors, outputs)
        for errors, outputs in zip(course.errors, course.outputs, strict=True)
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_both_engines_agree_with_plain_loops(point_of: PointOf, case: str, engine: str) -> None:
    point, seeds = point_of(**CASES[case]), range(24)
    snapshots = (1, 7, EPOCHS)
    batch = batch_of(point, seeds, snapshots)
    found = train_batch(batch, Engine(engine), trainable=True).trainable
    assert found is not None
    weights = training_of(point, seeds, snapshots).parameters
    compared = 0
    for member in seeds:
        losses = naive_losses({**point, "seed": member}, weights[:, member].tolist())
        for number, snapshot in enumerate(snapshots):
            last = losses[max(0, snapshot - 20) : snapshot]
            mean = sum(last) / len(last)
            if snapshot > 1 and abs(mean / losses[0] - 1) < 1e-6:
                continue
            compared += 1
            assert found[number * len(seeds) + member] == (snapshot > 1 and mean < losses[0])
    assert compared > 60


def test_the_cases_have_networks_of_both_kinds(point_of: PointOf) -> None:
    for case in ("mse", "half_sse", "hard cross-entropy"):
        batch = batch_of(point_of(**CASES[case]), range(24), (EPOCHS,))
        found = train_batch(batch, Engine(), trainable=True).trainable
        assert found is not None
        assert 0 < found.sum() < 24, case


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["mse", "hard cross-entropy", "stopping"])
def test_losses_have_the_same_bits_in_any_batch_and_change_nothing_else(
    point_of: PointOf, case: str, engine: str, dtype: str
) -> None:
    point, train = point_of(**CASES[case]), load_train(Engine(engine, dtype))
    epochs = loss_epochs((30, EPOCHS))
    asked = replace(training_of(point, range(75), (30, EPOCHS)), loss_epochs=epochs)
    together, plain = train(asked), train(replace(asked, loss_epochs=()))
    assert together.losses.shape == (len(epochs), 75)
    for name, array in vars(plain).items():
        if name != "losses":
            assert array.tobytes() == getattr(together, name).tobytes(), name
    for member in (0, 5, 74):
        alone = train(replace(training_of(point, [member], (30, EPOCHS)), loss_epochs=epochs))
        assert alone.losses[:, 0].tobytes() == together.losses[:, member].tobytes()


def test_the_epochs_are_those_before_each_snapshot() -> None:
    assert loss_epochs((3, 40)) == (0, 1, 2, *range(20, 40))
    assert loss_epochs((20,)) == tuple(range(20))
    assert loss_epochs((0,)) == (0,)


def test_a_loss_that_is_not_finite_is_not_trainable() -> None:
    epochs = loss_epochs((25,))
    losses = np.full((len(epochs), 5), 0.5)
    losses[0] = 1.0
    losses[3, 1], losses[4, 2], losses[5, 3] = np.nan, np.inf, 1e308
    losses[:, 4] = 1.0
    assert are_trainable(losses, epochs, 25).tolist() == [True, False, False, False, False]
    assert not are_trainable(losses[:1], (0,), 0).any()


@pytest.mark.parametrize("name", LOSSES)
def test_the_slope_of_a_loss_is_its_factor_times_the_error(name: str) -> None:
    chooser, targets = np.random.default_rng(0), np.array([[0.0, 1.0], [0.9, 0.1]])
    loss = LOSSES[name]()
    z = chooser.normal(size=(2, 2, 6))
    nudge = 1e-5
    for row in range(2):
        for unit in range(2):
            ends = []
            for way in (nudge, -nudge):
                moved = z.copy()
                moved[row, unit] += way
                outputs = 1 / (1 + np.exp(-moved)) if loss.cancels_slope else moved
                ends.append(loss.value(outputs, targets))
            output = 1 / (1 + np.exp(-z)) if loss.cancels_slope else z
            error = targets[row, unit] - output[row, unit]
            slope = (ends[0] - ends[1]) / (2 * nudge)
            np.testing.assert_allclose(slope, -loss.factor(4) * error, rtol=0, atol=1e-8)


def swept(point_of: PointOf, folder: Path, **given: Any) -> Path:
    axes = [Axis("lr", (0.3, 5.0)), Axis("seed", (0, 1, 2))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of(epochs=40, **CASES["mse"])])
    run_sweep(SweepRequest(NetworkExperiment(**given), grid, SweepSettings(report=False), folder))
    return folder


def test_a_sweep_has_the_column_by_its_configuration_alone(
    point_of: PointOf, tmp_path: Path
) -> None:
    import xorsweep as xs

    folder = swept(point_of, tmp_path / "asked", trainable=True)
    results = xs.load(folder).results
    assert results["trainable"].dtype == bool
    assert results["trainable"].tolist()[:3] != results["trainable"].tolist()[3:]
    assert open_sweep(folder).store.experiment == NetworkExperiment(trainable=True)
    plain = swept(point_of, tmp_path / "plain")
    assert "trainable" not in xs.load(plain).results
    assert open_sweep(plain).store.experiment == NetworkExperiment()
    mixing = NetworkExperiment().mixing_error(NetworkExperiment(trainable=True), folder)
    assert mixing is not None
    assert "trainable=true" in mixing


def test_a_part_has_the_column_only_where_it_was_asked_for() -> None:
    with pytest.raises(DamagedPartError):
        NetworkExperiment().part_types(["trainable"])
    assert "trainable" in NetworkExperiment(trainable=True).part_types(["trainable"])
