"""The page of a run holds the run to be played with, to six digits."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.reporting.run_player import MOST_WEIGHTS, differences, player_data

PointOf = Callable[..., Point]


def data_of(run: SingleRun) -> dict[str, Any]:
    text = player_data(run)
    assert not set(text) & set("<>&")
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def solved(point_of: PointOf) -> SingleRun:
    return train_single(point_of(lr=0.5, seed=3, epochs=2000))


def test_the_scrubber_has_the_weights_and_errors_of_every_recorded_epoch(solved: SingleRun) -> None:
    recorded = data_of(solved)["scrubber"]
    assert tuple(recorded["epochs"]) == solved.epochs
    np.testing.assert_allclose(np.transpose(recorded["weights"]), solved.parameters, rtol=1e-5)
    np.testing.assert_allclose(recorded["errors"], solved.errors.final_error, rtol=1e-5)
    assert recorded["shape"] == {
        "inputs": 2,
        "hidden": 2,
        "outputs": 1,
        "skip": False,
        "activation": "logistic",
        "output": "logistic",
    }


def test_the_playground_starts_at_the_settings_of_the_run(solved: SingleRun) -> None:
    found = data_of(solved)["playground"]
    wanted = {"lr": 0.5, "hidden": 2, "low": 0.0, "high": 1.0, "seed": 3, "epochs": 2000}
    assert {key: found[key] for key in wanted} == wanted
    assert found["limit"] == 0.4
    assert found["initial"] == ""
    assert found["rates"] == sorted(set(found["rates"]))
    assert differences(solved) == []


def test_a_rate_between_those_of_the_slider_is_among_them(point_of: PointOf) -> None:
    assert 0.123 in data_of(train_single(point_of(lr=0.123, epochs=2)))["playground"]["rates"]


@pytest.mark.parametrize(
    "keys",
    [
        {"init": "printed"},
        {"init": "normal"},
        {"init__biases": "zero"},
        {"init__layout": "framework", "hidden": 3},
        {"init__stream": "pcg64"},
    ],
)
def test_weights_that_no_seed_of_the_page_draws_are_given(
    point_of: PointOf, keys: dict[str, Any]
) -> None:
    run = train_single(point_of(epochs=2, **keys))
    numbers = re.findall(r"[-+\d.e]+", data_of(run)["playground"]["initial"])
    assert [float(number) for number in numbers] == run.parameters[:, 0].tolist()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            {"optimizer": "momentum", "schedule": "online"},
            ["optimizer momentum", "schedule online"],
        ),
        ({"hidden": 9}, ["hidden 9"]),
        ({"skip": True}, ["skip true"]),
        ({"activation": "leaky_relu"}, ["activation leaky_relu"]),
        ({"task": "parity", "task__bits": 6}, ["task parity"]),
        ({"criterion": "sse"}, ["criterion sse"]),
        ({"criterion": "margin"}, []),
        ({"init": "symmetric", "output": "linear", "activation": "tanh"}, []),
    ],
)
def test_differences_between_run_and_playground_are_named(
    point_of: PointOf, keys: dict[str, Any], words: list[str]
) -> None:
    run = train_single(point_of(epochs=3, **keys))
    assert differences(run) == words
    data = data_of(run)
    assert (data["scrubber"] is None) == (keys.get("activation") == "leaky_relu")
    assert len(data["playground"]["inputs"]) <= 16
    assert data["playground"]["hidden"] <= 8


def test_a_diverged_run_is_recorded_as_long_as_it_is_finite(point_of: PointOf) -> None:
    keys = {"lr": 0.6, "seed": 3, "hidden": 4, "output": "linear", "activation": "relu"}
    run = train_single(point_of(epochs=300, **keys))
    recorded = data_of(run)["scrubber"]
    assert 2 <= len(recorded["epochs"]) < len(run.epochs)


def test_of_large_networks_fewer_epochs_are_recorded(point_of: PointOf) -> None:
    run = train_single(point_of(hidden=2_000, lr=1e-3, epochs=50))
    recorded = data_of(run)["scrubber"]
    assert len(recorded["epochs"]) * run.training.network.size <= MOST_WEIGHTS
    assert (recorded["epochs"][0], recorded["epochs"][-1]) == (0, 50)
