from collections.abc import Callable

import pytest

from xorsweep.config import GROUPS, POINT_KEYS, Point, read_point
from xorsweep.rules import Scalar, rules_of

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


@pytest.fixture(scope="session")
def point_of() -> PointOf:
    """Return a function that makes a checked point: the notebook's, but for the keys given."""

    def make(**given: Scalar) -> Point:
        values = {key.replace("__", "."): value for key, value in given.items()}
        config: dict[str, object] = {}
        for key in POINT_KEYS:
            config[key] = values.pop(key, NOTEBOOK[key])
            if key in GROUPS:
                choice = GROUPS[key][str(config[key])]
                defaults = {name: getattr(choice(), name) for name in rules_of(choice)}
                set_here = {
                    name: values.pop(f"{key}.{name}")
                    for name in rules_of(choice)
                    if f"{key}.{name}" in values
                }
                config[key] = {"name": config[key], **defaults, **set_here}
        assert not values
        return read_point(config)

    return make
