"""Overrides to a sweep, as the command line makes it of them, for callers without one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

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

from xorsweep.cli.axes import parsed
from xorsweep.cli.compose import compose_grid, compose_resume
from xorsweep.cli.grid_config import grid_node, read_grid
from xorsweep.cli.hydra_config import VERSION_BASE, config_folder
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.command_lines import override_value
from xorsweep.errors import ConfigError
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest

COMMAND = ("python", "-m", "xorsweep", "-m")
"""What the manifest records before the overrides of a sweep that Python asked for."""

_USED = RLock()
"""Held while Hydra is in use, whose state is the whole process's."""


def sweep_from_overrides(lines: Sequence[str], folder: Path = Path()) -> SweepRequest:
    """Return the sweep that overrides ask for; raises ConfigError."""
    with _composed(lines) as (loader, config, given):
        composed = compose_grid(loader, config, read_grid(loader, grid_node(loader, config), given))
        documents = {"multirun.yaml": OmegaConf.to_yaml(config)}
        return composed.request(folder, [*COMMAND, *lines], documents)


def resume_from_overrides(lines: Sequence[str], folder: Path) -> ResumeRequest:
    """Return how overrides ask to resume the sweep in a folder; raises ConfigError."""
    command = [*COMMAND, f"resume={override_value(str(folder))}", *lines]
    with _composed(lines) as (loader, config, given):
        return compose_resume(loader, config, given, folder, command)


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
