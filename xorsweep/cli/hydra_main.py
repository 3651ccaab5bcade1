"""Single runs and sweeps, as Hydra composes them of the configuration and overrides."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, flag_override
from omegaconf.errors import OmegaConfBaseException

from xorsweep.cli.commands import COMMANDS
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.errors import error_line, errors_in_one_line
from xorsweep.cli.flags import check_flags
from xorsweep.cli.hydra_config import (
    VERSION_BASE,
    check_overrides,
    known_keys,
    quote_for_hydra,
)
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.cli.keys import WORDS
from xorsweep.cli.own_sweep import (
    FUNCTION_KEYS,
    check_sweeper,
    is_own_sweep,
    own_config,
    with_axes,
)
from xorsweep.cli.run_start import read_run, run_folder
from xorsweep.cli.yaml_errors import first_fault, groups_named
from xorsweep.errors import ConfigError
from xorsweep.hints import KEYS, bare_hint, close_word
from xorsweep.storage.paths import point_latest
from xorsweep.text import shorten

FULL_ERROR = "HYDRA_FULL_ERROR"
_MULTIRUN = {"-m", "--multirun"}
_WITH_VALUE = {"--config-dir", "-cd", "--config-path", "-cp", "--config-name", "-cn"}
"""Flags whose value, the name of a folder or a file, may look like an override."""


def run_hydra(completes: bool) -> None:
    """Train one network, or with -m a sweep, as `sys.argv` says; or complete a line in a shell.

    With the environment variable HYDRA_FULL_ERROR=1 an error ends the program with its traceback.
    """
    asked = os.environ.get(FULL_ERROR, "0")
    # Without this Hydra prints errors in its own words, several lines each, and they end there.
    os.environ[FULL_ERROR] = "1"
    # A log that can't be written, on a full disk say, must not hide the error that is printed.
    logging.raiseExceptions = False
    # Hydra 1.4 warns of any target in a configuration; this one is in xorsweep's own file.
    warnings.filterwarnings("ignore", ".*_target_='xorsweep.cli.hydra_main.RunStart'")

    def explain(error: Exception) -> str | int | None:
        line = _explain(error) if asked in ("0", "") else None
        # Nobody wants an error between the words of a line that is being typed.
        return 1 if line and completes else line

    try:
        with errors_in_one_line(explain):
            if not completes:
                given = sys.argv[1:]
                # `hydra.main` reads sys.argv itself.
                sys.argv[1:] = _checked(given)
                if is_own_sweep(given) and _shows_config(given):
                    # Without the keys that networks alone have.
                    with redirect_stdout(StringIO()) as printed:
                        run_config()
                    print(own_config(printed.getvalue(), given), end="")
                    return
            run_config()
    finally:
        os.environ[FULL_ERROR] = asked


def _checked(arguments: Sequence[str]) -> list[str]:
    """Return the arguments for Hydra; raises ConfigError for unknown ones."""
    if arguments:
        _check_first(arguments[0])
    arguments = overrides_last(arguments)
    if is_own_sweep(arguments):
        check_flags(arguments, FUNCTION_KEYS, KEYS)
        check_sweeper(arguments)
        if _shows_config(arguments):
            arguments = [each for each in arguments if each not in _MULTIRUN]
        return [*map(quote_for_hydra, with_axes(arguments))]
    if _shows_config(arguments) and not _MULTIRUN.isdisjoint(arguments):
        raise ConfigError(
            "--cfg: shows the configuration of a single run; leave -m out, and give keys one value"
        )
    check_flags(arguments, known_keys(), WORDS)
    overrides = [each for each in arguments if not each.startswith("-")]
    check_overrides(overrides, lambda: groups_named(arguments))
    return [*map(quote_for_hydra, arguments)]


def _check_first(word: str) -> None:
    """Raise ConfigError for a first word that is neither a subcommand nor any other argument."""
    if word.startswith(("-", "+", "~")) or "=" in word:
        return
    if near := close_word(word, COMMANDS):
        raise ConfigError(f"{shorten(word)}: unknown subcommand; did you mean {near}?")
    if not bare_hint(word) and word not in known_keys():
        raise ConfigError(
            f"{shorten(word)}: is neither a subcommand nor key=value; --help lists both"
        )


def _shows_config(arguments: Sequence[str]) -> bool:
    return any(each.partition("=")[0] in ("--cfg", "-c") for each in arguments)


def overrides_last(arguments: Sequence[str]) -> list[str]:
    """Return flags and then overrides: Hydra reads only overrides that stand together."""
    before = ["", *arguments]
    is_override = [
        not each.startswith("-") and (each[:1] in "+~" or "=" in each) and flag not in _WITH_VALUE
        for flag, each in zip(before, arguments, strict=False)
    ]
    # False sorts before True, and the sort is stable: flags first, each group in its order.
    places = sorted(range(len(arguments)), key=is_override.__getitem__)
    return [arguments[place] for place in places]


def _explain(error: Exception) -> str | None:
    """Return the message of an error, in one line if possible; None for an error of the code."""
    is_ours = isinstance(error, ConfigError) or isinstance(error.__cause__, ConfigError)
    if not is_ours and (fault := first_fault(error, sys.argv[1:])):
        return fault
    if isinstance(error, HydraException | OmegaConfBaseException):
        return explain_hydra_error(error)
    return error_line(error)


class RunStart(Callback):
    """Hydra's callback before a single run: checks it, and finds it a folder.

    Hydra writes into the folder before it calls `run_config`.
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
            line = _explain(error)
            # Hydra makes no more than a warning of an exception, but not of this.
            sys.exit(line or traceback.format_exc())
        finally:
            state.cfg = outer
        # The config that Hydra hands over is read-only; it takes the folder from here.
        with flag_override(config.hydra, ["readonly", "struct"], False):
            config.hydra.run.dir = str(folder)


@hydra.main(**VERSION_BASE, config_path=config_folder(), config_name="config")
def run_config(config: DictConfig) -> float:
    """Train the networks and return their objective, which other sweepers minimise."""
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    # Paths are relative to where the command was started, also where hydra.job.chdir is true.
    with chdir(hydra_config.runtime.cwd):
        asked = read_run(config)
        is_job = hydra_config.mode is RunMode.MULTIRUN
        if is_job or asked.settings.objective_seeds is not None:
            from xorsweep.reporting.objective_run import run_objective

            value = run_objective(asked.point, asked.engine, asked.settings, folder)
        else:
            from xorsweep.reporting.run import run_single

            value = run_single(
                asked.point,
                asked.engine,
                folder,
                objective=asked.settings.objective,
                curvature=asked.curvature,
            )
        for line in point_latest(folder):
            print(line, file=sys.stderr)
    return value
