"""The bits of a small set of points across all choices, recorded in golden_bits.json.

NumPy rounds sums, products, quotients and roots the same way everywhere, so points that use these
alone have the same bits on every machine. The last bits of exp, tanh and normal draws depend on the
processor and the libraries. So the bits of points that use them are recorded with the result of
a probe of these functions, and compared where the probe has the same; elsewhere plain loops do.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from naive_loop import train as train_naively
from training_batches import bits_of, training_of

from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.schema import COMPONENTS
from xorsweep.versions import NUMERICS

PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]

GOLDEN = Path(__file__).parent / "golden_bits.json"
RECORD = "RECORD_BITS" in os.environ
SEEDS = (0, 1, 12345)
EPOCHS = 12

LINEAR: dict[str, Any] = {"output": "linear", "activation": "relu", "hidden": 3, "lr": 0.02}
SHUFFLED: dict[str, Any] = {"schedule": "online", "schedule__order": "shuffled"}
STOPPING: dict[str, Any] = {"until_converged": True, "criterion__held_for": 2}

EXACT: dict[str, dict[str, Any]] = {
    "sgd": {},
    "momentum": {"optimizer": "momentum", "schedule": "online"},
    "nesterov": {"optimizer": "nesterov", **SHUFFLED},
    "adam": {"optimizer": "adam", **SHUFFLED},
    "rprop": {"optimizer": "rprop", "hidden": 4},
    "quickprop": {"optimizer": "quickprop", "optimizer__decay": 1e-4},
    "delta_bar_delta": {"optimizer": "delta_bar_delta"},
    "leaky_relu": {"activation": "leaky_relu", "skip": True},
    "lr_output": {"optimizer": "momentum", "lr_output": 0.05},
    "plane": {
        "init": "plane",
        "init__center": 7,
        "init__a": 3.0,
        "init__b": -2.0,
        "init__x": "w1_0_0",
        "init__y": "w2_1_0",
    },
    "values": {
        "init": "values",
        "init__values": "0.5 -0.25 0.75 0.1 0.2 -0.3 0 0.5 -1 1.5 -0.75 0.3 0.1",
    },
    "mse": {"loss": "mse", "init": "symmetric", "init__layout": "framework"},
    "half_mse": {"loss": "half_mse", "init": "xavier"},
    "xnor, bipolar": {"task": "xnor", "task__encoding": "bipolar", "skip": True},
    "and, soft": {"task": "and", "task__levels": "soft"},
    "nand": {"task": "nand", "criterion": "margin", "criterion__threshold": 0.8, **STOPPING},
    "or": {"task": "or", "criterion": "right_side", "lr": 0.2, **STOPPING},
    "parity": {"task": "parity", "task__bits": 4, **SHUFFLED},
    "boolean": {"task": "boolean", "task__bits": 3, "task__table": 30},
    "encoder": {"task": "encoder", "task__size": 5, "schedule": "online"},
    "sse": {"criterion": "sse", "criterion__threshold": 1.1, **STOPPING},
    "rms": {"criterion": "rms", "criterion__threshold": 0.51, **STOPPING},
}

ROUNDED: dict[str, dict[str, Any]] = {
    "the notebook": {},
    "printed": {"init": "printed"},
    "tanh": {"activation": "tanh", "task__encoding": "bipolar", "optimizer": "momentum"},
    "tanh, linear": {"activation": "tanh", "output": "linear", "skip": True, "lr": 0.05},
    "relu": {"activation": "relu", "hidden": 4, **SHUFFLED},
    "cross_entropy": {"loss": "cross_entropy", "optimizer": "adam"},
    "normal": {"init": "normal", "hidden": 8, "schedule": "online"},
    "he": {"init": "he", "init__stream": "pcg64", "activation": "leaky_relu"},
    "pcg64": {"init__stream": "pcg64", "optimizer": "nesterov"},
    "rprop": {"optimizer": "rprop", "hidden": 4},
    "quickprop": {"optimizer": "quickprop", "hidden": 4},
    "encoder": {"task": "encoder", "task__size": 6, "hidden": 3, "task__levels": "soft"},
    "stopping": {"criterion": "margin", "criterion__threshold": 0.56, "hidden": 4, **STOPPING},
}


def point_named(point_of: PointOf, name: str, exact: bool) -> Point:
    return point_of(**{**LINEAR, **EXACT[name]} if exact else {"lr": 0.5, **ROUNDED[name]})


def digest(*arrays: np.ndarray) -> str:
    found = hashlib.blake2b(digest_size=8)
    for array in arrays:
        found.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def bits_now(point_of: PointOf, names: dict[str, dict[str, Any]], exact: bool) -> dict[str, str]:
    """Return the hashes of each point's initial weights and training."""
    found = {}
    for name in names:
        training = training_of(point_named(point_of, name, exact), SEEDS, (0, 3, EPOCHS))
        found[name] = digest(training.parameters, *bits_of(train(training)))
    return found


