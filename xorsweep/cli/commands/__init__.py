"""The subcommands: one module each, with arguments, examples and a function to run.

Importing one imports neither Hydra nor the packages that the subcommand needs.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from xorsweep.cli.commands.parser import Parser

COMMANDS = {
    "status": "report the progress of a sweep, while it runs or afterwards",
    "verify": "train results of a sweep again, each alone, and compare the bits",
    "merge": "join sweeps of the same version in a new folder",
    "replay": "train one result of a sweep again and write its page",
    "report": "write tables, figures and report of a sweep again",
    "compare": "compare two sweeps, setting by setting",
    "zoom": "train a window of a map at the resolution of the map",
    "check": "check that your component gives the same results in any batch",
    "function": "sweep your function",
    "experiment": "sweep your experiment",
}
"""The summary of each subcommand, by name, in the order of the help."""


def load_command(name: str) -> tuple[ModuleType, Parser]:
    """Return the module of a subcommand, and the parser that it has filled.

    A module has EXAMPLES, `add_arguments(parser)` and `run(given)`, which may end the program and
    raises ArgumentError for arguments that don't go together.
    """
    command = import_module(f"{__name__}.{name}")
    parser = Parser(name, COMMANDS[name], command.EXAMPLES)
    command.add_arguments(parser)
    return command, parser
