"""Where rows lie in hidden space and how their gradients add up, against plain loops."""

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from naive_loop import Network, table

from xorsweep.fields import FloatArray
from xorsweep.grid.schema import Point
from xorsweep.networks.architecture import Weights
from xorsweep.networks.hidden_space import (
    SAME_SPOT,
    HiddenSpace,
    hidden_outputs,
    hidden_space,
)
from xorsweep.networks.single_run import train_single

PointOf = Callable[..., Point]

KINDS: dict[str, dict[str, Any]] = {
    "default": {},
    "soft and bipolar": {"task__levels": "soft", "task__encoding": "bipolar", "loss": "mse"},
    "direct connections": {"hidden": 1, "skip": True, "activation": "tanh", "schedule": "online"},
    "parity": {"task": "parity", "hidden": 4, "activation": "relu", "output": "linear", "lr": 0.01},
    "encoder": {"task": "encoder", "hidden": 5, "loss": "half_mse"},
    "cross-entropy": {"loss": "cross_entropy", "activation": "leaky_relu", "hidden": 3},
}


@pytest.mark.parametrize("name", KINDS)
def test_positions_signals_and_gradients_are_those_of_plain_loops(
    point_of: PointOf, name: str
) -> None:
    point = point_of(epochs=40, seed=5, **KINDS[name])
    run = train_single(point)
    rows, targets = table(point)
    network = Network(point, len(rows[0]), len(targets[0]))
    weights = run.parameters[:, -1].tolist()
    space = hidden_space(run.training, run.parameters[:, -1])
    count = len(rows) * len(targets[0])
    scale = {"half_sse": 1, "cross_entropy": 1, "mse": 2 / count, "half_mse": 1 / count}
    for row, x in enumerate(rows):
        hidden, outputs, slopes = network.forward(weights, x)
        np.testing.assert_allclose(space.hidden_outputs[row], hidden, rtol=1e-12)
        np.testing.assert_allclose(space.hidden_slopes[row], slopes, rtol=1e-12)
        np.testing.assert_allclose(space.outputs[row], outputs, rtol=1e-12)
        for k, (y, t) in enumerate(zip(outputs, targets[row], strict=True)):
            slope = 1 if point["output"] == "linear" else y * (1 - y)
            slope = 1 if point["loss"] == "cross_entropy" else slope
            expected = scale[str(point["loss"])] * (t - y) * slope
            assert space.error_signals[row, k] == pytest.approx(expected, rel=1e-10)
        gradient = network.gradient(weights, rows, targets, [row])
        assert space.gradient_norm([row]) == pytest.approx(math.hypot(*gradient), rel=1e-10)
        assert space.row_gradient_norms[row] == pytest.approx(math.hypot(*gradient), rel=1e-10)
    pair = network.gradient(weights, rows, targets, [0, 2])
    assert space.gradient_norm([0, 2]) == pytest.approx(math.hypot(*pair), rel=1e-9)
    whole = network.gradient(weights, rows, targets, list(range(len(rows))))
    assert space.gradient_norm() == pytest.approx(math.hypot(*whole), rel=1e-9)


def test_hidden_outputs_by_epoch_are_those_at_each_epoch(point_of: PointOf) -> None:
    run = train_single(point_of(epochs=30, hidden=3))
    found = hidden_outputs(run.training, run.parameters)
    assert found.shape == (4, 3, len(run.epochs))
    for place in range(len(run.epochs)):
        alone = hidden_space(run.training, run.parameters[:, place])
        np.testing.assert_array_equal(found[..., place], alone.hidden_outputs)


def space_of(positions: FloatArray, targets: FloatArray) -> HiddenSpace:
    """Return rows that lie somewhere, of a network whose weights are of no interest."""
    none = np.zeros((0, 0))
    signals = np.zeros_like(targets)
    weights = Weights(none, none, none, none, none)
    return HiddenSpace(weights, none, targets, positions, positions, targets, signals)


PLACES = st.sampled_from([0.0, 0.02, 0.04, 0.06, 0.5, 1.0, -1.0, 4.0])
ROWS = st.integers(2, 9)


@given(st.data(), ROWS)
def test_groups_are_of_near_rows_and_leave_no_conflict_out(data: st.DataObject, rows: int) -> None:
    positions = data.draw(arrays(np.float64, (rows, 2), elements=PLACES))
    targets = data.draw(arrays(np.float64, (rows, 1), elements=st.sampled_from([0.0, 1.0])))
    space = space_of(positions, targets)
    reach = SAME_SPOT * max(1.0, *(abs(value) for value in positions.ravel()))
    pairs = {
        pair: math.dist(positions[pair[0]], positions[pair[1]])
        for pair in combinations(range(rows), 2)
    }
    seen = [row for group in space.groups for row in group.rows]
    assert len(seen) == len(set(seen))
    for group in space.groups:
        inside = list(combinations(group.rows, 2))
        assert group.distance == pytest.approx(max(pairs[pair] for pair in inside))
        assert group.distance <= reach * (1 + 1e-12)
        assert group.conflicting == (len({targets[row, 0] for row in group.rows}) > 1)
    conflicting = {row for group in space.groups if group.conflicting for row in group.rows}
    wanted = {pair: d for pair, d in pairs.items() if targets[pair[0]] != targets[pair[1]]}
    for pair, distance in wanted.items():
        if distance < reach * (1 - 1e-12):
            assert conflicting & set(pair)
    if wanted:
        assert space.closest is not None
        assert space.closest.distance == pytest.approx(min(wanted.values()))
    else:
        assert space.closest is None


def test_numbers_that_overflow_are_on_no_spot() -> None:
    positions = np.array([[np.inf, 0.0], [np.inf, 0.0], [np.nan, 1.0], [0.0, 0.0]])
    space = space_of(positions, np.array([[0.0], [1.0], [1.0], [0.0]]))
    assert space.groups == ()
    assert space.closest is None
