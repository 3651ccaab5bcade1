"""The subcommands: a module each, with its arguments, its examples and what it calls.

Importing one brings neither Hydra nor what the subcommand works with.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from xorsweep.cli.commands.parser import Parser

COMMANDS = {
    "status": "say how far a sweep is, while it runs or afterwards",
    "verify": "train rows of a sweep again, each alone, and compare the bits",
    "merge": "join sweeps of the same version in a new folder",
    "replay": "train one row of a sweep again and make its page",
    "report": "make tables, figures and report of a sweep again",
    "compare": "compare two sweeps of the same grid",
    "zoom": "train a window of a map, a pixel a network, at its resolution",
    "check": "check that a component of yours gives the same rows in any batch",
    "function": "sweep a function of yours",
    "experiment": "sweep an experiment of yours",
}
"""What each subcommand does, by its name, in the order of the help."""


def load_command(name: str) -> tuple[ModuleType, Parser]:
    """Return the module of a subcommand, and the parser that it has filled.

    A module has EXAMPLES, `add_arguments(parser)` and `run(given)`, which may end the program and
    raises ArgumentError for arguments that don't go together.
    """
    command = import_module(f"{__name__}.{name}")
    parser = Parser(name, COMMANDS[name], command.EXAMPLES)
    command.add_arguments(parser)
    return command, parser
