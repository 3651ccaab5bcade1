"""What the sweeper does: overrides to axes, axes to a grid, the grid to a sweep."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import configure_log
from hydra.errors import ConfigCompositionException
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, flag_override

from hydra_plugins.xorsweep_grid._shards import chosen_launch
from xorsweep.analysis.studies.spec import read_study
from xorsweep.cli.axes import Overrides, is_point_key, parsed, swept
from xorsweep.cli.compose import compose_grid
from xorsweep.cli.grid_config import grid_node, read_grid
from xorsweep.cli.hydra_config import plain
from xorsweep.cli.run_start import check_folders, sweep_folder
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.backends import resolve_workers
from xorsweep.fields import Boolean, read_value
from xorsweep.reporting.console import Console
from xorsweep.settings import read_sweep
from xorsweep.storage.paths import named_folder, point_latest
from xorsweep.storage.plain_files import check_is_file
from xorsweep.storage.store import read_manifest, reading
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.preview import preview_resume, preview_sweep
from xorsweep.sweeps.runner import SweepResult, resume_sweep, run_sweep
from xorsweep.sweeps.shards import Launcher, plan_shards

FAILED = 1


def run(
    context: HydraContext,
    config: DictConfig,
    params: Mapping[str, Any],
    arguments: list[str],
) -> SweepResult | None:
    """Run the sweep and return what it left; ends the program with 1 where points failed.

    With `plan=true` it says what it would do, and returns None.
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
    loader, launch = context.config_loader, chosen_launch(context, config)
    given = parsed(loader, arguments)
    resumed = given.pop("resume", None)
    is_resumed = resumed is not None and resumed.value() is not None
    check_folders(config, is_resumed)
    if resumed is not None and is_resumed:
        return _resume(loader, config, named_folder(str(resumed.value()), "resume"), given, launch)
    section = grid_node(loader, config, params)
    composed = compose_grid(loader, config, read_grid(loader, section, given))
    settings = read_sweep(composed.values)
    shards = plan_shards(settings, launch) if launch else None
    resolve_workers(settings.parallel)  # before there is a folder
    check_rounds(composed.grid, settings.rounds)
    read_study(composed.values.get("study"))
    if _is_plan(composed.values):
        preview_sweep(composed.grid, settings, composed.notes, Console(), shards)
        return None
    folder = sweep_folder(config)
    _log_into(folder, config)
    notes = [*composed.notes, *point_latest(folder)]
    provenance = _provenance(composed.values)
    documents = {"multirun.yaml": OmegaConf.to_yaml(config)}
    return run_sweep(
        composed.grid, settings, folder, provenance, notes, Console(), shards, documents
    )


def _resume(
    loader: ConfigLoader,
    config: DictConfig,
    folder: Path,
    given: Overrides,
    launch: Launcher | None,
) -> SweepResult | None:
    """Go on with a sweep: what names a point extends its grid, the rest says how to run."""
    for key in given:
        if key.startswith("grid."):
            raise ConfigError(
                f"{key}: a sweep keeps the {key} that it was begun with; start another sweep"
            )
    about_points = {key: each for key, each in given.items() if is_point_key(key)}
    others = [each.input_line for key, each in given.items() if key not in about_points]
    values = plain(loader.load_sweep_config(config, [line for line in others if line]))
    more = [swept(each).axis for each in about_points.values()]
    settings = read_sweep(values)
    shards = plan_shards(settings, launch) if launch else None
    read_manifest(folder)  # so that nothing is put into a folder without a sweep
    rounds = {key: value for key, value in asdict(settings.rounds).items() if key in given}
    keep_engine = not any(key.split(".")[0] == "engine" for key in given)
    if _is_plan(values):
        preview_resume(folder, settings, more, Console(), rounds, shards, keep_engine)
        return None
    _log_into(folder, config)
    provenance = _provenance(values)
    return resume_sweep(folder, settings, more, provenance, Console(), rounds, shards, keep_engine)


def _is_plan(values: Mapping[str, Any]) -> bool:
    return bool(read_value("plan", values["plan"], Boolean()))


def _log_into(folder: Path, config: DictConfig) -> None:
    """Let the log of the whole sweep go into its folder."""
    config = config.copy()
    with flag_override(
        config.hydra, ["struct", "readonly"], False
    ):  # Hydra 1.4 hands it over readonly
        config.hydra.runtime.output_dir = str(folder.absolute())
    HydraConfig.instance().set_config(config)
    _refuse_irregular_logs(folder, config.hydra.job_logging)
    try:
        configure_log(config.hydra.job_logging, config.hydra.verbose)
    except ValueError as error:  # what logging makes of an OSError
        raise StoreError(f"{folder} can't be written: {error.__cause__ or error}") from None


def _refuse_irregular_logs(folder: Path, logging: DictConfig) -> None:
    """Raise StoreError where a log in a sweep's folder would be written through a link or pipe."""
    for handler in (logging.get("handlers") or {}).values():
        path = Path(handler.get("filename") or "")
        if path.parent == folder.absolute():
            with reading(path):
                check_is_file(path)


def _provenance(values: Mapping[str, Any]) -> dict[str, object]:
    command = ["python", "-m", "xorsweep", *sys.argv[1:]]
    study = {"study": values["study"]} if "study" in values else {}
    config = {key: value for key, value in values.items() if key not in study}
    return {"command_line": command, "config": config, **study}
