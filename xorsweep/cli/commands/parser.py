"""Parsers of subcommands' arguments, which report errors in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from xorsweep.fields import Field, Integer
from xorsweep.storage.paths import folder_of

if TYPE_CHECKING:
    from xorsweep.experiment import Experiment


class Parser(argparse.ArgumentParser):
    """Reads the arguments of one subcommand."""

    def __init__(self, name: str, summary: str, examples: str) -> None:
        super().__init__(
            prog=f"xorsweep {name}",
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """End the program with the line and exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def whole(at_least: int, at_most: int = 2**53) -> Callable[[str], int]:
    """Return a reader of whole numbers within inclusive bounds, for an argument's `type`."""
    return read_by(Integer(at_least, at_most), int)


def read_by(rule: Field, number: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader of numbers that a field allows, for an argument's `type`."""

    def read(text: str) -> Any:
        try:
            return rule.read(number(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text}: must be {rule.description}") from None

    return read


def target_folder(given: argparse.Namespace) -> Path | None:
    """Return the folder of `--into`, if it is given; raises ConfigError."""
    return None if given.into is None else folder_of(given.into, "--into")


def add_swept(parser: Parser, name: str, metavar: str, help_: str) -> None:
    """Add the function or the experiment that is swept, and the overrides that Hydra reads."""
    parser.add_argument(name, metavar=metavar, help=help_)
    overrides = parser.add_argument(
        # REMAINDER takes flags of Hydra's, too, which this parser doesn't know.
        "overrides",
        metavar="KEY=LEVELS",
        nargs=argparse.REMAINDER,
        help="levels of each key, and options of the sweep",
    )
    # Before Python 3.13 argparse reports even an empty remainder as missing.
    overrides.required = False


def sweep_own(name: str, given: argparse.Namespace) -> None:
    """Sweep the function or the experiment that is given by name; exit code 1 where points fail."""
    from xorsweep.cli.hydra_main import run_hydra

    sys.argv[1:] = ["-m", f"{name}={getattr(given, name)}", *given.overrides]
    run_hydra(completes=False)


def add_experiment(parser: Parser) -> None:
    """Add the class of an experiment that no package offers, which `main` loads."""
    parser.add_argument(
        "--experiment",
        metavar="MODULE:CLASS",
        dest="experiment_class",
        help="class of the experiment, if no installed package offers it",
    )


def add_code(parser: Parser) -> None:
    """Add the function by which the points of a sweep are run again, and its experiment's class."""
    parser.add_argument(
        "--function",
        metavar="MODULE:FUNCTION",
        help="function that the sweep calls, needed to run its points again",
    )
    add_experiment(parser)


def experiment_with(function: str | None, folder: str) -> Experiment[Any] | None:
    """Return the experiment of a folder with a function that is named, None where none is."""
    if function is None:
        return None
    from xorsweep.functions.source import load_function
    from xorsweep.storage.paths import named_folder
    from xorsweep.sweeps.folders import experiment_in

    return experiment_in(named_folder(folder), load_function(function))
