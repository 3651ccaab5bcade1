"""The command line: `python -m xorsweep`, or the installed script `xorsweep`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from argparse import ArgumentError, Namespace
from collections.abc import Sequence
from shutil import get_terminal_size

from xorsweep.cli.commands import COMMANDS, load_command
from xorsweep.cli.completion import FLAGS, complete_command
from xorsweep.cli.errors import errors_in_one_line
from xorsweep.cli.help import asks_for_help, help_text, wrapped_help
from xorsweep.reporting.standard_output import escape_unprintable, lasting_output
from xorsweep.versions import __version__


@lasting_output()
def main(arguments: Sequence[str] | None = None) -> None:
    """Run a subcommand, by the first argument, or one network, or with -m a sweep.

    Invalid input, or a folder that can't be used, ends the program with one line and exit code 1,
    invalid arguments of a subcommand with exit code 2, Ctrl-C with 130, SIGTERM with 143, SIGHUP
    with 129.

    Args:
        arguments: The arguments after the program's name; `sys.argv[1:]` by default.
    """
    escape_unprintable()
    atexit.register(gc.freeze)  # else Python's end would look for garbage among all objects
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in COMMANDS:
        _run_command(*arguments)
        return
    if asks_for_help(arguments):
        text = help_text()
        print(wrapped_help(text, get_terminal_size().columns) if sys.stdout.isatty() else text)
        return
    if "--version" in arguments:
        print(f"xorsweep {__version__}")
        return
    sys.argv[1:] = arguments  # where Hydra reads them
    completes = not FLAGS.isdisjoint(arguments)
    if completes and "COMP_LINE" in os.environ:
        words, has_overrides = complete_command(os.environ["COMP_LINE"])
        print("\n".join(words))
        if not has_overrides:
            return
    from xorsweep.cli.hydra_main import run_hydra

    run_hydra(completes)


def _run_command(name: str, *arguments: str) -> None:
    command, parser = load_command(name)
    # Parsed into it, so that `run` knows the command for the manifest.
    typed = Namespace(command_line=["python", "-m", "xorsweep", name, *arguments])
    given = parser.parse_args(arguments, typed)
    try:
        with errors_in_one_line():
            if getattr(given, "experiment_class", None):
                from xorsweep.cli.experiments import load_class

                load_class(given.experiment_class)
            command.run(given)
    except ArgumentError as error:
        parser.error(str(error))
