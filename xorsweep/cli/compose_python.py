"""Overrides to a sweep, as the command line makes it of them, for callers without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import RLock
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.version import VersionBase
from omegaconf import DictConfig, OmegaConf
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import OmegaConfBaseException

from xorsweep.analysis.studies.spec import read_study
from xorsweep.cli.axes import is_point_key, parsed, swept
from xorsweep.cli.compose import compose_grid
from xorsweep.cli.grid_config import grid_node, read_grid
from xorsweep.cli.hydra_config import VERSION_BASE, config_folder, plain
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.settings import SweepSettings, read_sweep

_USED = RLock()
"""Held while Hydra is in use, whose state is the whole process's."""


@dataclass(frozen=True)
class ComposedSweep:
    """A new sweep, as it was asked for; `yaml` is its configuration as Hydra composed it."""

    grid: Grid
    settings: SweepSettings
    values: Mapping[str, Any]
    notes: Sequence[str]
    yaml: str


@dataclass(frozen=True)
class ComposedResume:
    """What a sweep that was begun goes on with, as `resume_sweep` takes it."""

    settings: SweepSettings
    more: Sequence[Axis]
    rounds: Mapping[str, Any]
    keep_engine: bool
    values: Mapping[str, Any]


def compose_sweep(lines: Sequence[str]) -> ComposedSweep:
    """Return the sweep that overrides ask for; raises ConfigError."""
    with _composed(lines) as (loader, config, given):
        composed = compose_grid(loader, config, read_grid(loader, grid_node(loader, config), given))
        settings = read_sweep(composed.values)
        read_study(composed.values.get("study"))
        yaml = OmegaConf.to_yaml(config)
        return ComposedSweep(composed.grid, settings, composed.values, composed.notes, yaml)


def compose_resume(lines: Sequence[str]) -> ComposedResume:
    """Return how overrides ask to go on with a sweep that was begun; raises ConfigError."""
    with _composed(lines) as (loader, config, given):
        for key in given:
            if key.startswith("grid."):
                raise ConfigError(f"{key}: a sweep keeps the {key} that it was begun with")
        about_points = {key: each for key, each in given.items() if is_point_key(key)}
        others = [each.input_line for key, each in given.items() if key not in about_points]
        values = plain(loader.load_sweep_config(config, [line for line in others if line]))
        settings = read_sweep(values)
        return ComposedResume(
            settings,
            [swept(each).axis for each in about_points.values()],
            {key: value for key, value in asdict(settings.rounds).items() if key in given},
            not any(key.split(".")[0] == "engine" for key in given),
            values,
        )


@contextmanager
def _composed(
    lines: Sequence[str],
) -> Iterator[tuple[ConfigLoader, DictConfig, dict[str, Override]]]:
    """Yield Hydra's loader, the configuration and the overrides by key.

    Threads take turns. Raises ConfigError.
    """
    try:
        with _USED, _state_kept():
            initialize_config_dir(config_folder(), job_name="xorsweep", **VERSION_BASE)
            loader = GlobalHydra.instance().config_loader()
            given = parsed(loader, lines)
            if "plan" in given:
                raise ConfigError("plan: says what a sweep would do, on the command line alone")
            fixed = [str(o.input_line) for o in given.values() if not o.is_sweep_override()]
            config = compose("config", fixed, return_hydra_config=True)
            yield loader, config, given
    except HydraException as error:
        raise ConfigError(explain_hydra_error(error)) from None
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0]) from None


@contextmanager
def _state_kept() -> Iterator[None]:
    """Let Hydra be started; a Hydra application that this runs in finds its own state again.

    `initialize_config_dir` as a context would give it a copy, and the names of this job.
    """
    state, version, runtime = GlobalHydra.instance(), VersionBase.instance(), JobRuntime.instance()
    outer, base, name = state.hydra, version.version_base, runtime.get("name")
    resolvers = dict(BaseContainer._resolvers)
    state.hydra = None
    try:
        yield
    finally:
        state.hydra, version.version_base = outer, base
        runtime.set("name", name)
        BaseContainer._resolvers.update(resolvers)
