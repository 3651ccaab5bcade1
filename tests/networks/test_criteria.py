"""Criteria against their definitions, and the epoch that counts against a search of our own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.criteria import CRITERIA, Criterion
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.schema import component_of

PointOf = Callable[..., Point]
Floats = NDArray[np.float64]

ERRORS = st.lists(st.floats(-2, 2), min_size=1, max_size=12)


def is_met(criterion: Criterion, errors: Sequence[float]) -> bool:
    column = np.array(errors)[:, None]
    distance = np.empty(1)
    criterion.distance(column, np.empty_like(column), distance)
    return bool(distance[0] < criterion.limit)


MEANINGS: dict[str, Callable[[Sequence[float]], bool]] = {
    "fahlman": lambda errors: all(-0.4 < e < 0.4 for e in errors),
    "right_side": lambda errors: all(-0.5 < e < 0.5 for e in errors),
    "margin": lambda errors: all(-0.1 < e < 0.1 for e in errors),
    "sse": lambda errors: sum(e * e for e in errors) < 0.04,
    "rms": lambda errors: (sum(e * e for e in errors) / len(errors)) ** 0.5 < 0.05,
}


@pytest.mark.parametrize("name", CRITERIA)
@given(errors=ERRORS, scale=st.sampled_from([1.0, 0.2, 0.02]))
def test_a_criterion_is_met_by_its_definition(name: str, errors: list[float], scale: float) -> None:
    errors = [scale * error for error in errors]
    assert is_met(CRITERIA[name](), errors) == MEANINGS[name](errors)


@pytest.mark.parametrize(("name", "limit"), [("fahlman", 0.4), ("right_side", 0.5)])
def test_an_error_at_the_limit_is_too_large(name: str, limit: float) -> None:
    criterion = CRITERIA[name]()
    assert not is_met(criterion, [limit])
    assert not is_met(criterion, [-limit])
    assert is_met(criterion, [np.nextafter(limit, 0), -np.nextafter(limit, 0)])


@pytest.mark.parametrize("name", CRITERIA)
def test_an_error_that_is_no_number_meets_nothing(name: str) -> None:
    with np.errstate(invalid="ignore"):
        assert not is_met(CRITERIA[name](), [0.0, np.nan])
        assert not is_met(CRITERIA[name](), [0.0, np.inf])


def first_epoch(met: Sequence[bool], held_for: int) -> int:
    """Return the epoch at which so many in a row were met for the first time, or -1."""
    for epoch in range(held_for - 1, len(met)):
        if all(met[epoch - held_for + 1 : epoch + 1]):
            return epoch
    return -1


# At these rates networks meet the criteria and leave them again.
RESTLESS: dict[str, Any] = {
    "lr": 20.0,
    "hidden": 3,
    "init": "normal",
    "init__std": 2.0,
    "init__biases": "zero",
}
LIMITS = {"fahlman": 0.4, "right_side": 0.5, "margin": 0.45, "sse": 0.7, "rms": 0.4}


@pytest.mark.parametrize("until_converged", [False, True])
@pytest.mark.parametrize(
    "held_for", [*(pytest.param(epochs, marks=pytest.mark.slow) for epochs in (1, 2)), 7]
)
@pytest.mark.parametrize("name", CRITERIA)
def test_the_epoch_that_counts_is_the_first_at_which_it_has_held(
    point_of: PointOf, name: str, held_for: int, until_converged: bool
) -> None:
    members, epochs = 60, range(61)
    limit = {} if name in ("fahlman", "right_side") else {"criterion__threshold": LIMITS[name]}
    given = {"criterion": name, "criterion__held_for": held_for, **limit, **RESTLESS}
    full = train(training_of(point_of(**given), range(members), epochs))
    targets = training_of(point_of(**given), [0], [0]).targets
    found = train(
        training_of(point_of(until_converged=until_converged, **given), range(members), epochs)
    ).converged_epoch
    expected = []
    for member in range(members):
        met = []
        for outputs in full.outputs[..., member]:
            errors = np.abs(targets - outputs).ravel()
            distance = {
                "sse": (errors**2).sum(),
                "rms": np.sqrt((errors**2).mean()),
            }.get(name, errors.max())
            met.append(bool(distance < LIMITS[name]))
        assert full.meets[:, member].tolist() == met
        expected.append(first_epoch(met, held_for))
    assert found.tolist() == expected
    assert len(set(expected)) > 5
    assert -1 in expected


def test_each_network_may_be_held_to_a_limit_of_its_own(point_of: PointOf) -> None:
    limits = np.array([0.6, 0.52, 0.45, 0.3, 1e-6])
    point = point_of(criterion="margin", lr=5.0, hidden=4, init="symmetric")
    training = training_of(point, [3] * 5, [0, 600], criterion__threshold=limits)
    epochs = train(training).converged_epoch.tolist()
    assert epochs[-1] == -1
    assert epochs[:4] == sorted(epochs[:4])
    assert len(set(epochs)) == 5


def test_a_limit_is_a_number_for_one_and_an_array_for_a_batch(point_of: PointOf) -> None:
    limits = np.array([0.1, 0.2])
    for name in ("margin", "sse", "rms"):
        values = {**point_of(criterion=name), "criterion.threshold": limits}
        assert component_of("criterion", values).limit is limits
