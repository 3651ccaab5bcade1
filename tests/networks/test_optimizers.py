"""Update rules, fed with slopes of our own, against plain loops and steps worked out by hand."""

import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import naive_loop
import numpy as np
import pytest
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import fields_of
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.optimizers import OPTIMIZERS, Optimizer
from xorsweep.networks.optimizers import State as OptimizerState
from xorsweep.networks.schema import component_of

PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]
Floats = NDArray[np.float64]

MEMBERS = 8
VARYING: dict[str, dict[str, tuple[float, float]]] = {
    "sgd": {},
    "momentum": {"momentum": (0.0, 0.95)},
    "nesterov": {"momentum": (0.0, 0.95)},
    "adam": {"beta1": (0.0, 0.95), "beta2": (0.0, 0.999), "epsilon": (1e-8, 0.1)},
    "rprop": {
        "increase": (1.05, 1.5),
        "decrease": (0.3, 0.9),
        "smallest": (1e-6, 0.01),
        "largest": (0.5, 50.0),
    },
    "quickprop": {"growth": (1.0, 2.0), "decay": (0.0, 0.01)},
    "delta_bar_delta": {"kappa": (0.0, 0.2), "phi": (0.0, 0.9), "theta": (0.0, 0.9)},
}
"""The numbers of each rule and a range of each, from which every network gets its own."""


def drawn_values(name: str) -> dict[str, Any]:
    chooser = np.random.default_rng(1)
    values: dict[str, Any] = {"optimizer": name, "lr": chooser.uniform(0.02, 0.4, MEMBERS)}
    for key, (low, high) in VARYING[name].items():
        values[f"optimizer.{key}"] = chooser.uniform(low, high, MEMBERS)
    return values


def slopes(steps: int, parameters: int) -> Floats:
    """Return descents (steps, P, B) that wander, change sign, and at times are zero."""
    chooser = np.random.default_rng(2)
    wandering = np.cumsum(chooser.normal(size=(steps, parameters, MEMBERS)), axis=0)
    wandering[chooser.random(wandering.shape) < 0.1] = 0.0
    wandering[:, 0] = 0.0
    return wandering


