"""`xorsweep report FOLDER`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, whole
from xorsweep.storage.paths import named_folder

EXAMPLES = """\
  python -m xorsweep report latest
  python -m xorsweep report latest --epochs 1000
  python -m xorsweep report outputs/a"""


def add_arguments(parser: Parser) -> None:
    """Add the folder, and the epochs that findings are about."""
    parser.add_argument("folder", metavar="FOLDER", help="the sweep's folder, or latest")
    parser.add_argument(
        "--epochs", metavar="N", type=whole(1), help="findings after N epochs, not after the most"
    )


def run(given: Namespace) -> None:
    """Make a report again and print where it is."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.report import remake_report

    print(remake_report(named_folder(given.folder), Console(), given.epochs))
