"""Every value of a point and of a sweep is checked, and a refusal names the allowed values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from xorsweep.cli.compose import read_experiment
from xorsweep.cli.defaults import read_defaults
from xorsweep.cli.keys import check_known_keys
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Choice, Integer, Real, fields_of
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.architecture import Network
from xorsweep.networks.schema import (
    COMPONENTS,
    NETWORK_SCHEMA,
    SCALAR_KEYS,
    component_of,
    network_of,
    task_rows,
)
from xorsweep.settings import AdaptiveSeeds, SweepSettings, read_sweep

PointOf = Callable[..., Point]


def nested(**given: Any) -> dict[str, Any]:
    """Return a configuration as the YAML files make it, except for the keys given."""
    groups = {
        "task": "xor",
        "activation": "logistic",
        "loss": "half_sse",
        "optimizer": "sgd",
        "schedule": "batch",
        "init": "uniform",
        "criterion": "fahlman",
    }
    config: dict[str, Any] = {
        "hidden": 2,
        "skip": False,
        "output": "logistic",
        "until_converged": False,
        "lr": 0.1,
        "lr_output": None,
        "epochs": 100,
        "seed": 0,
    }
    for group, name in groups.items():
        choice = COMPONENTS[group][name]
        defaults = {key: getattr(choice(), key) for key in fields_of(choice)}
        config[group] = {"name": name, **defaults}
    return {**config, **given}


def test_a_point_is_flat_with_the_keys_of_a_group_behind_its_name() -> None:
    point = NETWORK_SCHEMA.read_point(nested(optimizer={"name": "momentum", "momentum": 0.5}))
    assert [key for key in point if "." not in key] == list(NETWORK_SCHEMA.keys)
    keys = list(point)
    assert keys[keys.index("optimizer") + 1] == "optimizer.momentum"
    assert point["optimizer.momentum"] == 0.5
    assert all(isinstance(value, bool | int | float | str | None) for value in point.values())


def test_every_key_of_a_point_is_a_group_or_plain_and_not_both() -> None:
    assert sorted(NETWORK_SCHEMA.keys) == sorted([*COMPONENTS, *SCALAR_KEYS])


@pytest.mark.parametrize(("given", "read"), [(1, 1.0), (1e4, 1e4), (np.float64(0.5), 0.5)])
def test_a_real_number_is_read_as_float(given: object, read: float) -> None:
    found = NETWORK_SCHEMA.read_point(nested(lr=given))["lr"]
    assert found == read
    assert type(found) is float


@pytest.mark.parametrize("given", [1e4, 10_000, np.int64(10_000)])
def test_a_whole_number_is_read_as_int_however_it_is_written(given: object) -> None:
    found = NETWORK_SCHEMA.read_point(nested(epochs=given))["epochs"]
    assert found == 10_000
    assert type(found) is int


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lr": 0}, "lr=0: lr must be a finite number above 0"),
        ({"lr": float("nan")}, "lr=nan: lr must be a finite number above 0"),
        ({"lr": "fast"}, "lr=fast: lr must be a finite number above 0"),
        ({"lr": None}, "lr=null: lr must be a finite number above 0"),
        ({"lr": True}, "lr=true: lr must be a finite number above 0"),
        ({"epochs": 0}, "epochs=0: epochs must be a whole number from 1 to 1000000000"),
        ({"epochs": 2.5}, "epochs=2.5: epochs must be a whole number from 1 to 1000000000"),
        ({"hidden": 4097}, "hidden=4097: hidden must be a whole number from 1 to 4096"),
        ({"seed": -1}, "seed=-1: seed must be a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "seed=4294967296: seed must be a whole number from 0 to 4294967295"),
        ({"skip": "no"}, "skip=no: skip must be true or false; did you mean false?"),
        (
            {"until_converged": 1},
            "until_converged=1: until_converged must be true or false; did you mean true?",
        ),
        (
            {"output": "softmax"},
            "output=softmax: output must be one of logistic, linear; did you mean logistic?",
        ),
        (
            {"optimizer": {"name": "momentum", "momentum": 1.0}},
            "optimizer.momentum=1.0: optimizer.momentum must be a finite number at least 0 and "
            "below 1",
        ),
        (
            {"criterion": {"name": "fahlman", "held_for": 0}},
            "criterion.held_for=0: criterion.held_for must be a whole number from 1 to "
            "9007199254740992",
        ),
        (
            {"loss": {"name": "hinge"}},
            f"loss=hinge: loss must be one of {', '.join(COMPONENTS['loss'])}",
        ),
        (
            {"loss": "half_sse"},
            f"loss=half_sse: loss is a config group; choose one of {', '.join(COMPONENTS['loss'])}",
        ),
        (
            {"schedule": None},
            "schedule=None: schedule is a config group; choose one of "
            + ", ".join(COMPONENTS["schedule"]),
        ),
    ],
)
def test_a_refusal_names_the_key_the_value_and_the_allowed_values(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        NETWORK_SCHEMA.read_point(nested(**given))
    assert str(refused.value) == message


def test_a_whole_number_beyond_every_float_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^lr=1000"):
        NETWORK_SCHEMA.read_point(nested(lr=10**400))


@pytest.mark.parametrize("key", sorted({*NETWORK_SCHEMA.keys} - {"lr_output"}))
def test_a_key_that_is_missing_is_refused_by_name(key: str) -> None:
    config = nested()
    del config[key]
    with pytest.raises(ConfigError, match=rf"^{key}="):
        NETWORK_SCHEMA.read_point(config)


def test_a_key_of_another_choice_is_refused_with_the_nearest_that_is_read() -> None:
    section = {"name": "momentum", "momentum": 0.9, "momentun": 0.8}
    with pytest.raises(ConfigError) as refused:
        NETWORK_SCHEMA.read_point(nested(optimizer=section))
    assert str(refused.value) == (
        "optimizer.momentun: unknown key of optimizer=momentum; did you mean optimizer.momentum?"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"loss": "cross_entropy", "output": "linear"}, "output must be logistic"),
        ({"task": "encoder", "skip": True, "hidden": 3}, "skip must be false"),
        ({"init__low": 1.0, "init__high": 1.0}, "must be below init.high, which is 1.0"),
        ({"init": "printed", "hidden": 3}, "hidden=2 and skip=false"),
        ({"init": "file", "init__path": "absent.npz"}, "no such file"),
    ],
)
def test_values_that_mean_nothing_together_are_refused(
    point_of: PointOf, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        point_of(**given)
    assert "\n" not in str(refused.value)


def test_one_bad_combination_among_many_points_is_found(point_of: PointOf) -> None:
    columns: dict[str, Any] = {key: np.array([value] * 3) for key, value in point_of().items()}
    columns["init.low"] = np.array([0.0, 2.0, -1.0])
    columns["init.high"] = np.array([1.0, 1.5, 1.0])
    with pytest.raises(ConfigError, match=r"^init.low=2.0: must be below init.high, which is 1.5"):
        NETWORK_SCHEMA.check_points(columns)


def test_every_choice_of_every_group_makes_a_point(point_of: PointOf) -> None:
    for group, choices in COMPONENTS.items():
        for name in choices:
            if name == "file":
                continue
            needed = {"init__directions": 1} if name == "plane" else {}
            point = point_of(**{group: name}, **needed)
            found = component_of(group, point)
            assert type(found) is choices[name]
            for key in fields_of(choices[name]):
                assert getattr(found, key) == point[f"{group}.{key}"]


def test_a_choice_takes_the_arrays_of_a_batch(point_of: PointOf) -> None:
    momenta = np.array([0.0, 0.5, 0.9])
    point = point_of(optimizer="momentum")
    assert component_of("optimizer", {**point, "optimizer.momentum": momenta}).momentum is momenta


def test_the_network_follows_from_the_task_and_the_hidden_size(point_of: PointOf) -> None:
    assert network_of(point_of()) == Network(2, 2, 1)
    assert network_of(point_of(hidden=5, skip=True)) == Network(2, 5, 1, skip=True)
    assert network_of(point_of(task="parity", task__bits=4)) == Network(4, 2, 1)
    assert network_of(point_of(task="encoder", task__size=6, hidden=3)) == Network(6, 3, 6)


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ({"task": "and"}, 4),
        ({"task": "parity", "task__bits": 5}, 32),
        ({"task": "encoder", "task__size": 7}, 7),
    ],
)
def test_a_task_has_as_many_rows_as_its_truth_table(
    point_of: PointOf, keys: dict[str, Any], rows: int
) -> None:
    assert task_rows(point_of(**keys)) == rows


def test_a_rule_depends_on_the_choices_that_a_point_makes(point_of: PointOf) -> None:
    assert NETWORK_SCHEMA.field_of("lr", {}) == Real(above=0.0)
    assert NETWORK_SCHEMA.field_of("loss", {}) == Choice(COMPONENTS["loss"])
    assert NETWORK_SCHEMA.field_of("task.bits", point_of(task="parity")) == Integer(2, 8)
    with pytest.raises(ConfigError, match=r"^task.bits: unknown key of task=xor; "):
        NETWORK_SCHEMA.field_of("task.bits", point_of())
    with pytest.raises(ConfigError, match=r"^learning_rate: unknown key; "):
        NETWORK_SCHEMA.field_of("learning_rate", point_of())
    with pytest.raises(ConfigError, match=r"^epoch: unknown key; did you mean epochs\?$"):
        NETWORK_SCHEMA.field_of("epoch", point_of())


def test_the_settings_of_a_sweep_have_their_defaults() -> None:
    config = {
        "parallel": {"backend": "loky", "n_jobs": -1},
        "engine": {"name": "numpy", "dtype": "float64"},
        "figures": read_defaults("figures/page"),
        "report": True,
        "curvature": False,
        "csv": True,
        "on_failure": "continue",
        "precision": None,
        "max_seeds": 10_000,
        "trainable": False,
        "lr": 0.1,
    }
    assert read_sweep(config) == SweepSettings()
    assert read_experiment(config) == NetworkExperiment()
    curved = {**config, "curvature": "learning_curve"}
    assert read_experiment(curved) == NetworkExperiment(curvature="learning_curve")
    sure = {**config, "precision": 0.02, "max_seeds": 500}
    assert read_sweep(sure) == SweepSettings(rounds=AdaptiveSeeds(0.02, 500))
    serial = {**config, "parallel": {"backend": "serial", "n_jobs": 1}, "report": False}
    assert read_sweep(serial) == SweepSettings(ExecutionSettings("serial", 1), report=False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"parallel": {"backend": "loky", "n_jobs": 0}}, "parallel.n_jobs=0: must be -1"),
        ({"parallel": {"backend": "loky", "n_jobs": -2}}, "parallel.n_jobs=-2: "),
        (
            {"parallel": {"backend": "threads", "n_jobs": 1}},
            "parallel.backend=threads: parallel.backend must be one of ",
        ),
        ({"parallel": {"backend": "loky", "jobs": 1}}, "did you mean parallel.n_jobs?"),
        ({"parallel": "loky"}, "parallel=loky: parallel is a config group"),
        (
            {"engine": {"name": "abacus", "dtype": "float64"}},
            "engine.name=abacus: engine.name must be one of numpy, numba, cuda",
        ),
        (
            {"engine": {"name": "numpy", "dtype": "float16"}},
            "engine.dtype=float16: engine.dtype must be one of float64, float32",
        ),
        ({"engine": {"name": "numpy", "dtyp": "float32"}}, "did you mean engine.dtype?"),
        (
            {"engine": {"name": "numpy", "dtype": "float64"}, "curvature": "all"},
            "curvature=all: curvature must be true, false or learning_curve",
        ),
        ({"report": "yes"}, "report=yes: report must be true or false"),
    ],
)
def test_a_setting_that_is_not_allowed_is_refused(given: dict[str, Any], message: str) -> None:
    config = {
        "parallel": {"backend": "loky", "n_jobs": -1},
        "engine": {"name": "numpy", "dtype": "float64"},
        "figures": read_defaults("figures/page"),
        "report": True,
        "curvature": False,
        "on_failure": "continue",
        "precision": None,
        "trainable": False,
        "max_seeds": 10_000,
        **given,
    }
    read = read_experiment if "engine" in given else read_sweep
    with pytest.raises(ConfigError) as refused:
        read(config)
    assert message in str(refused.value)


def test_a_key_that_nothing_reads_is_refused_with_the_nearest_that_is() -> None:
    check_known_keys({**nested(), "parallel": {}, "engine": {}, "report": True})
    check_known_keys({"resume": None})
    with pytest.raises(ConfigError, match=r"^hiden: unknown key; did you mean hidden\?$"):
        check_known_keys({"hiden": 3})
    with pytest.raises(ConfigError, match=r"^resum: unknown key; did you mean resume\?$"):
        check_known_keys({"resum": None})
