"""The reference engine against finite differences, plain loops and the notebook."""

from itertools import product

import numpy as np
import pytest
from engine_cases import KINDS_OF_TASK, RULES, SCHEDULES, PointOf, population, rule
from naive_loop import train as train_naively
from numpy.typing import NDArray
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.activations import ACTIVATIONS
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines.batch_ops import LANES, pad, take
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.engine import capacity, train
from xorsweep.networks.tasks import TASKS

Floats = NDArray[np.float64]

LOSSES = [
    *product(("half_sse", "half_mse", "mse"), ("logistic", "linear")),
    ("cross_entropy", "logistic"),
]
# Gradients


def loss_of(training: TrainingBatch, name: str, skip: bool, parameters: Floats) -> Floats:
    """Return the loss (n,) of networks with the parameters (n, P), from its definition."""
    inputs, targets = training.inputs, training.targets
    i, h, k = inputs.shape[1], training.network.hidden, targets.shape[1]
    sizes = np.cumsum([i * h, h, h * k, k])
    w1, b1, w2, b2, direct = np.split(parameters, sizes, axis=1)
    z = np.einsum("ri,nih->nrh", inputs, w1.reshape(-1, i, h)) + b1[:, None]
    hidden = {
        "Logistic": lambda: 1 / (1 + np.exp(-z)),
        "Tanh": lambda: np.tanh(z),
        "Relu": lambda: np.where(z > 0, z, 0),
        "LeakyRelu": lambda: np.where(z > 0, z, 0.01 * z),
    }[type(training.activation).__name__]()
    y = np.einsum("nrh,nhk->nrk", hidden, w2.reshape(-1, h, k)) + b2[:, None]
    if skip:
        y += np.einsum("ri,nik->nrk", inputs, direct.reshape(-1, i, k))
    if training.output == "logistic":
        y = 1 / (1 + np.exp(-y))
    if name == "cross_entropy":
        each = -targets * np.log(y) - (1 - targets) * np.log(1 - y)
    else:
        each = (targets - y) ** 2 / (1 if name == "mse" else 2)
    total: Floats = each.sum(axis=(1, 2))
    return total if name in ("half_sse", "cross_entropy") else total / targets.size


