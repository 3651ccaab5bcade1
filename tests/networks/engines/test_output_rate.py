"""A learning rate of its own for the output layer, in both engines."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from engine_cases import ENGINES, RATES, SCHEDULES, PointOf
from naive_loop import train as train_naively
from planned_batches import plan_of
from training_batches import training_of

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.engines.interface import TrainingResult
from xorsweep.networks.optimizers import OPTIMIZERS
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import train_batch

RULES = [
    (rule, schedule)
    for rule, schedule in product(OPTIMIZERS, SCHEDULES)
    if OPTIMIZERS[rule].per_parameter_rate and (schedule == "batch" or OPTIMIZERS[rule].online)
]
KINDS: dict[str, dict[str, Any]] = {
    "2-3-1": {},
    "direct connections": {"skip": True},
    "two outputs": {"task": "encoder", "task__size": 2, "activation": "tanh"},
}
EPOCHS, FACTOR = 20, 3.0


def trained(point: Point, engine: Engine, **varying: Any) -> TrainingResult:
    return load_train(engine)(training_of(point, range(9), (EPOCHS // 2, EPOCHS), **varying))


def assert_same_bits(found: TrainingResult, wanted: TrainingResult) -> None:
    for name, array in vars(wanted).items():
        assert getattr(found, name).tobytes() == array.tobytes(), name


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rule", "schedule"), RULES)
def test_the_output_layer_takes_steps_of_its_own_as_in_plain_loops(
    point_of: PointOf, rule: str, schedule: str, kind: str, engine: str
) -> None:
    rates = {"lr": RATES[rule], "lr_output": FACTOR * RATES[rule]}
    given = {"optimizer": rule, **SCHEDULES[schedule], **KINDS[kind]}
    point = point_of(hidden=3, init="symmetric", **rates, **given)
    training = training_of(point, range(3), range(EPOCHS + 1))
    found = load_train(Engine(engine))(training)
    for seed in range(3):
        weights = training.parameters[:, seed].tolist()
        wanted = train_naively({**point, "seed": seed}, weights, EPOCHS)
        np.testing.assert_allclose(
            found.parameters[..., seed], wanted.parameters, rtol=1e-9, atol=1e-9
        )
    without = load_train(Engine(engine))(
        training_of(point_of(**{k: v for k, v in point.items() if k != "lr_output"}), range(3), [9])
    )
    assert not np.allclose(without.parameters[0], found.parameters[9], rtol=1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule", ["sgd", "adam", "quickprop", "delta_bar_delta"])
def test_bits_are_the_same_where_it_is_null_equal_or_another_ones_in_the_batch(
    point_of: PointOf, rule: str, engine: str, dtype: str
) -> None:
    chosen = Engine(engine, dtype)
    plain = point_of(optimizer=rule, lr=0.3, hidden=3)
    null = trained(plain, chosen)
    assert_same_bits(trained({**plain, "lr_output": 0.3}, chosen), null)
    rates = np.where(np.arange(9) % 2, 1.0, np.nan)
    mixed = trained(plain, chosen, lr_output=rates)
    own = trained({**plain, "lr_output": 1.0}, chosen)
    for name, array in vars(mixed).items():
        for member in range(9):
            alone = getattr(own if member % 2 else null, name)
            assert array[..., member].tobytes() == alone[..., member].tobytes(), name
    assert not np.array_equal(own.parameters, null.parameters)


@pytest.mark.parametrize("engine", ENGINES)
def test_networks_keep_it_when_others_leave_their_batch(point_of: PointOf, engine: str) -> None:
    given = {"lr": 2.0, "criterion": "margin", "criterion__threshold": 0.45, "hidden": 4}
    point = point_of(until_converged=True, **given)
    rates, epochs, chosen = np.linspace(0.1, 8, 60), (250,), Engine(engine)
    together = load_train(chosen)(training_of(point, range(60), epochs, lr_output=rates))
    assert 5 < (together.converged_epoch >= 0).sum() < 60
    for member in range(0, 60, 7):
        training = training_of({**point, "lr_output": rates[member]}, [member], epochs)
        alone = load_train(chosen)(training)
        assert alone.parameters[..., 0].tobytes() == together.parameters[..., member].tobytes()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rate", [1e-30, 1e-12])
@pytest.mark.parametrize("hidden_is_slow", [False, True])
def test_a_layer_can_be_held_still(
    point_of: PointOf, rate: float, hidden_is_slow: bool, engine: str
) -> None:
    rates = {"lr": rate, "lr_output": 1.0} if hidden_is_slow else {"lr": 1.0, "lr_output": rate}
    training = training_of(point_of(hidden=2, **rates), range(5), [50])
    parameters = load_train(Engine(engine))(training).parameters[0]
    still = training.network.output_layer
    still = slice(0, still.start) if hidden_is_slow else still
    np.testing.assert_allclose(parameters[still], training.parameters[still], rtol=0, atol=1e-9)
    wanted = load_train(Engine("numpy"))(training).parameters[0]
    np.testing.assert_allclose(parameters, wanted, rtol=1e-9, atol=1e-9)
    assert np.abs(parameters - training.parameters).max() > 0.01


def test_levels_share_a_batch_with_null_and_give_the_rows_of_single_points(
    point_of: PointOf,
) -> None:
    axes = [Axis("lr", (0.5, 1.0)), Axis("lr_output", (None, 0.1, 2.0)), Axis("seed", (0, 1))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of(epochs=30)])
    (batch,) = plan_of(grid).batches
    together = train_batch(batch, Engine())
    for row in range(len(grid)):
        point = grid.point(row)
        alone = load_train(Engine())(training_of(point, [point["seed"]], [30]))
        place = list(together.point_id).index(grid.identities[row])
        assert alone.parameters[0, :, 0].tobytes() == together.parameters[place].tobytes()


def test_null_does_not_change_a_points_identity(
    point_of: PointOf, grid_of: Callable[..., Any]
) -> None:
    whole = grid_of(lr=[0.1, 1.0])
    columns = {key: column for key, column in whole.columns.items() if key != "lr_output"}
    assert whole.columns["lr_output"].levels == (None,)
    np.testing.assert_array_equal(whole.identities, type(whole)(columns, ()).identities)
    assert len({*grid_of(lr=0.1, lr_output=[None, 0.1, 1.0]).identities.tolist()}) == 3


@pytest.mark.parametrize("level", [0.2, 3.0])
def test_a_rule_without_a_learning_rate_refuses_it(point_of: PointOf, level: Scalar) -> None:
    message = rf"^lr_output={level:g} with optimizer=rprop: .* so lr_output must be null$"
    with pytest.raises(ConfigError, match=message):
        point_of(optimizer="rprop", lr_output=level)
    base = point_of(optimizer="rprop")
    with pytest.raises(ConfigError, match=message):
        product_grid(NETWORK_SCHEMA, [Axis("lr_output", (None, level))], [base])


@pytest.mark.parametrize("level", [0, -1.0, float("inf"), "fast", True])
def test_an_invalid_output_rate_is_refused(point_of: PointOf, level: Any) -> None:
    with pytest.raises(ConfigError, match=r"^lr_output=.*must be a finite number above 0, or null"):
        point_of(lr_output=level)


def test_a_training_has_the_rate_of_each_layer(point_of: PointOf) -> None:
    training = training_of(point_of(lr=0.5), range(2), [1], lr_output=np.array([np.nan, 4.0]))
    assert training.learning_rate.tolist() == [0.5, 0.5]
    assert training.output_rate.tolist() == [0.5, 4.0]