def probe() -> str:
    """Return a hash of the results of exp, tanh and normal draws here."""
    z = np.linspace(-40, 40, 2**17)
    draws = np.random.RandomState(0).standard_normal(20_000)
    others = np.random.default_rng(0)
    return digest(np.exp(z), np.tanh(z), draws, others.standard_normal(20_000), others.random(100))


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text())
    return found


def record(**parts: Any) -> None:
    found = {**(recorded() if GOLDEN.exists() else {}), **parts, "numerics": NUMERICS}
    GOLDEN.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")


def assert_as_recorded(found: dict[str, str], wanted: dict[str, str]) -> None:
    moved = [name for name in found if found[name] != wanted.get(name)]
    assert not moved, (
        f"the bits of {', '.join(moved)} are not those recorded. If that is meant, raise NUMERICS "
        f"in xorsweep/versions.py (now {NUMERICS}), so that old results are never mixed with new "
        "ones, and record the new bits: "
        "RECORD_BITS=1 python -m pytest tests/networks/test_numerics.py"
    )


def test_bits_that_every_machine_shares_are_those_recorded(
    point_of: PointOf, grid_of: GridOf
) -> None:
    found = bits_now(point_of, EXACT, exact=True)
    grid = grid_of(lr=[0.1, 1e-3], hidden=[2, 4], init=["uniform"], seed=range(3))
    found["identities"] = digest(grid.identities)
    if RECORD:
        record(exact=found)
    assert_as_recorded(found, recorded()["exact"])


def test_bits_of_exp_and_tanh_are_those_recorded_for_such_a_machine(point_of: PointOf) -> None:
    found, here = bits_now(point_of, ROUNDED, exact=False), probe()
    known = recorded().get("rounded", {})
    if RECORD:
        where = f"{platform.machine()}, NumPy {np.__version__}"
        record(rounded={**known, here: {"seen on": where, "bits": found}})
    elif here not in known:
        pytest.skip(f"exp, tanh or normal draws end in other bits here; no bits for {here}")
    assert_as_recorded(found, recorded()["rounded"][here]["bits"])


def test_the_bits_were_recorded_under_this_version_of_the_numbers() -> None:
    assert recorded()["numerics"] == NUMERICS, (
        "NUMERICS in xorsweep/versions.py was raised, so golden_bits.json is out of date: "
        "delete it and record it again with "
        "RECORD_BITS=1 python -m pytest tests/networks/test_numerics.py"
    )


@pytest.mark.parametrize(
    ("name", "exact"), [*((name, True) for name in EXACT), *((name, False) for name in ROUNDED)]
)
def test_plain_loops_come_to_the_same_on_every_machine(
    point_of: PointOf, name: str, exact: bool
) -> None:
    point = point_named(point_of, name, exact)
    training = training_of(point, SEEDS, (0, 3, EPOCHS))
    trained = train(training)
    for member, seed in enumerate(SEEDS):
        weights = training.parameters[:, member].tolist()
        course = train_naively({**point, "seed": seed}, weights, EPOCHS)
        for number, epoch in enumerate(training.snapshots):
            for found, wanted in (
                (trained.parameters[number, ..., member], course.parameters[epoch]),
                (trained.outputs[number, ..., member], course.outputs[epoch]),
            ):
                np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
        assert trained.converged_epoch[member] == course.converged_epoch


def test_every_choice_of_every_group_is_among_the_points(point_of: PointOf) -> None:
    points = [point_named(point_of, name, True) for name in EXACT]
    points += [point_named(point_of, name, False) for name in ROUNDED]
    missing = {
        f"{group}={name}"
        for group, choices in COMPONENTS.items()
        for name in choices
        if not any(point[group] == name for point in points)
    }
    assert missing == {"init=file"}