@pytest.mark.parametrize(
    ("kind", "skip"),
    [(k, skip) for k, skip in product(KINDS_OF_TASK, (False, True)) if not (skip and "enc" in k)],
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_step_goes_down_the_gradient_of_the_loss(
    point_of: PointOf, activation: str, skip: bool, kind: str
) -> None:
    for loss, output in LOSSES:
        point = point_of(
            activation=activation,
            skip=skip,
            loss=loss,
            output=output,
            hidden=3,
            lr=1.0,
            init="symmetric",
            **KINDS_OF_TASK[kind],
        )
        training = training_of(point, [5], [0, 1])
        start, after = train(training).parameters[..., 0]
        nudges = 1e-5 * np.eye(len(start))
        above, below = (loss_of(training, loss, skip, start + way * nudges) for way in (1, -1))
        np.testing.assert_allclose(start - after, (above - below) / 2e-5, rtol=0, atol=1e-8)


# The notebook and plain loops


def test_the_notebooks_printed_run_comes_out(point_of: PointOf) -> None:
    trained = train(training_of(point_of(init="printed"), [0], [9_999, 10_000]))
    final = [
        *(5.45203876, 2.9984076, 5.45119708, 2.99828539),
        *(-2.02338284, -4.52453236),
        *(6.31321859, -6.68334086),
        -2.8176994,
    ]
    np.testing.assert_allclose(trained.parameters[1, :, 0], final, rtol=2e-8)
    printed = [0.10415523, 0.89123295, 0.89123701, 0.12553166]
    np.testing.assert_allclose(trained.outputs[0, :, 0, 0], printed, rtol=0, atol=5e-9)


def assert_like_plain_loops(point: Point, epochs: int, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    training = training_of(point, seeds, range(epochs + 1))
    trained = train(training)
    for member, seed in enumerate(seeds):
        weights = training.parameters[:, member].tolist()
        curve = train_naively({**point, "seed": seed}, weights, epochs)
        for found, wanted in (
            (trained.parameters[..., member], curve.parameters),
            (trained.outputs[..., member], curve.outputs),
        ):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
        assert trained.converged_epoch[member] == curve.converged_epoch


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_and_losses_train_like_plain_loops(
    point_of: PointOf, activation: str, skip: bool
) -> None:
    for loss, output in LOSSES:
        point = point_of(
            activation=activation, output=output, loss=loss, skip=skip, hidden=3, init="symmetric"
        )
        assert_like_plain_loops(point, 25, (3,))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("encoding", ["binary", "bipolar"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_tasks_train_like_plain_loops(
    point_of: PointOf, task: str, encoding: str, schedule: str
) -> None:
    size = {"encoder": {"task__size": 4}}.get(task, {})
    point = point_of(
        task=task,
        task__encoding=encoding,
        task__levels="soft",
        hidden=2,
        skip=task != "encoder",
        **size,
        **rule("momentum", schedule),
    )
    assert_like_plain_loops(point, 20, (4,))


@pytest.mark.parametrize(("optimizer", "schedule"), RULES)
def test_update_rules_train_like_plain_loops(
    point_of: PointOf, optimizer: str, schedule: str
) -> None:
    point = point_of(hidden=3, activation="tanh", init="normal", **rule(optimizer, schedule))
    # Quickprop's jumps magnify a rounding error tenfold every few epochs; Rprop's go the other way
    # once it turns the sign of a slope.
    assert_like_plain_loops(point, {"quickprop": 10, "rprop": 20}.get(optimizer, 40))


@pytest.mark.parametrize("skip", [True, False])
def test_one_hidden_unit_learns_xor_only_where_inputs_reach_the_output(
    point_of: PointOf, skip: bool
) -> None:
    point = point_of(hidden=1, skip=skip, init="symmetric", **rule("rprop", "batch"))
    solved = train(training_of(point, range(100), [300])).converged_epoch >= 0
    assert solved.mean() > 0.9 if skip else not solved.any()


# Records


def test_the_curve_is_half_the_sum_of_squared_errors(point_of: PointOf) -> None:
    training = training_of(point_of(lr=2.0), range(9), range(31))
    trained = train(training)
    errors = training.targets[..., None] - trained.outputs[list(training.curve_epochs)]
    assert training.curve_epochs[-1] == 30
    np.testing.assert_allclose(trained.half_sse, (errors**2).sum(axis=(1, 2)) / 2, rtol=1e-14)


def test_a_network_that_diverges_costs_the_others_nothing(point_of: PointOf) -> None:
    point = point_of(output="linear", activation="relu", init="symmetric")
    rates = np.array([0.1, 1e6, 0.1, 1e300])
    mixed = train(training_of(point, range(4), [0, 200], lr=rates))
    assert np.isfinite(mixed.parameters).all(axis=(0, 1)).tolist() == [True, False, True, False]
    alone = train(training_of(point, [0, 2], [0, 200]))
    np.testing.assert_array_equal(mixed.outputs[..., [0, 2]], alone.outputs)


def test_a_batch_has_room_for_whole_lanes() -> None:
    for hidden, rows in product((1, 2, 8, 4096), (4, 256)):
        room = capacity(Network(2, hidden, 1), rows)
        assert room >= LANES
        assert room % LANES == 0
    assert capacity(Network(2, 2, 1), 4) > 1000


# Members of a batch


@pytest.mark.parametrize(("count", "lanes"), [(1, 8), (7, 8), (8, 8), (9, 16), (64, 64)])
def test_a_batch_is_filled_up_with_its_last_member(count: int, lanes: int) -> None:
    members = pad(np.arange(count) * 3)
    assert len(members) == lanes
    np.testing.assert_array_equal(members[:count], np.arange(count) * 3)
    assert (members[count:] == (count - 1) * 3).all()


def test_members_taken_from_a_batch_keep_their_values(point_of: PointOf) -> None:
    training = population(point_of, 20, optimizer="momentum")(np.arange(20))
    members = np.array([17, 3, 3])
    part = take(training, members)
    np.testing.assert_array_equal(part.parameters, training.parameters[:, members])
    np.testing.assert_array_equal(part.seeds, training.seeds[members])
    np.testing.assert_array_equal(part.learning_rate, training.learning_rate[members])
    np.testing.assert_array_equal(part.optimizer.momentum, training.optimizer.momentum[members])
    np.testing.assert_array_equal(part.criterion.limit, training.criterion.limit[members])
    assert part.parameters.flags.c_contiguous
