"""`xorsweep status [FOLDER]`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_experiment
from xorsweep.storage.paths import LATEST, named_folder

EXAMPLES = """\
  python -m xorsweep status
  python -m xorsweep status outputs/a"""


def add_arguments(parser: Parser) -> None:
    """Add the folder."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default=LATEST,
        help="folder of the sweep (default: %(default)s, the newest sweep)",
    )
    add_experiment(parser)


def run(given: Namespace) -> None:
    """Print how far a sweep is."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.status import sweep_status

    terminal = Console()
    for line in sweep_status(named_folder(given.folder)):
        terminal.log(line)
