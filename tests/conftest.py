from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Scalar, fields_of
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

# Nothing in the tests is timed: a busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

NOTEBOOK = {
    "task": "xor",
    "hidden": 2,
    "skip": False,
    "activation": "logistic",
    "output": "logistic",
    "loss": "half_sse",
    "optimizer": "sgd",
    "schedule": "batch",
    "init": "uniform",
    "criterion": "fahlman",
    "until_converged": False,
    "lr": 0.1,
    "epochs": 10_000,
    "seed": 0,
}

PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]


@pytest.fixture(scope="session")
def point_of() -> PointOf:
    """Return a function that makes a checked point: the notebook's, but for the keys given."""

    def make(**given: Scalar) -> Point:
        values = {key.replace("__", "."): value for key, value in given.items()}
        config: dict[str, object] = {}
        for key in NETWORK_SCHEMA.keys:
            config[key] = values.pop(key, NOTEBOOK[key])
            if key in COMPONENTS:
                choice = COMPONENTS[key][str(config[key])]
                defaults = {name: getattr(choice(), name) for name in fields_of(choice)}
                set_here = {
                    name: values.pop(f"{key}.{name}")
                    for name in fields_of(choice)
                    if f"{key}.{name}" in values
                }
                config[key] = {"name": config[key], **defaults, **set_here}
        assert not values
        return NETWORK_SCHEMA.read_point(config)

    return make


@pytest.fixture(scope="session")
def grid_of(point_of: PointOf) -> GridOf:
    """Return a function that makes a grid: a list or range is an axis, anything else a value."""

    def make(**given: object) -> Grid:
        axes = {key: list(value) for key, value in given.items() if isinstance(value, list | range)}
        fixed = {key: value for key, value in given.items() if key not in axes}
        first = {key: levels[0] for key, levels in axes.items()}
        base = point_of(**fixed, **first)  # type: ignore[arg-type]
        return product_grid(
            NETWORK_SCHEMA,
            [Axis(key.replace("__", "."), tuple(levels)) for key, levels in axes.items()],
            [base],
        )

    return make


@pytest.fixture(scope="session")
def small_sweep(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished sweep with its report, some of its runs unsolved."""
    folder = tmp_path_factory.mktemp("small_sweep") / "sweep"
    grid = grid_of(lr=[0.5, 2.0, 1e3], hidden=[2, 4], epochs=[200, 1500], seed=range(12))
    run_sweep(
        SweepRequest(
            grid,
            SweepSettings(ExecutionSettings("serial")),
            folder,
            {"command_line": ["xorsweep", "-m"]},
        )
    )
    return folder
