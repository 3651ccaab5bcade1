"""The order of rows, and the effect of an update from one row."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import naive_loop
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_batches import training_of

from xorsweep.errors import ConfigError
from xorsweep.grid.schema import Point
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.engines.numpy.input_layers import PerNetworkRow
from xorsweep.networks.engines.numpy.row_order import row_order
from xorsweep.networks.losses import LOSSES
from xorsweep.networks.optimizers import OPTIMIZERS
from xorsweep.networks.schedules import Online, shuffled_rows

PointOf = Callable[..., Point]

ONLINE: dict[str, Any] = {"schedule": "online"}
SHUFFLED: dict[str, Any] = {"schedule": "online", "schedule__order": "shuffled"}


def seeds_of(*seeds: int) -> Any:
    return np.array(seeds, np.uint32)


def test_the_hash_of_the_naive_loop_is_splitmix64() -> None:
    # The first outputs of the reference implementation from the state 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    golden = 0x9E3779B97F4A7C15
    states = [(1234567 + n * golden) % 2**64 for n in range(3)]
    assert list(map(naive_loop.splitmix64, states)) == published


@given(
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9),
    epoch=st.integers(1, 10**9),
    rows=st.integers(2, 64),
)
def test_an_order_shows_each_row_once_and_hangs_on_seed_and_epoch_alone(
    seeds: list[int], epoch: int, rows: int
) -> None:
    orders = shuffled_rows(seeds_of(*seeds), epoch, rows)
    assert orders.shape == (rows, len(seeds))
    for seed, order in zip(seeds, orders.T, strict=True):
        assert sorted(order.tolist()) == list(range(rows))
        np.testing.assert_array_equal(order, shuffled_rows(seeds_of(seed), epoch, rows)[:, 0])
        point = {"schedule": "online", "schedule.order": "shuffled", "seed": seed}
        assert [[row] for row in order.tolist()] == list(naive_loop.updates(point, epoch, rows))


def test_every_order_is_as_likely_from_seed_to_seed_and_from_epoch_to_epoch() -> None:
    seeds = np.arange(24_000, dtype=np.uint32)
    over_seeds = Counter(map(tuple, shuffled_rows(seeds, 1, 4).T.tolist()))
    over_epochs = Counter(tuple(shuffled_rows(seeds[:1], e, 4)[:, 0].tolist()) for e in range(2400))
    for orders, expected in ((over_seeds, 1000), (over_epochs, 100)):
        assert len(orders) == 24
        chi_square = sum((count - expected) ** 2 / expected for count in orders.values())
        assert chi_square < 50  # 23 degrees of freedom: beyond it once in a thousand


def test_orders_of_neighbouring_epochs_have_nothing_to_do_with_each_other() -> None:
    orders = [shuffled_rows(np.arange(2000, dtype=np.uint32), e, 4).T.tolist() for e in range(1, 6)]
    for before, after in pairwise(orders):
        same = sum(a == b for a, b in zip(before, after, strict=True))
        assert 40 < same < 140  # 2,000 / 24 = 83


@pytest.mark.parametrize("schedule", [ONLINE, SHUFFLED])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("task", ["xor", "encoder"])
def test_the_steps_of_an_epoch_add_up_to_that_of_the_batch(
    point_of: PointOf, task: str, loss: str, schedule: dict[str, Any]
) -> None:
    """At a rate that leaves the weights where they are, up to its square."""
    given = {"task": task, "loss": loss, "lr": 1e-8, "hidden": 3, "init": "symmetric"}
    moved = []
    for keys in ({}, schedule):
        start, end = train(training_of(point_of(**given, **keys), range(4), [0, 1])).parameters
        moved.append((end - start) / 1e-8)
    np.testing.assert_allclose(moved[1], moved[0], rtol=0, atol=1e-6)
    assert np.abs(moved[0]).max() > 0.01


def test_an_update_is_made_from_each_row(point_of: PointOf) -> None:
    """All weights are 0 and hidden units at rest, so that the output's bias alone moves."""
    point = point_of(output="linear", lr=0.5, activation="relu", init="uniform", **ONLINE)
    training = training_of(point, [0], [1])
    training = replace(training, parameters=np.zeros_like(training.parameters))
    after = train(training).parameters[0, :, 0]
    bias = 0.0
    for target in (0.0, 1.0, 1.0, 0.0):
        bias += 0.5 * (target - bias)
    np.testing.assert_array_equal(after, [0.0] * 8 + [bias])


def test_rows_are_shown_in_the_order_of_each_network(point_of: PointOf) -> None:
    seeds = range(9)
    training = training_of(point_of(task="encoder", task__size=5, **SHUFFLED), seeds, [1])
    orders = shuffled_rows(training.seeds, 3, 5)
    shown = []
    for layer, targets in row_order(training, Online("shuffled"), lambda *row: row)(3):
        assert isinstance(layer, PerNetworkRow)
        shown.append(layer.row.argmax(axis=0).tolist())
        np.testing.assert_array_equal(targets[:, 0], layer.row)
    np.testing.assert_array_equal(shown, orders)


def test_networks_of_one_seed_see_the_same_order_whatever_else_they_differ_in(
    point_of: PointOf,
) -> None:
    training = training_of(point_of(**SHUFFLED), [5, 5, 6], [1], lr=[0.1, 0.2, 0.1])
    one, other, different = shuffled_rows(training.seeds, 1, 16).T
    np.testing.assert_array_equal(one, other)
    assert (one != different).any()


@pytest.mark.parametrize(
    "optimizer", [name for name, rule in OPTIMIZERS.items() if not rule.online]
)
@pytest.mark.parametrize("schedule", [ONLINE, SHUFFLED])
def test_rules_for_whole_epochs_are_refused_online(
    point_of: PointOf, optimizer: str, schedule: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError) as refused:
        point_of(optimizer=optimizer, **schedule)
    assert str(refused.value) == (
        f"optimizer={optimizer} with schedule=online: this rule compares the slopes of whole "
        "epochs, and those of single rows say nothing, so schedule must be batch"
    )
