"""The files of `conf`: a file a choice, with the defaults of the code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from xorsweep.cli.compose import compose_grid, read_experiment
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.grid_config import read_grid
from xorsweep.cli.hydra_compose import HydraComposer
from xorsweep.cli.hydra_config import VERSION_BASE, plain
from xorsweep.cli.keys import SETTINGS
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import fields_of
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import ENGINES, Engine
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, SCALAR_KEYS
from xorsweep.settings import SweepSettings, read_sweep

CONF = Path(config_folder())


@pytest.fixture(scope="module")
def hydra() -> Iterator[tuple[Any, DictConfig]]:
    with initialize_config_dir(str(CONF), **VERSION_BASE):
        config = compose("config", return_hydra_config=True)
        yield GlobalHydra.instance().config_loader(), config


def groups_of_files() -> dict[str, set[str]]:
    return {
        folder.name: {path.stem for path in folder.glob("*.yaml")}
        for folder in CONF.iterdir()
        if folder.is_dir() and folder.name not in (*SETTINGS, "study")
    }


def test_every_choice_has_its_file_and_every_file_its_choice() -> None:
    assert groups_of_files() == {group: set(choices) for group, choices in COMPONENTS.items()}


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in COMPONENTS for name in COMPONENTS[group]]
)
def test_files_hold_the_parameters_and_defaults_of_the_code(group: str, name: str) -> None:
    found = OmegaConf.to_container(OmegaConf.load(CONF / group / f"{name}.yaml"))
    choice = COMPONENTS[group][name]
    wanted = {parameter: getattr(choice(), parameter) for parameter in fields_of(choice)}
    assert found == {"name": name, **wanted}


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_has_its_file_with_the_defaults_of_the_code(name: str) -> None:
    found = OmegaConf.to_container(OmegaConf.load(CONF / "engine" / f"{name}.yaml"))
    assert found == {"name": name, "dtype": Engine().dtype}


def test_the_defaults_are_those_of_the_notebook(hydra: tuple[Any, DictConfig]) -> None:
    values = plain(hydra[1])
    assert read_sweep(values) == SweepSettings(ExecutionSettings("loky", -1), report=True)
    assert read_experiment(values) == NetworkExperiment()
    point = NETWORK_SCHEMA.read_point(values)
    assert {key: point[key] for key in SCALAR_KEYS} == {
        "hidden": 2,
        "skip": False,
        "output": "logistic",
        "until_converged": False,
        "lr": 0.1,
        "lr_output": None,
        "epochs": 10_000,
        "seed": 0,
    }


def test_the_default_grid_has_about_6000_points(hydra: tuple[Any, DictConfig]) -> None:
    asked = read_grid(hydra[0], plain(hydra[1])["grid"], {})
    grid = compose_grid(HydraComposer(*hydra), asked).grid
    assert len(grid) == 6_000
    assert grid.swept == ("lr", "hidden", "epochs", "seed")


def test_the_default_grid_is_that_of_our_sweeper_alone(hydra: tuple[Any, DictConfig]) -> None:
    other = compose("config", ["hydra/sweeper=basic"], return_hydra_config=True)
    assert other.hydra.sweeper.params is None
