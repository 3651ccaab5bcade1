"""`xs.evaluate`: the numbers that plain loops make of the rows of a sweep."""

import math
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xorsweep as xs

SEEDS = range(12)
POINTS: list[Any] = [
    {"lr": 5, "hidden": 3},
    {"lr": 10, "output": "linear"},
    *(
        pytest.param(point, marks=pytest.mark.slow)
        for point in (
            {"lr": 5, "until_converged": True, "engine": {"dtype": "float32"}},
            {
                "lr": 1,
                "optimizer": {"name": "momentum", "momentum": 0.9},
                "criterion": "right_side",
            },
        )
    ),
]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("point", POINTS)
def test_values_are_those_of_the_rows_of_a_sweep(point: dict[str, Any]) -> None:
    levels = {"hidden": 2, **point, "epochs": 300, "seed": SEEDS}
    rows = xs.sweep(**levels, parallel="serial", progress=False).results
    errors, failures, spent, solved = [], 0, 0, 0
    for row in rows.to_dict("records"):
        error = row["final_error"]
        errors.append(math.inf if pd.isna(error) else error)
        if pd.isna(row["converged_epoch"]):
            failures += 1
            spent += 300
        else:
            solved += 1
            spent += int(row["converged_epoch"])
    wanted = {
        "final_error": median(errors),
        "failure_rate": failures / len(SEEDS),
        "expected_running_time": spent / solved if solved else math.inf,
    }
    for objective, value in wanted.items():
        found = xs.evaluate(**point, epochs=300, seeds=SEEDS, objective=objective)
        assert float(found) == value, objective
        if found.low is not None and found.high is not None:
            assert found.low <= value <= found.high


def test_without_seeds_it_is_about_one_run() -> None:
    point: dict[str, Any] = {"lr": 5, "hidden": 3, "epochs": 300}
    run = xs.train(**point, seed=4)
    assert run.converged_epoch is not None
    assert xs.evaluate(**point, seed=4) == xs.ObjectiveValue(run.final_error)
    failed = xs.evaluate(**point, seed=4, objective="failure_rate")
    assert failed == xs.ObjectiveValue(0.0)
    time = xs.evaluate(**point, seed=4, objective="expected_running_time")
    assert time == xs.ObjectiveValue(run.converged_epoch)
    assert float(xs.evaluate(**point)) == xs.train(**point).final_error


def test_a_run_that_never_converges_takes_for_ever() -> None:
    point: dict[str, Any] = {"epochs": 5, "seed": 1}
    assert float(xs.evaluate(**point, objective="expected_running_time")) == math.inf
    assert float(xs.evaluate(**point, objective="failure_rate")) == 1


def test_each_seed_counts_once_whatever_they_are_given_as() -> None:
    point: dict[str, Any] = {"epochs": 20, "objective": "final_error"}
    wanted = xs.evaluate(**point, seeds=range(8))
    for given in (np.arange(8), [*range(8), 3, 3.0], (each for each in range(8))):
        assert xs.evaluate(**point, seeds=given) == wanted


def test_parameters_may_have_their_flat_names() -> None:
    nested = xs.evaluate(init={"name": "symmetric", "range": 2}, epochs=20, seeds=[1, 2])
    flat: dict[str, Any] = {"init": "symmetric", "init.range": 2}
    assert xs.evaluate(**flat, epochs=20, seeds=[1, 2]) == nested


REFUSED: dict[str, dict[str, Any]] = {
    "objective=x: objective must be one of final_error, failure_rate, expected_running_time": {
        "objective": "x"
    },
    "seeds=[]: must be whole numbers, such as range(100)": {"seeds": []},
    "seeds=5: must be whole numbers, such as range(100)": {"seeds": 5},
    "seeds=-1: seeds must be a whole number from 0 to 4294967295": {"seeds": [1, -1]},
    "seeds={1}: a set has no order; give a list": {"seeds": {1}},
    "seed=0: seeds says which are trained; leave seed out": {"seeds": [1], "seed": 0},
    "seed=-1: seed must be a whole number from 0 to 4294967295": {"seed": -1},
    "lr=0: lr must be a finite number above 0": {"lr": 0, "seeds": range(3)},
}


@pytest.mark.parametrize("line", REFUSED)
def test_an_invalid_value_is_one_line(line: str) -> None:
    with pytest.raises(xs.ConfigError) as error:
        xs.evaluate(**REFUSED[line])
    assert str(error.value) == line


def test_more_seeds_than_memory_holds_are_refused() -> None:
    with pytest.raises(xs.ConfigError, match="half of this machine's memory"):
        xs.evaluate(seeds=range(10**13))


def test_a_sweep_takes_no_objective() -> None:
    given: Any = {"objective": "failure_rate"}
    with pytest.raises(xs.ConfigError, match=r"^objective=failure_rate: is for a single run, or"):
        xs.sweep(lr=[1, 2], hidden=2, epochs=10, seed=0, **given)
