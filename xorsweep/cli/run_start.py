"""Checks before a run or a sweep starts: options without effect, and its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from xorsweep.cli.config_files import composed_files
from xorsweep.cli.defaults import read_defaults
from xorsweep.cli.hydra_config import GRID_KEYS, plain
from xorsweep.cli.keys import OWN_KEYS, SWEEP_SETTINGS, check_known_keys
from xorsweep.errors import ConfigError
from xorsweep.fields.sections import read_fields, read_settings
from xorsweep.grid.axes import check_size
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import NetworkSettings, ObjectiveSettings, read_sweep
from xorsweep.storage.paths import check_free, folder_of, make_folder, make_free_folder
from xorsweep.text import format_value

RUN_DIR, SWEEP_DIR, SUBDIR = "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir"


@dataclass(frozen=True)
class RunRequest:
    """A single run, or a job of another sweeper."""

    point: Point
    engine: Engine
    settings: ObjectiveSettings
    curvature: bool | str = False


def read_run(config: DictConfig) -> RunRequest:
    """Return the request of a single run, or of a job of another sweeper.

    Raises ConfigError for a value that isn't allowed, and for keys that only our sweeper reads.
    """
    hydra = HydraConfig.get()
    asked = _asks_for_grid(hydra)
    values = plain(config)
    for key in ("function", "experiment"):
        if values[key] is not None:
            raise ConfigError(f"{key}={format_value(values[key])}: makes a sweep; add -m")
    check_known_keys(values)
    read_sweep(values)
    engine = read_settings("engine", values, Engine)
    _refuse_what_sweeps(values, asked, hydra)
    settings = ObjectiveSettings(**read_fields("", values, ObjectiveSettings))
    point = NETWORK_SCHEMA.read_point(values)
    if settings.objective_seeds is not None:
        _check_seeds(point, settings.objective_seeds, hydra)
    kept = NetworkSettings(**read_fields("", values, NetworkSettings))
    if kept.curvature and (hydra.mode is RunMode.MULTIRUN or settings.objective_seeds is not None):
        raise ConfigError(
            f"curvature={format_value(kept.curvature)}: is for a single run or our own sweep; a "
            "job of another sweeper, or a run with objective_seeds, writes only its objective"
        )
    if kept.trainable:
        raise ConfigError(
            "trainable=true: adds a column to a sweep's results, so it needs -m and our own sweeper"
        )
    if kept.curvature:
        from xorsweep.networks.missing_curvature import check_curvature

        check_curvature(point, kept.curvature)
    return RunRequest(point, engine, settings, kept.curvature)


def _check_seeds(point: Point, count: int, hydra: Any) -> None:
    """Raise ConfigError where a seed was chosen, or the point can't have those from 0 on."""
    # The trainer is imported here, so that help and invalid input don't wait for it.
    from xorsweep.networks.objectives import check_seeds

    # A file may set it, too, which no override shows.
    if "seed" in _given(hydra.overrides.task) or point["seed"] != read_defaults("config")["seed"]:
        raise ConfigError(
            f"seed={point['seed']}: objective_seeds={count} trains seeds 0 to {count - 1}; leave "
            "one of the two out"
        )
    check_size({"objective_seeds": count})
    check_seeds(point, range(count))


def _asks_for_grid(hydra: Any) -> str | None:
    """Return the part of a configuration that makes a grid: a study, or a file that has one."""
    files = composed_files(GlobalHydra.instance().config_loader(), hydra)
    if study := hydra.runtime.choices.get("study"):
        return f"study={study}"
    asking = (file.path for file in files if not file.is_primary and (file.axes or file.has_grid))
    return next((f"grid in {path}" for path in asking), None)


def _refuse_what_sweeps(values: Mapping[str, Any], asked: str | None, hydra: Any) -> None:
    """Raise ConfigError for keys that a single run, or a job of another sweeper, would ignore."""
    if values["resume"] is not None:
        raise ConfigError(f"resume={values['resume']}: resumes a sweep; add -m")
    if values["plan"] is not False:
        raise ConfigError(f"plan={format_value(values['plan'])}: plans a sweep; add -m")
    given = _given(hydra.overrides.task)
    # A config file may have settings for both runs and sweeps; on the command line they are asked.
    settings = {*SWEEP_SETTINGS, *OWN_KEYS}
    setting = next((given[key] for key in given if re.split("[.@]", key)[0] in settings), None)
    asked = asked or next((key for key in GRID_KEYS if key in given), None)
    if (asked or setting) and hydra.mode is not RunMode.RUN:
        raise ConfigError(f"{asked or setting}: is for hydra/sweeper=xorsweep_grid, the default")
    if asked:
        raise ConfigError(f"{asked}: makes a sweep; add -m")
    if setting:
        raise ConfigError(f"{setting}: is for a sweep; add -m")


def run_folder(config: DictConfig) -> Path:
    """Return the folder of a single run, made, with nothing in it that the run would write over.

    Raises ConfigError where there is none.
    """
    given = _given(config.hydra.overrides.hydra)
    if SWEEP_DIR in given:
        raise ConfigError(f"{given[SWEEP_DIR]}: is for a sweep; add -m or give {RUN_DIR}")
    folder = folder_of(str(config.hydra.run.dir), RUN_DIR)
    if RUN_DIR not in given:
        return make_free_folder(folder)
    check_free(folder, RUN_DIR)
    make_folder(folder)
    return folder


def started_folder(config: DictConfig) -> Path | None:
    """Return the folder that the command line names, where it holds a sweep; None otherwise.

    Raises ConfigError for a value that isn't a path.
    """
    if SWEEP_DIR not in _given(config.hydra.overrides.hydra):
        return None
    from xorsweep.sweeps.sweep import holds_sweep  # which a single run doesn't need

    folder = folder_of(str(config.hydra.sweep.dir), SWEEP_DIR)
    return folder if holds_sweep(folder) else None


def sweep_folder(config: DictConfig) -> Path:
    """Return the folder of a new sweep, made, and empty of other sweeps and runs.

    Raises ConfigError or StoreError where there is none.
    """
    folder = folder_of(str(config.hydra.sweep.dir), SWEEP_DIR)
    if SWEEP_DIR not in _given(config.hydra.overrides.hydra):
        return make_free_folder(folder)
    from xorsweep.storage.store import check_unused  # which a single run doesn't need

    check_unused(folder)
    make_folder(folder)
    return folder


def check_folders(config: DictConfig, resumed: bool) -> None:
    """Raise ConfigError for a folder that a sweep wouldn't use."""
    given = _given(config.hydra.overrides.hydra)
    if RUN_DIR in given:
        raise ConfigError(f"{given[RUN_DIR]}: is the folder of a single run; give {SWEEP_DIR}")
    if SUBDIR in given:
        raise ConfigError(
            f"{given[SUBDIR]}: a sweep has no folder per point; hydra/sweeper=basic has"
        )
    if resumed and SWEEP_DIR in given:
        raise ConfigError(f"{given[SWEEP_DIR]}: resume uses the folder that it names")


def _given(lines: list[str]) -> dict[str, str]:
    """Return overrides by their keys, without the prefix."""
    return {line.partition("=")[0].lstrip("+~"): line for line in lines}
