"""The sweeper: overrides to axes, axes to a grid, the grid to a sweep."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import configure_log
from hydra.errors import ConfigCompositionException
from hydra.types import HydraContext
from omegaconf import DictConfig, flag_override

from hydra_plugins.xorsweep_grid._shards import chosen_launch
from xorsweep.cli.axes import parsed
from xorsweep.cli.function_sweep import compose_own
from xorsweep.cli.hydra_compose import compose_resume, compose_sweep
from xorsweep.cli.run_start import check_folders, started_folder, sweep_folder
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.backends import resolve_workers
from xorsweep.fields import Boolean
from xorsweep.fields.values import read_value
from xorsweep.reporting.console import Console
from xorsweep.storage.paths import named_folder, point_latest
from xorsweep.storage.plain_files import check_is_file
from xorsweep.storage.store import read_manifest, reading
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.preview import preview_resume, preview_sweep
from xorsweep.sweeps.requests import Provenance, ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import SweepResult, resume_sweep, run_sweep
from xorsweep.sweeps.shards import Launcher, plan_shards

FAILED = 1


def run(
    context: HydraContext,
    config: DictConfig,
    params: Mapping[str, Any],
    arguments: list[str],
) -> SweepResult | None:
    """Run the sweep and return its result; ends the program with 1 where points failed.

    With `plan=true` it prints the plan, and returns None.
    """
    try:
        result = _run(context, config, params, arguments)
    except (ConfigError, StoreError) as error:
        # Hydra prints an exception of this class, in whatever program, without a traceback.
        raise ConfigCompositionException(str(error)) from error
    if result and result.counts["failed"]:
        sys.exit(FAILED)
    return result


def _run(
    context: HydraContext,
    config: DictConfig,
    params: Mapping[str, Any],
    arguments: list[str],
) -> SweepResult | None:
    launch = chosen_launch(context, config)
    asked = _requested(context.config_loader, config, params, arguments)
    if isinstance(asked, ResumeRequest):
        return _resume(config, asked, launch)
    return _start(config, asked, launch)


def _requested(
    loader: ConfigLoader, config: DictConfig, params: Mapping[str, Any], arguments: list[str]
) -> SweepRequest | ResumeRequest:
    command = ["python", "-m", "xorsweep", *sys.argv[1:]]
    folder = Path(str(config.hydra.sweep.dir))
    if config.function is not None or config.experiment is not None:
        check_folders(config, config.resume is not None)
        return compose_own(loader, config, folder, command)
    given = parsed(loader, arguments)
    resumed = given.pop("resume", None)
    name = None if resumed is None else resumed.value()
    check_folders(config, name is not None)
    if name is None:
        return compose_sweep(loader, config, given, folder, command, params)
    return compose_resume(loader, config, given, named_folder(str(name), "resume"), command)


def _start(
    config: DictConfig, request: SweepRequest, launch: Launcher | None
) -> SweepResult | None:
    if (started := started_folder(config)) is not None:
        return _resume(config, ResumeRequest.of(replace(request, folder=started)), launch)
    request = replace(request, shards=plan_shards(request.settings, launch) if launch else None)
    resolve_workers(request.settings.parallel)  # before there is a folder
    check_rounds(request.experiment, request.grid, request.settings.rounds)
    if _is_plan(request.provenance):
        preview_sweep(request)
        return None
    # Only now that nothing can be refused any more is a folder made.
    folder = sweep_folder(config)
    _log_into(folder, config)
    notes = [*request.notes, *point_latest(folder)]
    return run_sweep(replace(request, folder=folder, notes=notes), Console())


def _resume(
    config: DictConfig, request: ResumeRequest, launch: Launcher | None
) -> SweepResult | None:
    shards = plan_shards(request.settings, launch) if launch else None
    request = replace(request, shards=shards, is_latest=True)
    read_manifest(request.folder)  # so that nothing is put into a folder without a sweep
    if _is_plan(request.provenance):
        preview_resume(request)
        return None
    _log_into(request.folder, config)
    return resume_sweep(request, Console())


def _is_plan(provenance: Provenance) -> bool:
    return bool(read_value("plan", provenance["config"]["plan"], Boolean()))


def _log_into(folder: Path, config: DictConfig) -> None:
    """Let the log of the whole sweep go into its folder."""
    config = config.copy()
    # Hydra 1.4 hands over a config that is read-only, and a copy keeps that.
    with flag_override(config.hydra, ["struct", "readonly"], False):
        config.hydra.runtime.output_dir = str(folder.absolute())
    # Log files are named by ${hydra.runtime.output_dir}, which is resolved from here.
    HydraConfig.instance().set_config(config)
    _refuse_irregular_logs(folder, config.hydra.job_logging)
    try:
        configure_log(config.hydra.job_logging, config.hydra.verbose)
    except ValueError as error:  # logging converts an OSError
        raise StoreError(f"{folder} can't be written: {error.__cause__ or error}") from None


def _refuse_irregular_logs(folder: Path, logging: DictConfig) -> None:
    """Raise StoreError where a log in a sweep's folder would be written through a link or pipe."""
    for handler in (logging.get("handlers") or {}).values():
        path = Path(handler.get("filename") or "")
        if path.parent == folder.absolute():
            with reading(path):
                check_is_file(path)
