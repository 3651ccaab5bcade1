"""The command line: `python -m xorsweep`, or the installed script `xorsweep`."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import chdir
from math import inf, isfinite
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, flag_override
from omegaconf.errors import OmegaConfBaseException

from xorsweep.cli.flags import check_flags
from xorsweep.cli.hydra_config import (
    VERSION_BASE,
    check_overrides,
    config_folder,
    known_keys,
    quote_for_hydra,
)
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.cli.run_start import read_run, run_folder
from xorsweep.cli.yaml_errors import first_fault, groups_named
from xorsweep.errors import ConfigError
from xorsweep.execution.signals import Interrupted, handle_signals
from xorsweep.reporting.standard_output import escape_unprintable, lasting_output
from xorsweep.storage.paths import point_latest

FULL_ERROR = "HYDRA_FULL_ERROR"
_COMPLETION = {"-sc", "--shell-completion"}
"""Flags after which Hydra's own words follow and no overrides."""
_WITH_VALUE = {"--config-dir", "-cd", "--config-path", "-cp", "--config-name", "-cn"}
"""Flags whose value, the name of a folder or a file, may look like an override."""


@lasting_output()
def main() -> None:
    """Run one network, or with -m a sweep.

    What is wrong with the input, or with the folder, ends it with one line and exit code 1; with
    the environment variable HYDRA_FULL_ERROR=1 it ends with the traceback. Ctrl-C ends it with exit
    code 130, SIGTERM with 143, SIGHUP with 129.
    """
    wants_traceback = os.environ.setdefault(FULL_ERROR, "0") not in ("0", "")
    # Without this Hydra prints errors in its own words, several lines each, and they end there.
    os.environ[FULL_ERROR] = "1"
    # A log that can't be written, on a full disk say, must not bury what is said about it.
    logging.raiseExceptions = False
    # Hydra 1.4 warns of whatever it is told to make; this one is told by xorsweep's own file.
    warnings.filterwarnings("ignore", ".*_target_='xorsweep.cli.main.RunStart'")
    escape_unprintable()
    completes = not _COMPLETION.isdisjoint(sys.argv)
    try:
        with handle_signals():
            if not completes:
                sys.argv[1:] = map(quote_for_hydra, overrides_last(sys.argv[1:]))
                check_flags(sys.argv[1:], known_keys())
                overrides = [each for each in sys.argv[1:] if not each.startswith("-")]
                check_overrides(overrides, lambda: groups_named(sys.argv[1:]))
            _run()
    except Interrupted as interrupt:
        sys.exit(interrupt.exit_code)
    except Exception as error:
        line = None if wants_traceback else _said(error)
        if line is None:
            raise
        # Nobody wants an error between the words of a line that is being typed.
        sys.exit(1 if completes else line)


def overrides_last(arguments: Sequence[str]) -> list[str]:
    """Return flags and then overrides: Hydra reads only overrides that stand together."""
    before = ["", *arguments]
    is_override = [
        not each.startswith("-") and (each[:1] in "+~" or "=" in each) and flag not in _WITH_VALUE
        for flag, each in zip(before, arguments, strict=False)
    ]
    places = sorted(range(len(arguments)), key=is_override.__getitem__)
    return [arguments[place] for place in places]


def _expected() -> tuple[type[Exception], ...]:
    """Return what may be wrong with the input or a folder."""
    # A single run needs none of what a store brings.
    from xorsweep.errors import StoreError

    return ConfigError, StoreError, HydraException, OmegaConfBaseException, OSError, MemoryError


def _said(error: Exception) -> str | None:
    """Return what is wrong, in as few lines as say it; None where the error is one of the code."""
    is_ours = isinstance(error, ConfigError) or isinstance(error.__cause__, ConfigError)
    if not is_ours and (fault := first_fault(error, sys.argv[1:])):
        return fault
    if not isinstance(error, _expected()):
        return None
    if isinstance(error, HydraException):
        return explain_hydra_error(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"there isn't enough memory: {error}".removesuffix(": ")
    lines = [line for line in str(error).splitlines() if line.strip()]
    return "\n".join(lines[:2])


class RunStart(Callback):
    """Hydra's callback before a single run: checks it, and finds it a folder.

    Hydra writes into the folder before it calls `_run`.
    """

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """End the program with one line where the run can't be meant or its folder isn't free."""
        state = HydraConfig.instance()
        outer = state.cfg
        state.set_config(config)  # for texts that refer to it
        try:
            read_run(config)
            folder = run_folder(config)
        except Exception as error:
            line = _said(error)
            # Hydra makes no more than a warning of an exception, but not of this.
            sys.exit(line or traceback.format_exc())
        finally:
            state.cfg = outer
        with flag_override(config.hydra, ["readonly", "struct"], False):
            config.hydra.run.dir = str(folder)


@hydra.main(**VERSION_BASE, config_path=config_folder(), config_name="config")
def _run(config: DictConfig) -> float:
    """Train one network and return half the sum of squared errors that it ends with.

    That of a network that diverged is infinite, for sweepers that look for the least.
    """
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    # Paths are relative to where the command was started, also where hydra.job.chdir is true.
    with chdir(hydra_config.runtime.cwd):
        point, settings = read_run(config)
        from xorsweep.sweeps.run import run_single

        final_error = run_single(point, settings.engine, folder)
        for line in point_latest(folder):
            print(line, file=sys.stderr)
    return final_error if isfinite(final_error) else inf
