"""The plan: each pending point in one batch, trajectories shared, members that agree."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of
from profiles import examples

from xorsweep.experiment import Plan
from xorsweep.grid.axes import Axis
from xorsweep.grid.columns import Column
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.engines.interface import Capacity, EpochCost
from xorsweep.networks.planning import BATCH_SECONDS, Batch, Batches, make_plan
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]

LEVELS: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.sampled_from([0.1, 0.5, 1.0, 2.0]),
    "hidden": st.sampled_from([2, 3, 8]),
    "epochs": st.sampled_from([1, 10, 30, 100]),
    "seed": st.integers(0, 9),
    "init.high": st.sampled_from([0.5, 1.0, 2.0]),
    "optimizer.momentum": st.sampled_from([0.0, 0.5, 0.9]),
    "skip": st.booleans(),
}


def at_most(members: int) -> Capacity:
    """Return the capacity of an engine that takes so many networks, whatever their size."""

    def capacity(network: Network, rows: int) -> int:
        return members

    return capacity


@st.composite
def blocks(draw: st.DrawFn) -> list[tuple[str, list[Axis]]]:
    """Return the swept keys of one or two grids, each with its optimizer."""
    found = []
    for optimizer in draw(st.lists(st.sampled_from(["sgd", "momentum"]), min_size=1, max_size=2)):
        keys = [key for key in LEVELS if optimizer == "momentum" or key != "optimizer.momentum"]
        chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=4))
        found.append(
            (
                optimizer,
                [
                    Axis(key, tuple(draw(st.lists(LEVELS[key], unique=True, min_size=1))))
                    for key in chosen
                ],
            )
        )
    return found


def grid_of(point_of: PointOf, described: Sequence[tuple[str, list[Axis]]]) -> Grid:
    return concatenate(
        [product_grid(NETWORK_SCHEMA, axes, [point_of(optimizer=name)]) for name, axes in described]
    )


def placed(plan: Plan[Batch]) -> Iterator[tuple[Batch, int, int, int]]:
    """Yield each point of a plan as its batch, snapshot, member and row."""
    for batch in plan.batches:
        for snapshot, member in product(range(len(batch.snapshots)), range(batch.members)):
            if batch.rows[snapshot, member] >= 0:
                yield batch, snapshot, member, int(batch.rows[snapshot, member])


def trajectory(point: Point) -> frozenset[tuple[str, object]]:
    return frozenset((key, value) for key, value in point.items() if key != "epochs")


def told(batch: Batch, member: int) -> frozenset[tuple[str, object]]:
    """Return the values of one member of a batch."""
    varying = {key: values[member].item() for key, values in batch.varying.items()}
    return frozenset({**batch.fixed, **varying}.items())


def plans(test: Callable[..., None]) -> Callable[..., None]:
    """Have a test plan grids, in blocks, of which some points are pending."""
    drawn = given(
        described=blocks(), data=st.data(), members=st.integers(1, 20), workers=st.integers(1, 8)
    )
    return examples(8, 120)(drawn(test))


def drawn_plan(
    point_of: PointOf,
    described: Sequence[tuple[str, list[Axis]]],
    data: st.DataObject,
    members: int,
    workers: int,
) -> tuple[Grid, list[int], Plan[Batch]]:
    """Return a grid, the rows that are pending, and the plan for these."""
    grid = grid_of(point_of, described)
    kept = data.draw(st.sets(st.integers(0, len(grid) - 1), max_size=40))
    pending = sorted(kept) if kept else list(range(len(grid)))
    return grid, pending, plan_of(grid, workers, at_most(members), np.array(pending))


@plans
def test_each_pending_point_lies_in_exactly_one_batch(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    _, pending, plan = drawn_plan(point_of, described, data, members, workers)
    assert sorted(row for *_, row in placed(plan)) == pending
    assert plan.points == len(pending)


@plans
def test_a_batch_has_the_values_of_its_points_in_the_grid(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    grid, _, plan = drawn_plan(point_of, described, data, members, workers)
    for batch, snapshot, member, row in placed(plan):
        point = grid.point(row)
        assert batch.snapshots[snapshot] == point["epochs"]
        assert told(batch, member) == trajectory(point)
        assert batch.identities[snapshot, member] == grid.identities[row]


@plans
def test_points_that_differ_in_epochs_alone_are_one_trajectory(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    grid, pending, plan = drawn_plan(point_of, described, data, members, workers)
    longest: dict[Any, int] = {}
    for row in pending:
        point = grid.point(row)
        key = trajectory(point)
        longest[key] = max(longest.get(key, 0), int(str(point["epochs"])))
    trained = Counter(told(batch, m) for batch in plan.batches for m in range(batch.members))
    assert trained == Counter(longest.keys())
    assert plan.counts["trajectories"] == len(longest)
    assert plan.work == sum(longest.values())


@plans
def test_members_of_a_batch_agree_on_all_but_seeds_and_real_numbers(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    _, _, plan = drawn_plan(point_of, described, data, members, workers)
    for batch in plan.batches:
        assert set(batch.varying) <= {"seed", "lr", "init.high", "optimizer.momentum"}
        assert {"task", "hidden", "activation", "optimizer", "loss"} <= set(batch.fixed)
        assert "epochs" not in {**batch.fixed, **batch.varying}
        assert not set(batch.fixed) & set(batch.varying)
        assert all(values.shape == (batch.members,) for values in batch.varying.values())
        assert None not in batch.fixed.values()


@plans
def test_members_of_a_batch_train_equally_long_and_are_no_more_than_an_engine_takes(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    _, _, plan = drawn_plan(point_of, described, data, members, workers)
    for batch in plan.batches:
        assert 1 <= batch.members <= members
        assert (batch.rows[-1] >= 0).all()
        assert list(batch.snapshots) == sorted(set(batch.snapshots))
        assert batch.rows.shape == batch.identities.shape
        assert (batch.identities[batch.rows < 0] == 0).all()
        assert batch.work == batch.members * batch.snapshots[-1]


@plans
def test_rows_come_back_in_order_whichever_batch_is_done_first(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    grid, pending, plan = drawn_plan(point_of, described, data, members, workers)
    restored = np.zeros(len(grid), np.uint64)
    for index in data.draw(st.permutations(range(len(plan.batches)))):
        batch = plan.batches[index]
        restored[batch.rows[batch.rows >= 0]] = batch.identities[batch.rows >= 0]
    np.testing.assert_array_equal(restored[pending], grid.identities[pending])
    np.testing.assert_array_equal(np.flatnonzero(restored), pending)


@plans
def test_the_parts_of_a_batch_are_the_batch(
    point_of: PointOf, described: Any, data: st.DataObject, members: int, workers: int
) -> None:
    _, _, plan = drawn_plan(point_of, described, data, members, workers)
    batch = plan.batches[0]
    cut = data.draw(st.integers(0, batch.members))
    parts = [batch.part(slice(None, cut)), batch.part(slice(cut, None))]
    members_told = [told(part, m) for part in parts for m in range(part.members)]
    assert members_told == [told(batch, m) for m in range(batch.members)]
    np.testing.assert_array_equal(np.hstack([part.rows for part in parts]), batch.rows)
    np.testing.assert_array_equal(np.hstack([part.identities for part in parts]), batch.identities)


def test_all_points_are_planned_unless_some_are_done(point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.1, 0.2)), Axis("seed", (0, 1, 2))], [point_of()]
    )
    plan = plan_of(grid, 1, at_most(8))
    assert (plan.points, plan.counts["trajectories"], len(plan.batches)) == (6, 6, 1)
    assert plan.batches[0].rows.tolist() == [[0, 1, 2, 3, 4, 5]]


def test_nothing_pending_is_no_batch(point_of: PointOf) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of()])
    plan = plan_of(grid, 2, at_most(8), np.empty(0, np.int64))
    assert replace(plan, batches=tuple(plan.batches)) == Plan(
        (), 0, 0, {"trajectories": 0}, is_quick=True
    )


def test_an_epochs_axis_costs_its_maximum_and_not_its_sum(point_of: PointOf) -> None:
    epochs = (100, 1000, 10)
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("epochs", epochs), Axis("seed", (4, 5))], [point_of()]
    )
    plan = plan_of(grid, 1, at_most(8))
    (batch,) = plan.batches
    assert batch.snapshots == (10, 100, 1000)
    assert batch.rows.tolist() == [[4, 5], [0, 1], [2, 3]]
    assert plan.work == 2 * 1000


def test_a_trajectory_is_trained_only_as_long_as_something_is_pending(point_of: PointOf) -> None:
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("epochs", (10, 100, 1000)), Axis("seed", (4, 5))], [point_of()]
    )
    plan = plan_of(grid, 1, at_most(8), np.array([0, 1, 3]))
    assert [(batch.snapshots, batch.rows.tolist()) for batch in plan.batches] == [
        ((10, 100), [[1], [3]]),
        ((10,), [[0]]),
    ]
    assert plan.work == 100 + 10


def test_the_largest_batches_come_first(point_of: PointOf) -> None:
    axes = [Axis("hidden", (2, 8, 3)), Axis("seed", tuple(range(4)))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    hidden = [batch.fixed["hidden"] for batch in plan_of(grid, 1, at_most(8)).batches]
    assert hidden == [8, 3, 2]


def test_large_networks_count_by_the_cost_of_their_epochs(point_of: PointOf) -> None:
    tasks = ("parity", "xor")
    bases = [point_of(task=name, epochs=100) for name in tasks]
    seeds = Axis("seed", tuple(range(6_000)))
    grid = concatenate([product_grid(NETWORK_SCHEMA, [seeds], [base]) for base in bases])

    def epoch_cost(network: Network, rows: int) -> EpochCost:
        return EpochCost(1e-4, 1e-7 * rows)

    plan = make_plan(grid, at_most(10**9), 2, np.arange(len(grid)), epoch_cost)
    for batch in plan.batches:
        rows = {"parity": 8, "xor": 4}[str(batch.fixed["task"])]
        seconds = BATCH_SECONDS + 100 * (1e-4 + 1e-7 * rows * batch.members)
        assert batch.cost == pytest.approx(seconds)
    assert [batch.cost for batch in plan.batches] == sorted(
        (batch.cost for batch in plan.batches), reverse=True
    )


def test_only_an_engine_whose_epochs_cost_little_trains_small_batches(point_of: PointOf) -> None:
    grid = product_grid(NETWORK_SCHEMA, [Axis("seed", tuple(range(4096)))], [point_of()])
    pytest.importorskip("numba")
    numpy, numba = (
        NetworkExperiment(Engine(name)).plan(grid, np.arange(4096), workers=1).batches
        for name in ("numpy", "numba")
    )
    assert len(numpy) <= 2 < len(numba)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_no_batch_of_compiled_tiles_fills_less_than_half_a_tile(
    point_of: PointOf, workers: int
) -> None:
    pytest.importorskip("numba")
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("seed", tuple(range(300)))], [point_of(epochs=100_000)]
    )
    plan = NetworkExperiment(Engine("numba")).plan(grid, np.arange(300), workers)
    assert min(batch.members for batch in plan.batches) >= 32
    assert len(plan.batches) >= workers


def test_a_sweep_is_quick_by_its_seconds_and_not_by_its_epochs(point_of: PointOf) -> None:
    def quick(**values: object) -> bool | None:
        grid = product_grid(NETWORK_SCHEMA, [Axis("seed", (0, 1))], [point_of(**values)])
        return NetworkExperiment().plan(grid, np.arange(2), workers=2).is_quick

    assert quick(hidden=2, epochs=1_000)
    assert not quick(hidden=2, epochs=100_000)
    assert not quick(hidden=4096, epochs=10_000)


def test_more_combinations_than_64_bits_can_number_stay_distinct(point_of: PointOf) -> None:
    levels = 0.1 + np.arange(2**16) / 2**17
    grid = product_grid(NETWORK_SCHEMA, [], [point_of(optimizer="momentum")])
    columns = {
        key: Column(column.levels, np.zeros(4, np.int32)) for key, column in grid.columns.items()
    }
    for key in ("init.low", "init.high", "lr"):
        columns[key] = Column(tuple(levels.tolist()), np.full(4, 7, np.int32))
    columns["seed"] = Column(tuple(range(2**16)), np.full(4, 7, np.int32))
    columns["optimizer.momentum"] = Column(tuple(levels.tolist()), np.array([0, 1, 1, 2], np.int32))
    columns["epochs"] = Column((1, 2), np.array([0, 0, 1, 0], np.int32))
    assert plan_of(Grid(columns, ()), 1, at_most(8)).counts["trajectories"] == 3


def test_the_capacity_of_an_engine_depends_on_the_network(point_of: PointOf) -> None:
    seeds = Axis("seed", tuple(range(4096)))
    grid = product_grid(NETWORK_SCHEMA, [Axis("hidden", (2, 64)), seeds], [point_of(epochs=1)])
    capacity = load_capacity(Engine())
    for batch in plan_of(grid, 1, capacity).batches:
        assert batch.members <= capacity(Network(2, int(str(batch.fixed["hidden"])), 1), 4)


def test_a_batch_takes_the_columns_of_its_members_along_and_nothing_of_the_grid(
    point_of: PointOf,
) -> None:
    sizes = []
    for seeds in (512, 32 * 512):
        axes = [Axis("lr", (0.1, 0.2)), Axis("epochs", (10, 30)), Axis("seed", tuple(range(seeds)))]
        grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
        batches = plan_of(grid, 1, at_most(512)).batches
        sizes.append(max(len(pickle.dumps(batch)) for batch in batches))
    few, many = sizes
    row_and_identity, lr_and_seed = 2 * (8 + 8), 8 + 8
    assert few < 512 * (row_and_identity + lr_and_seed) + 2_000
    assert abs(many - few) < 100


def test_the_work_of_a_batch_is_its_epochs_times_its_networks() -> None:
    rows = np.arange(6).reshape(2, 3)
    batch = Batch({"hidden": 5}, {}, (10, 30), rows, rows.astype(np.uint64), cost=1.5)
    assert batch.work == 90
    assert [part.cost for part in batch.split()] == [0.5, 1.0]


def test_batches_of_a_plan_are_made_when_they_are_asked_for(
    point_of: PointOf,
) -> None:
    axes = [Axis("seed", tuple(range(50))), Axis("epochs", (3, 1))]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    planned = plan_of(grid, 1, at_most(9)).batches
    assert isinstance(planned, Batches)
    batches = replace(planned, most_kept=2)
    assert batches[-1].rows.tolist() == list(batches)[-1].rows.tolist()
    assert [each.rows.tolist() for each in batches[2:4]] == [
        batches[place].rows.tolist() for place in (2, 3)
    ]
    assert batches[0] is not batches[1]
    assert sorted(row for each in batches for row in each.rows.ravel()) == list(range(100))
    assert all(each.snapshots == (1, 3) for each in batches)
    assert {each.work for each in batches} <= {3 * 8, 3 * 9}
    with pytest.raises(IndexError):
        batches[len(batches)]
