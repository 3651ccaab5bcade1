"""The curvature of the loss, against second differences of the loss in forty decimal digits."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from engine_cases import PointOf, population
from hypothesis import given
from hypothesis import strategies as st
from naive_loop import table
from numpy.typing import NDArray
from training_batches import gradient, training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.activations import Activation
from xorsweep.networks.curvature import (
    MOST_PARAMETERS,
    WORKING_SET,
    has_curvature,
    hessian,
    measure_curvature,
)
from xorsweep.networks.metrics import (
    ERROR_BOUND,
    FLAT,
    PASSING,
    STATES,
    TRAPPED,
    classify_curvature,
)

Loss = Callable[[Sequence[Decimal]], Decimal]

ACTIVATED: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "logistic": lambda z, _: 1 / (1 + (-z).exp()),
    "tanh": lambda z, _: 1 - 2 / ((2 * z).exp() + 1),
    "relu": lambda z, _: max(z, Decimal(0)),
    "leaky_relu": lambda z, slope: max(z, slope * z),
}
LOSSES: dict[str, Callable[[Decimal, Decimal, int], Decimal]] = {
    "half_sse": lambda y, t, _: (t - y) ** 2 / 2,
    "mse": lambda y, t, n: (t - y) ** 2 / n,
    "half_mse": lambda y, t, n: (t - y) ** 2 / 2 / n,
    "cross_entropy": lambda y, t, _: -t * y.ln() - (1 - t) * (1 - y).ln(),
}
NETWORKS: list[dict[str, Any]] = [
    {},
    {"activation": "tanh", "output": "linear"},
    {"hidden": 1, "skip": True, "activation": "tanh", "output": "linear", "loss": "mse"},
    {"activation": "relu", "loss": "half_mse", "task__encoding": "bipolar", "skip": True},
    {"activation": "leaky_relu", "activation__slope": 0.2, "task__levels": "soft"},
    {"task": "parity", "task__bits": 3, "hidden": 1, "loss": "cross_entropy"},
    {"task": "encoder", "task__size": 3, "hidden": 1, "loss": "half_mse", "schedule": "batch"},
    {"task": "encoder", "task__size": 3, "hidden": 1, "loss": "cross_entropy"},
]


def loss_of(point: Point) -> Loss:
    """Return the loss as a function of the weights, in plain loops over rows and units."""
    rows, targets = table(point)
    inputs, hidden, outputs = len(rows[0]), int(str(point["hidden"])), len(targets[0])
    slope = Decimal(float(str(point.get("activation.slope", 0))))
    f = ACTIVATED[str(point["activation"])]
    by_output = LOSSES[str(point["loss"])]

    def loss(w: Sequence[Decimal]) -> Decimal:
        total = Decimal(0)
        b1 = inputs * hidden
        w2 = b1 + hidden
        b2 = w2 + hidden * outputs
        direct = b2 + outputs
        for row, wanted in zip(rows, targets, strict=True):
            x = [Decimal(value) for value in row]
            a = [
                f(w[b1 + h] + sum(x[i] * w[i * hidden + h] for i in range(inputs)), slope)
                for h in range(hidden)
            ]
            for k in range(outputs):
                s = w[b2 + k] + sum(a[h] * w[w2 + h * outputs + k] for h in range(hidden))
                if point["skip"]:
                    s += sum(x[i] * w[direct + i * outputs + k] for i in range(inputs))
                y = ACTIVATED["logistic"](s, slope) if point["output"] == "logistic" else s
                total += by_output(y, Decimal(wanted[k]), len(rows) * outputs)
        return total

    return loss


def second_differences(loss: Loss, weights: Sequence[float]) -> NDArray[np.float64]:
    """Return the Hessian of a loss, to some twenty digits."""
    with localcontext() as context:
        context.prec = 44
        step = Decimal("1e-10")
        size = len(weights)
        found = np.empty((size, size))

        def at(**moves: int) -> Decimal:
            w = [Decimal(value) for value in weights]
            for place, count in moves.items():
                w[int(place[1:])] += count * step
            return loss(w)

        middle = at()
        ahead = [at(**{f"p{i}": 1}) for i in range(size)]
        back = [at(**{f"p{i}": -1}) for i in range(size)]
        for i in range(size):
            found[i, i] = float((ahead[i] - 2 * middle + back[i]) / step**2)
            for j in range(i):
                both = at(**{f"p{i}": 1, f"p{j}": 1})
                neither = at(**{f"p{i}": -1, f"p{j}": -1})
                mixed = both + neither + 2 * middle - ahead[i] - ahead[j] - back[i] - back[j]
                found[i, j] = found[j, i] = float(mixed / (2 * step**2))
    return found


@pytest.mark.parametrize("scale", [1.0, pytest.param(12.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("keys", NETWORKS)
def test_eigenvalues_are_within_their_bound(
    point_of: PointOf, keys: dict[str, Any], scale: float
) -> None:
    point = point_of(init="symmetric", init__range=scale, **keys)
    training = training_of(point, range(8), [1])
    found = measure_curvature(training, training.parameters)
    _, matrices = hessian(training)
    weights = training.parameters[:, 3]
    wanted = second_differences(loss_of(point), weights.tolist())
    np.testing.assert_allclose(matrices[..., 3], wanted, rtol=1e-9, atol=1e-12)
    lowest, *_, highest = np.linalg.eigvalsh(wanted)
    bound = ERROR_BOUND * max(1.0, highest)
    assert abs(found.curvature_min[3] - lowest) < bound / 100
    assert abs(found.curvature_max[3] - highest) < bound / 100
    norm = np.sqrt((gradient(training, weights) ** 2).sum())
    assert found.gradient_norm[3] == pytest.approx(norm, rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("activation", ["logistic", "leaky_relu"])
def test_company_changes_no_bit(point_of: PointOf, activation: str) -> None:
    members = 71
    given = {"activation": activation, "hidden": 8, "skip": True}
    training = population(point_of, members, **given)
    whole = training(np.arange(members))
    together = np.stack(measure_curvature(whole, whole.parameters))
    assert np.isfinite(together).all()
    order = np.random.default_rng(8).permutation(members)
    for chosen in np.split(order, [1, 2, 4, 11]):
        some = training(chosen)
        apart = np.stack(measure_curvature(some, some.parameters))
        assert apart.tobytes() == together[:, chosen].tobytes()


def test_batches_that_are_measured_in_pieces_have_the_same_bits(point_of: PointOf) -> None:
    point = point_of(hidden=20)
    together = training_of(point, range(50), [1])
    assert 50 * 8 * together.network.size**2 > WORKING_SET
    apart = [training_of(point, seeds, [1]) for seeds in (range(20), range(20, 50))]
    whole, *pieces = (np.stack(measure_curvature(t, t.parameters)) for t in (together, *apart))
    assert np.hstack(pieces).tobytes() == whole.tobytes()


@pytest.mark.parametrize(
    ("keys", "there"),
    [
        ({"hidden": 37}, True),  # 149 parameters
        ({"hidden": 38}, False),
        ({"schedule": "online"}, False),
    ],
)
def test_there_is_none_of_large_networks_nor_online(
    point_of: PointOf, keys: dict[str, Any], there: bool
) -> None:
    training = training_of(point_of(**keys), range(2), [1])
    assert (training.network.size <= MOST_PARAMETERS) == (keys.get("hidden") != 38)
    found = np.stack(measure_curvature(training, training.parameters))
    assert has_curvature(training) == there
    assert found.shape == (3, 2)
    assert np.isfinite(found).all() == there
    assert np.isnan(found).all() != there


def test_there_is_none_for_an_activation_without_second_derivative(point_of: PointOf) -> None:
    class Cube(Activation):
        def activate(self, z: Any, scratch: Any) -> None:
            np.power(z, 3, out=z)

    training = replace(training_of(point_of(), range(2), [1]), activation=Cube())
    assert np.isnan(measure_curvature(training, training.parameters)).all()


def test_networks_that_diverged_have_none_and_warn_of_nothing(point_of: PointOf) -> None:
    training = training_of(point_of(activation="relu", output="linear"), range(4), [1])
    weights = training.parameters.copy()
    weights[:, 1], weights[:, 2] = np.nan, 1e200
    found = np.stack(measure_curvature(training, weights))
    np.testing.assert_array_equal(np.isnan(found), np.repeat([[False, True, True, False]], 3, 0))


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e12))
def test_the_curvature_state_of_a_run_follows_from_the_bound(
    smallest: float, largest: float
) -> None:
    bound = 1e-8 * (largest if largest > 1 else 1.0)
    wanted = TRAPPED if smallest > bound else PASSING if smallest < -bound else FLAT
    assert str(classify_curvature(smallest, largest)) == wanted
    assert wanted in STATES


def test_where_runs_stand_is_empty_without_curvature() -> None:
    smallest, largest = np.array([1.0, np.nan, -1.0, 1e-9]), np.array([2.0, np.nan, 2.0, 0.5])
    assert classify_curvature(smallest, largest).tolist() == [TRAPPED, "", PASSING, FLAT]