class Following:
    """Weights on their way under a rule."""

    def __init__(self, optimizer: Optimizer, lr: Floats, start: Floats) -> None:
        self.optimizer, self.lr, self.parameters = optimizer, lr, start.copy()
        self.state: OptimizerState = optimizer.start(self.parameters, lr)
        self.scratch = np.empty_like(start)

    def step(self, descent: Floats) -> Floats:
        with np.errstate(all="ignore"):  # as in the engine
            self.optimizer.step(self.state, self.parameters, descent.copy(), self.lr, self.scratch)
        return self.parameters.copy()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rule_goes_the_way_of_its_formula_with_numbers_for_each_network(name: str) -> None:
    values, descents = drawn_values(name), slopes(60, 6)
    start = np.random.default_rng(3).normal(size=(6, MEMBERS))
    rule = Following(component_of("optimizer", values), values["lr"], start)
    found = np.stack([rule.step(descent) for descent in descents])
    for member in range(MEMBERS):
        point = {k: v if isinstance(v, str) else float(v[member]) for k, v in values.items()}
        weights, memory = start[:, member].tolist(), {}
        for epoch, descent in enumerate(descents):
            gradient = (-descent[:, member]).tolist()
            weights = naive_loop.OPTIMIZERS[name](point, weights, gradient, memory)
            np.testing.assert_allclose(found[epoch, :, member], weights, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_number_of_a_rule_may_differ_within_a_batch(name: str) -> None:
    numbers = set(fields_of(OPTIMIZERS[name]))
    assert numbers == set(VARYING[name])
    values, descents = drawn_values(name), slopes(15, 4)
    start = np.zeros((4, MEMBERS))
    together = Following(component_of("optimizer", values), values["lr"], start)
    for descent in descents:
        together.step(descent)
    for member in range(MEMBERS):
        own = {k: v if isinstance(v, str) else float(v[member]) for k, v in values.items()}
        alone = Following(component_of("optimizer", own), np.full(MEMBERS, own["lr"]), start)
        for descent in descents:
            alone.step(descent)
        np.testing.assert_array_equal(alone.parameters[:, member], together.parameters[:, member])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_networks_taken_out_with_their_state_continue_with_the_same_bits(name: str) -> None:
    values, descents = drawn_values(name), slopes(20, 5)
    whole = Following(component_of("optimizer", values), values["lr"], np.zeros((5, MEMBERS)))
    for descent in descents[:10]:
        whole.step(descent)
    members = np.array([6, 1, 3])
    left = {k: v if isinstance(v, str) else v[members] for k, v in values.items()}
    part = Following(component_of("optimizer", left), left["lr"], whole.parameters[:, members])
    part.state = tuple(np.ascontiguousarray(array[..., members]) for array in whole.state)
    for descent in descents[10:]:
        np.testing.assert_array_equal(
            part.step(descent[:, members]), whole.step(descent)[:, members]
        )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_allocates_no_array(name: str) -> None:
    def most(members: int) -> int:
        values = {
            k: np.resize(v, members) if k != "optimizer" else v
            for k, v in drawn_values(name).items()
        }
        rule = component_of("optimizer", values)
        parameters, descent = np.zeros((5, members)), np.ones((5, members))
        state, scratch = rule.start(parameters, values["lr"]), np.empty((5, members))
        tracemalloc.start()
        for _ in range(2):
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            with np.errstate(all="ignore"):
                rule.step(state, parameters, descent, values["lr"], scratch)
            peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        return peak

    assert most(2**14) - most(2**13) < 2**12  # not a byte mask, even


# Steps worked out by hand


def steps_of(name: str, lr: float, descents: list[float], **numbers: float) -> list[float]:
    """Return the steps that one weight takes, from zero."""
    rule = Following(OPTIMIZERS[name](**numbers), np.array([lr]), np.zeros((1, 1)))
    where = [0.0] + [float(rule.step(np.array([[d]]))[0, 0]) for d in descents]
    return np.diff(where).tolist()


def test_momentum_adds_up_to_lr_over_one_minus_m() -> None:
    assert steps_of("momentum", 1.0, [1.0] * 3, momentum=0.5) == [1.0, 1.5, 1.75]
    assert steps_of("momentum", 0.25, [1.0] * 60, momentum=0.5)[-1] == pytest.approx(0.5)


def test_nesterov_looks_one_step_ahead() -> None:
    assert steps_of("nesterov", 1.0, [1.0] * 3, momentum=0.5) == [1.5, 1.75, 1.875]
    assert steps_of("nesterov", 1.0, [1.0, -3.0], momentum=0.0) == [1.0, -3.0]


def test_the_first_step_of_adam_is_lr_whatever_the_slope() -> None:
    for slope in (1e-3, 1.0, -1e3):
        (step,) = steps_of("adam", 0.1, [slope])
        assert step == pytest.approx(math.copysign(0.1, slope), rel=1e-4)


def test_rprop_grows_while_the_sign_stays_and_rests_where_it_turns() -> None:
    found = steps_of("rprop", 0.1, [1.0, 5.0, 0.1, -1.0, -1.0, -7.0, 0.0, -1.0])
    expected = [0.1, 0.12, 0.144, 0.0, -0.072, -0.0864, 0.0, -0.0864]
    assert found == pytest.approx(expected, rel=1e-12)


def test_steps_of_rprop_stay_within_their_bounds() -> None:
    grown = steps_of("rprop", 0.1, [1.0] * 20, largest=0.3)
    assert max(grown) == pytest.approx(0.3)
    turned = steps_of("rprop", 0.1, [(-1.0) ** (n // 2) for n in range(40)], smallest=0.01)
    assert min(abs(step) for step in turned if step) == pytest.approx(0.01)


def test_quickprop_jumps_to_the_minimum_of_a_parabola() -> None:
    w, slope_of = 0.0, lambda w: 2.0 * (3.0 - w)  # descent on (w - 3)**2
    rule = Following(OPTIMIZERS["quickprop"](), np.array([0.1]), np.zeros((1, 1)))
    for _ in range(2):
        w = float(rule.step(np.array([[slope_of(w)]]))[0, 0])
    # 0.6 first; then 4.8 * 0.6 / (6 - 4.8) would be 2.4, which is more than 1.75 times as far.
    assert w == pytest.approx(0.6 + 1.75 * 0.6 + 0.1 * 4.8)
    for _ in range(30):
        w = float(rule.step(np.array([[slope_of(w)]]))[0, 0])
    assert w == pytest.approx(3.0, abs=1e-9)


def test_quickprop_adds_no_slope_where_it_has_turned() -> None:
    first, second = steps_of("quickprop", 0.5, [2.0, -1.0])
    assert first == 1.0
    assert second == pytest.approx(-1.0 / (2.0 + 1.0))


def test_quickprop_pulls_weights_to_zero_by_its_decay() -> None:
    assert steps_of("quickprop", 0.5, [1.0, 0.0], decay=0.1)[0] == 0.5
    (first, second) = steps_of("quickprop", 0.5, [1.0, 0.0], decay=0.1)
    assert second == pytest.approx(first * -0.05 / (1.0 + 0.05))


def test_rates_of_delta_bar_delta_add_up_and_shrink_by_a_share() -> None:
    found = steps_of("delta_bar_delta", 0.5, [1.0, 1.0, 1.0, -1.0], kappa=0.1, phi=0.5, theta=0.0)
    assert found == pytest.approx([0.5, 0.6, 0.7, -0.35])


# Refused values


def test_rules_that_compare_slopes_are_for_whole_epochs() -> None:
    assert {name for name, rule in OPTIMIZERS.items() if not rule.online} == {
        "rprop",
        "quickprop",
        "delta_bar_delta",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"optimizer__smallest": 1.0, "optimizer__largest": 0.5},
            "optimizer.smallest=1.0: must be at most optimizer.largest, which is 0.5",
        ),
        (
            {"lr": 60.0},
            "lr=60.0: lr is the first step of optimizer=rprop and must be at most "
            "optimizer.largest, 50.0",
        ),
        (
            {"lr": 1e-7},
            "lr=1e-07: lr is the first step of optimizer=rprop and must be at least "
            "optimizer.smallest, 1e-06",
        ),
    ],
)
def test_steps_that_rprop_may_not_take_are_refused(
    point_of: PointOf, grid_of: GridOf, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        point_of(optimizer="rprop", **given)
    assert str(refused.value) == message
    wrong = next(iter(given))
    fine = {"lr": 0.1, "optimizer__smallest": 1e-6}
    with pytest.raises(ConfigError) as refused:
        grid_of(optimizer="rprop", **{**given, wrong: [fine[wrong], given[wrong]]})
    assert str(refused.value) == message
