"""The subcommands: a module each, with its arguments, its examples and what it calls.

Importing one brings neither Hydra nor what the subcommand works with.
"""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import Protocol, cast

from xorsweep.cli.commands.parser import Parser

COMMANDS = {
    "verify": "train rows of a sweep again, each alone, and compare the bits",
    "merge": "join sweeps of the same version in a new folder",
    "replay": "train one row of a sweep again and make its page",
    "report": "make tables, figures and report of a sweep again",
    "compare": "compare two sweeps of the same grid",
    "check": "check that a component of yours gives the same rows in any batch",
    "function": "sweep a function that is no network",
}
"""What each subcommand does, by its name, in the order of the help."""


class Command(Protocol):
    """What the module of a subcommand has."""

    EXAMPLES: str

    def add_arguments(self, parser: Parser) -> None:
        """Add the subcommand's arguments to its parser."""

    def run(self, given: Namespace) -> None:
        """Do what the arguments say; raises ArgumentError where they don't go together."""


def load_command(name: str) -> tuple[Command, Parser]:
    """Return the module of a subcommand, and a parser of its arguments."""
    command = cast(Command, import_module(f"{__name__}.{name}"))
    parser = Parser(name, COMMANDS[name], command.EXAMPLES)
    command.add_arguments(parser)
    return command, parser
