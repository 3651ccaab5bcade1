"""The reference engine gives a network the same bits whatever its batch, also where it stops."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine_cases import KINDS_OF_TASK, RULES, SCHEDULES, PointOf, population, rule
from training_batches import bits_of, training_of

from xorsweep.networks.activations import ACTIVATIONS
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.engine import train

MANY = 71


def assert_same_bits_in_any_company(training: Callable[[Any], TrainingBatch], members: int) -> None:
    together = bits_of(train(training(np.arange(members))))
    order = np.random.default_rng(8).permutation(members)
    places = np.cumsum([1, 1, 2, 2, 7, 64])
    for chosen in np.split(order, places[places < members]):
        for apart, whole in zip(bits_of(train(training(chosen))), together, strict=True):
            np.testing.assert_array_equal(apart, whole[..., chosen])


@pytest.mark.parametrize("until_converged", [False, True])
@pytest.mark.parametrize(("optimizer", "schedule"), RULES)
def test_company_changes_no_bit_whatever_the_rule(
    point_of: PointOf, optimizer: str, schedule: str, until_converged: bool
) -> None:
    given = {"until_converged": until_converged, **rule(optimizer, schedule)}
    assert_same_bits_in_any_company(population(point_of, MANY, **given), MANY)


@pytest.mark.parametrize("until_converged", [False, True])
@pytest.mark.parametrize("output", ["logistic", "linear"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_company_changes_no_bit_whatever_the_units(
    point_of: PointOf, activation: str, output: str, until_converged: bool
) -> None:
    given = {"activation": activation, "output": output, "until_converged": until_converged}
    assert_same_bits_in_any_company(population(point_of, MANY, skip=True, **given), MANY)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", [*KINDS_OF_TASK, "one hidden unit"])
def test_company_changes_no_bit_whatever_the_task(
    point_of: PointOf, kind: str, schedule: str
) -> None:
    given = KINDS_OF_TASK.get(kind, {"hidden": 1})
    training = population(
        point_of, MANY, 12, until_converged=True, **given, **rule("momentum", schedule)
    )
    assert_same_bits_in_any_company(training, MANY)


def test_company_of_thousands_changes_no_bit(point_of: PointOf) -> None:
    training = population(point_of, 3000, until_converged=True, **rule("adam", "shuffled"))
    assert_same_bits_in_any_company(training, 3000)


@pytest.mark.parametrize(("optimizer", "schedule"), RULES)
def test_a_network_that_stops_has_the_bits_of_one_that_went_on(
    point_of: PointOf, optimizer: str, schedule: str
) -> None:
    epochs = range(25)
    given = {"criterion": "margin", "criterion__threshold": 0.52, "hidden": 4, "init": "symmetric"}
    points = [
        point_of(until_converged=stop, **given, **rule(optimizer, schedule))
        for stop in (True, False)
    ]
    stopped, full = (train(training_of(point, range(40), epochs)) for point in points)
    np.testing.assert_array_equal(stopped.converged_epoch, full.converged_epoch)
    assert len(set(full.converged_epoch.tolist())) > 4
    assert -1 in full.converged_epoch
    for member, converged in enumerate(full.converged_epoch):
        last = converged if converged >= 0 else epochs[-1]
        for epoch in epochs:
            seen = min(epoch, last)
            for name in ("parameters", "outputs", "meets"):
                found, wanted = getattr(stopped, name), getattr(full, name)
                assert found[epoch, ..., member].tobytes() == wanted[seen, ..., member].tobytes()


def test_a_batch_whose_networks_have_all_stopped_is_over(point_of: PointOf) -> None:
    point = point_of(until_converged=True, criterion="margin", criterion__threshold=2.0)
    trained = train(training_of(point, range(5), [0, 10**9]))
    np.testing.assert_array_equal(trained.converged_epoch, 0)
    np.testing.assert_array_equal(trained.parameters[1], trained.parameters[0])
