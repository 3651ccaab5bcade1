"""The command line: `python -m xorsweep`, or the installed script `xorsweep`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from xorsweep.config import read_point, read_sweep, refuse_unknown_keys
from xorsweep.folders import point_latest
from xorsweep.hydra_config import (
    GRID_KEYS,
    RUN_KEYS,
    check_overrides,
    config_folder,
    plain,
    readable,
)
from xorsweep.hydra_errors import refusal
from xorsweep.interrupts import Interrupted, heard
from xorsweep.rules import ConfigError, shown

FULL_ERROR = "HYDRA_FULL_ERROR"
_COMPLETION = {"-sc", "--shell-completion"}
"""Flags after which Hydra's own words follow and no overrides."""


def main() -> None:
    """Run one network, or with -m a sweep.

    What is wrong with the input, or with the folder, ends it with one line and exit code 1; with
    the environment variable HYDRA_FULL_ERROR=1 it ends with the traceback. Ctrl-C ends it with exit
    code 130, SIGTERM with 143.
    """
    wants_traceback = os.environ.setdefault(FULL_ERROR, "0") not in ("0", "")
    # Without this Hydra prints errors in its own words, several lines each, and they end there.
    os.environ[FULL_ERROR] = "1"
    # A log that can't be written, on a full disk say, must not bury what is said about it.
    logging.raiseExceptions = False
    completes = not _COMPLETION.isdisjoint(sys.argv)
    try:
        with heard():
            if not completes:
                sys.argv[1:] = map(readable, sys.argv[1:])
                check_overrides(each for each in sys.argv[1:] if not each.startswith("-"))
            _run()
    except Interrupted as interrupt:
        sys.exit(interrupt.exit_code)
    except Exception as error:
        if wants_traceback or not isinstance(error, _expected()):
            raise
        # Nobody wants an error between the words of a line that is being typed.
        sys.exit(1 if completes else _said(error))


def _expected() -> tuple[type[Exception], ...]:
    """Return what may be wrong with the input or a folder."""
    # A single run needs none of what a store brings.
    from xorsweep.store import StoreError

    return ConfigError, StoreError, HydraException, OmegaConfBaseException, OSError, MemoryError


def _said(error: Exception) -> str:
    """Return what is wrong, in as few lines as say it."""
    if isinstance(error, HydraException):
        return refusal(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"there isn't enough memory: {error}".removesuffix(": ")
    lines = [line for line in str(error).splitlines() if line.strip()]
    return "\n".join(lines[:2])


@hydra.main(version_base="1.3", config_path=config_folder(), config_name="config")
def _run(config: DictConfig) -> float:
    """Train one network and return half the sum of squared errors that it ends with."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        values = plain(config)
        refuse_unknown_keys(values, RUN_KEYS)
        settings = read_sweep(values)
        _refuse_what_sweeps(values, HydraConfig.get().overrides.task)
        point = read_point(values)
    except ConfigError as error:
        _remove_if_empty(folder)
        if HydraConfig.get().mode is RunMode.RUN:
            # An exception would pass through Hydra, which says something before it.
            sys.exit(str(error))
        raise
    from xorsweep.single import run_single

    final_error = run_single(point, settings.engine, folder)
    point_latest(folder)
    return final_error


def _refuse_what_sweeps(values: Mapping[str, Any], overrides: Sequence[str]) -> None:
    """Raise ConfigError for what a single run, or a job of another sweeper, would pass over."""
    if values["resume"] is not None:
        raise ConfigError(f"resume={values['resume']}: goes on with a sweep; add -m")
    if values["plan"] is not False:
        raise ConfigError(f"plan={shown(values['plan'])}: plans a sweep; add -m")
    for override in overrides:
        key = override.partition("=")[0]
        if key in GRID_KEYS:
            raise ConfigError(f"{key}: is for hydra/sweeper=xorsweep_grid, the default; add -m")


def _remove_if_empty(folder: Path) -> None:
    """Remove a run's folder, and that of its day, if Hydra alone has put something there."""
    entries = list(folder.iterdir())
    if any(entry.name != ".hydra" and entry.suffix != ".log" for entry in entries):
        return
    for entry in entries:
        for file in [*entry.iterdir()] if entry.is_dir() else [entry]:
            file.unlink()
        if entry.is_dir():
            entry.rmdir()
    for empty in (folder, *folder.parents[:2]):
        try:
            empty.rmdir()
        except OSError:
            return
