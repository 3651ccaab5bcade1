"""Configurations as Hydra composes them, of its config files and overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.version import VersionBase
from omegaconf import DictConfig, OmegaConf
from omegaconf.basecontainer import BaseContainer
from omegaconf.errors import OmegaConfBaseException

from xorsweep.cli.axes import Overrides, level_count, parsed, swept
from xorsweep.cli.compose import Configuration, compose_grid, resume_request
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.grid_config import grid_node, read_grid
from xorsweep.cli.grid_spec import check_counts
from xorsweep.cli.hydra_config import VERSION_BASE, interpolated_texts, plain, without_hydra
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.cli.keys import is_point_key
from xorsweep.errors import ConfigError
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest

_USED = RLock()
"""Held while Hydra is in use, whose state is the whole process's."""


@dataclass(frozen=True)
class HydraComposer:
    """Composes the configuration of a sweep anew under other overrides."""

    loader: ConfigLoader
    config: DictConfig

    def __call__(self, lines: Sequence[str]) -> Configuration:
        """Return the configuration under just these overrides, which may be the one there is."""
        parser = OverridesParser.create(self.loader)
        given = parser.parse_overrides([*self.config.hydra.overrides.task])
        applied = {each.input_line for each in given if not each.is_sweep_override()}
        # Composing takes some 45 ms, and Hydra has composed this one already.
        if applied == {*lines}:
            config = self.config
        else:
            config = self.loader.load_sweep_config(self.config, [*lines])
        own = without_hydra(config)  # here for both, since a copy takes milliseconds
        return Configuration(plain(own), interpolated_texts(own))


def compose_sweep(
    loader: ConfigLoader,
    config: DictConfig,
    given: Overrides,
    folder: Path,
    command_line: Sequence[str],
    params: Mapping[str, Any] = MappingProxyType({}),
) -> SweepRequest:
    """Return a new sweep in a folder; raises ConfigError.

    Overrides replace axes of the configuration, and those `params` that are laid over its own.
    """
    spec = read_grid(loader, grid_node(loader, config, params), given)
    composed = compose_grid(HydraComposer(loader, config), spec)
    return composed.request(folder, command_line, {"multirun.yaml": OmegaConf.to_yaml(config)})


def compose_resume(
    loader: ConfigLoader,
    config: DictConfig,
    given: Overrides,
    folder: Path,
    command_line: Sequence[str],
) -> ResumeRequest:
    """Return how to resume the sweep in a folder.

    Overrides that name a point's key extend the grid, the others say how to run. Raises
    ConfigError.
    """
    for key in given:
        if key.startswith("grid."):
            raise ConfigError(
                f"{key}: a sweep keeps the {key} that it was started with; start another sweep"
            )
    about_points = {key: each for key, each in given.items() if is_point_key(key)}
    check_counts([{key: level_count(each) for key, each in about_points.items()}], ())
    others = [each.input_line for key, each in given.items() if key not in about_points]
    values = plain(loader.load_sweep_config(config, [line for line in others if line]))
    files = [each for key, each in given.items() if each.is_add() or key == "study"]
    if files:
        _refuse_points_of_files(files, values, plain(loader.load_sweep_config(config, [])))
    more = [swept(each).axis for each in about_points.values()]
    return resume_request(values, given, more, folder, command_line)


def _refuse_points_of_files(
    files: Sequence[Override], values: Mapping[str, Any], defaults: Mapping[str, Any]
) -> None:
    """Raise ConfigError where config files have points of their own, which a resume ignores."""
    known = (*NETWORK_SCHEMA.keys, "grid", "study")
    keys = [key for key in known if values.get(key) != defaults.get(key)]
    if keys:
        chosen = " ".join(str(each.input_line) for each in files)
        raise ConfigError(
            f"{chosen}: has {', '.join(keys)}; a sweep keeps its own, and is "
            "extended by keys on the command line alone; start another sweep"
        )


def sweep_from_overrides(
    lines: Sequence[str], folder: Path = Path(), command_line: Sequence[str] = ()
) -> SweepRequest:
    """Return the sweep that overrides ask for, without a command line; raises ConfigError."""
    with _composed(lines) as (loader, config, given):
        return compose_sweep(loader, config, given, folder, command_line)


def resume_from_overrides(
    lines: Sequence[str], folder: Path, command_line: Sequence[str] = ()
) -> ResumeRequest:
    """Return how overrides ask to resume the sweep in a folder; raises ConfigError."""
    with _composed(lines) as (loader, config, given):
        return compose_resume(loader, config, given, folder, command_line)


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
                raise ConfigError("plan: works only on the command line")
            # Hydra's `compose` refuses overrides with several values.
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
        # Hydra registers its resolvers when it starts; the outer application gets its own again.
        BaseContainer._resolvers.update(resolvers)
