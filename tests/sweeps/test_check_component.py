"""The check of a choice: the classes that pass it, and the messages on those that break a rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from xorsweep import check_component
from xorsweep.errors import ComponentError, ConfigError
from xorsweep.fields import Batched, Real, field
from xorsweep.networks.activations import Activation
from xorsweep.networks.criteria import Criterion
from xorsweep.networks.initializers import Initializer
from xorsweep.networks.losses import Loss
from xorsweep.networks.optimizers import Optimizer
from xorsweep.networks.schema import COMPONENTS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("group", "name"),
    [("optimizer", "adam"), ("criterion", "sse"), ("init", "he"), ("activation", "leaky_relu")],
)
def test_our_own_pass_it(group: str, name: str) -> None:
    said: list[str] = []
    check_component(group, name, say=said.append)
    second = f"{group}={name}: the second derivative is that of differences of its slope"
    assert said == [
        f"{group}={name}: the same bits in batches of 1, 2, 7 and 4,096",
        *([second] if group == "activation" else []),
        f"{group}={name}: the same rows from worker processes",
        f"{group}={name}: the same results.csv after a resume",
    ]


class MeanOfAll(Optimizer):
    """Looks at the whole batch."""

    def step(
        self, state: Any, parameters: Any, negative_gradient: Any, learning_rate: Any, scratch: Any
    ) -> None:
        parameters += learning_rate * negative_gradient / np.abs(negative_gradient).mean()


@dataclass(frozen=True)
class Branching(Optimizer):
    """Takes its parameter for a number."""

    share: Batched = field(0.5, Real())

    def step(
        self, state: Any, parameters: Any, negative_gradient: Any, learning_rate: Any, scratch: Any
    ) -> None:
        if self.share > 0:
            parameters += learning_rate * negative_gradient


class Streaming(Initializer):
    """Draws one network after the other from one stream."""

    def draw(self, network: Any, seeds: Any) -> Any:
        return np.random.default_rng(int(seeds[0])).uniform(size=(network.size, len(seeds)))


class Sine(Activation):
    """Has the derivative of its slope with the wrong sign."""

    def activate(self, z: Any, scratch: Any) -> None:
        np.sin(z, out=z)

    def back(self, p: Any, d: Any, a: Any, out: Any) -> None:
        np.multiply(d, np.sqrt(np.maximum(0.0, 1.0 - a * a)), out=out)

    def second_derivative(self, a: Any) -> Any:
        return a


class Doubled(Loss):
    """Has half the value that belongs to its factor."""

    def factor(self, count: int) -> float:
        return 2.0

    def value(self, outputs: Any, targets: Any) -> Any:
        return super().value(outputs, targets) / 2


class OfTheWorst(Criterion):
    """Measures a network by the worst of its batch."""

    limit = 0.4

    def distance(self, errors: Any, scratch: Any, out: Any) -> None:
        out[...] = np.abs(errors).max()


class Stateless(Optimizer):
    """Says nothing of how to take a step."""


@pytest.mark.parametrize(
    ("group", "choice", "message"),
    [
        (
            "activation",
            Sine,
            "activation=checked_Sine: second_derivative is 0.473246 at the weighted sum 0.493, and "
            "the slope that back gives changes there by -0.473246",
        ),
        pytest.param(
            "loss",
            Doubled,
            "loss=checked_Doubled: where factor says that the loss changes by ",
            marks=pytest.mark.slow,
        ),
        (
            "optimizer",
            MeanOfAll,
            "network 0 has other outputs in a batch of 1 than in one of 4,096",
        ),
        pytest.param(
            "optimizer",
            Branching,
            "4,096 networks can't be trained together (ValueError: The truth",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "optimizer",
            Stateless,
            "can't be trained together (NotImplementedError: )",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "init",
            Streaming,
            "network 0 has other outputs in a batch of 1 than in one of 4,096",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "criterion",
            OfTheWorst,
            "network 0 is at another distance in a batch of 8",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_component_that_breaks_a_rule_is_reported_in_one_line(
    group: str, choice: type, message: str
) -> None:
    with pytest.raises(ComponentError) as told:
        check_component(group, choice)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert list(COMPONENTS[group]) == list(COMPONENTS[group].own)


def test_a_name_that_isnt_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^optimizer=nix: no such component$"):
        check_component("optimizer", "nix")


def test_a_point_at_which_it_means_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^init=printed: "):
        check_component("init", "printed", {"hidden": 3})
