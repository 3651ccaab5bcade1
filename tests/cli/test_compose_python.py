"""Composition without Hydra equals Hydra's, for the same values as overrides."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xorsweep.cli.compose_python import compose_resume, compose_sweep
from xorsweep.cli.hydra_compose import resume_from_overrides, sweep_from_overrides
from xorsweep.cli.overrides import GivenSweep
from xorsweep.errors import ConfigError
from xorsweep.storage.manifest import seal
from xorsweep.sweeps.requests import SweepRequest

Call = dict[str, Any]

CALLS: list[Call] = [
    {},
    {"lr": np.array([0.1, 1]), "seed": range(0, 10, 3), "hidden": [2]},
    {"optimizer": ["sgd", "adam", "sgd"], "lr": [1, 1.0, 2], "activation": "sigmoid"},
    {"optimizer": {"name": "momentum", "momentum": [0.5, 0.9]}, "init": ["uniform", "he"]},
    {"parallel": {"name": "serial"}, "engine": {"dtype": "float32"}, "precision": 0.1, "seed": 3},
    {
        "blocks": [{"lr": [0.5, 2]}, {"lr": 1, "init": {"name": "symmetric", "range": [0.5, 3.0]}}],
        "zip": [("lr", "seed")],
        "where": "lr*hidden < 8",
        "seed": [3, 1],
    },
    {"optimizer": ["momentum", "nesterov"], "optimizer.momentum": [0.5, 0.9]},
    {"study": "hinton_problems", "seed": range(3)},
    {"study": None, "lr": "linspace(0.1,0.5,3)"},
]

MISTAKES: list[Call] = [
    {"lr": 0},
    {"hiden": 3},
    {"init": {"range": 3}},
    {"loss": "mean"},
    {"engine": ["numpy", "numba"]},
    {"blocks": [{"engine": "numpy"}]},
    {"zip": [("lr", "epoch")]},
    {"where": "lr > 1e9"},
    {"seed": range(10**12)},
    {"optimizer": ["sgd", "momentum"], "optimizer.momentum": 0.5},
    {"loss": "cross_entropy", "output": "linear"},
    {"parallel": {"n_jobs": 0}},
]


def read(call: Call) -> GivenSweep:
    grid = {name: call.get(name) for name in ("blocks", "zip", "where")}
    values = {key: value for key, value in call.items() if key not in grid}
    return GivenSweep.read(values, *grid.values())


def said(request: SweepRequest) -> tuple[Any, ...]:
    digest = seal(request.grid, request.experiment, request.settings.rounds)["digest"]
    config, notes = request.provenance["config"], [*request.notes]
    return digest, request.settings, config, [*config], notes


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_sweep_is_the_one_that_its_overrides_ask_for(call: Call) -> None:
    request = compose_sweep(read(call), Path("folder"))
    assert request.folder == Path("folder")
    overrides = request.provenance["command_line"][4:]
    assert said(request) == said(sweep_from_overrides(overrides))


def test_the_command_of_a_sweep_names_the_folder_that_was_given() -> None:
    given = read({"lr": 3})
    for folder, named in ((Path("my folder"), ["hydra.sweep.dir=my folder"]), (Path(), [])):
        request = compose_sweep(given, folder)
        assert request.provenance["command_line"][4:] == [*named, *given.overrides]


@pytest.mark.parametrize("call", MISTAKES, ids=str)
def test_a_mistake_has_the_message_of_the_command_line(call: Call) -> None:
    given = read(call)
    with pytest.raises(ConfigError) as raised:
        compose_sweep(given, Path())
    with pytest.raises(ConfigError) as wanted:
        sweep_from_overrides(given.overrides)
    assert str(raised.value) == str(wanted.value)


@pytest.mark.parametrize(
    "call",
    [
        {"seed": range(9), "lr": 3, "parallel.n_jobs": 2, "precision": 0.1},
        {"engine": "numpy", "optimizer.momentum": [0.1, 0.2]},
    ],
    ids=str,
)
def test_a_sweep_is_resumed_as_its_overrides_ask_for(call: Call) -> None:
    request = compose_resume(read(call), Path("folder"))
    command = request.provenance["command_line"]
    assert command[4] == "resume=folder"
    assert request == resume_from_overrides(command[5:], Path("folder"), command)


def test_levels_that_would_not_fit_into_memory_extend_no_sweep() -> None:
    given = read({"seed": range(10**12)})
    with pytest.raises(ConfigError, match=r"^seed 1,000,000,000,000 = "):
        compose_resume(given, Path())
    with pytest.raises(ConfigError, match=r"^seed 1,000,000,000,000 = "):
        resume_from_overrides(given.overrides, Path())


def test_no_blocks_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"^blocks=\[\]: must be a list of dictionaries"):
        GivenSweep.read({}, [])
