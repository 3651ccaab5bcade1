"""Seeds of one point, trained together: the bits of each alone, whatever the batch."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xorsweep.errors import ConfigError
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.objectives import SeedRuns, check_seeds, train_seeds
from xorsweep.networks.optimizers.base import Optimizer
from xorsweep.networks.plugins import register
from xorsweep.networks.schema import COMPONENTS
from xorsweep.networks.single_run import headline, train_single

PointOf = Callable[..., Point]


def quiet(line: str) -> None:
    raise AssertionError(line)


def bits(runs: SeedRuns) -> list[list[float]]:
    return [each.tolist() for each in (runs.final_error, runs.converged, runs.epochs_spent)]


@pytest.mark.parametrize(
    ("keys", "more"),
    [
        ({"lr": 5.0, "hidden": 3}, 0),
        ({"lr": 5.0, "until_converged": True}, 0),
        ({"optimizer": "momentum", "schedule": "online", "lr": 1.0}, 0),
        ({"output": "linear", "lr": 10.0}, 0),
        ({"hidden": 3000, "epochs": 5}, 7),  # more than the engine trains together
    ],
)
def test_each_seed_ends_as_it_does_alone(
    keys: dict[str, object], more: int, point_of: PointOf
) -> None:
    point = point_of(**{"epochs": 300, **keys})
    seeds = [7, 0, 3, 12, *range(20, 20 + more)]
    alone = [SeedRuns.of_single(train_single({**point, "seed": seed}, Engine())) for seed in seeds]
    wanted = [[value for (value,) in column] for column in zip(*map(bits, alone), strict=True)]
    assert bits(train_seeds(point, seeds, Engine(), quiet)) == wanted


def test_a_network_that_diverged_has_an_infinite_error_and_spends_all_its_epochs(
    point_of: PointOf,
) -> None:
    runs = train_seeds(point_of(epochs=300, output="linear", lr=10.0), [0, 1], Engine(), quiet)
    assert bits(runs) == [[np.inf, np.inf], [False, False], [300.0, 300.0]]


class Exiting(Optimizer):
    """An optimizer that gives up."""

    def step(self, *_: object) -> None:
        sys.exit("enough")


def test_a_component_that_exits_is_an_error(point_of: PointOf) -> None:
    register("optimizer", "exiting", Exiting)
    with pytest.raises(RuntimeError, match=r"^training ended with .*enough"):
        train_seeds(point_of(epochs=10, optimizer="exiting"), [0], Engine(), quiet)
    COMPONENTS["optimizer"].forget("exiting")


def test_seeds_that_a_point_can_not_have_are_refused(point_of: PointOf, tmp_path: Path) -> None:
    rows = {"w1": (3, 2, 2), "b1": (3, 2), "w2": (3, 2, 1), "b2": (3, 1)}
    path = tmp_path / "weights.npz"
    np.savez(path, **{role: np.ones(shape) for role, shape in rows.items()})
    point = point_of(init="file", **{"init.path": str(path)})
    check_seeds(point, range(3))
    with pytest.raises(ConfigError, match="seed"):
        check_seeds(point, range(4))


def test_the_headline_names_all_seeds(point_of: PointOf) -> None:
    assert "weights, seeds 0 to 99, 10,000 epochs" in headline(point_of(), 100)
