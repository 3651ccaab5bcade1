"""The sentences on a run's outcome, the functions of its hidden units and its criterion."""

from collections.abc import Callable
from typing import Any

import pytest

from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import train_single
from xorsweep.reporting.run_outcome import describe_convergence, describe_outcome, describe_solution

PointOf = Callable[..., Point]

UNITS = {
    "one": ({"task": "and", "hidden": 1}, "The hidden unit computes AND or its complement."),
    "two": ({"lr": 2.0}, "The hidden units compute AND and OR, or the complements of these."),
    "numbered": (
        {"hidden": 3, "lr": 2.0, "epochs": 3_000},
        "; f0 is 1 at no row.",
    ),
}


@pytest.mark.parametrize("name", UNITS)
def test_the_functions_of_hidden_units_are_listed_and_explained(
    point_of: PointOf, name: str
) -> None:
    given, text = UNITS[name]
    runs = (train_single(point_of(**{"epochs": 2_000, **given}, seed=seed)) for seed in range(40))
    solved = (run for run in runs if run.outcome == "solved")
    assert any(describe_solution(run).endswith(text) for run in solved)


def test_a_constant_output_is_described_by_its_value(point_of: PointOf) -> None:
    runs = (train_single(point_of(lr=50.0, epochs=200, seed=seed)) for seed in range(20))
    constant = [run for run in runs if run.outcome == "constant_output"]
    for run in constant:
        level = round(float(run.final_outputs.mean()))
        assert describe_outcome(run) == f"All four rows are at {level} (constant_output)."
        name, rows = [("f0", "no row"), ("f15", "rows 00, 01, 10 and 11")][level]
        assert describe_solution(run) == f"The network answers {name}; {name} is 1 at {rows}."
    assert constant


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        ({"criterion": "margin", "criterion__threshold": 0.2}, "margin: every error below 0.2"),
        ({"criterion": "sse"}, "sse: the sum of squared errors below 0.04"),
        ({"criterion": "rms"}, "rms: the root of the mean squared error below 0.05"),
        (
            {"criterion": "fahlman", "criterion__held_for": 5},
            "fahlman: every error below 0.4 for 5 epochs",
        ),
    ],
)
def test_a_criterion_is_described_in_words(
    point_of: PointOf, criterion: dict[str, Any], text: str
) -> None:
    run = train_single(point_of(epochs=10, **criterion))
    assert describe_convergence(run) == f"The run never met the criterion ({text})."
