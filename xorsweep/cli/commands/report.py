"""`xorsweep report FOLDER`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_experiment, whole
from xorsweep.storage.paths import named_folder

EXAMPLES = """\
  python -m xorsweep report latest
  python -m xorsweep report latest --epochs 1000
  python -m xorsweep report outputs/a
  python -m xorsweep report latest --partial          while the sweep runs"""


def add_arguments(parser: Parser) -> None:
    """Add the folder, and the epochs that findings are about."""
    parser.add_argument("folder", metavar="FOLDER", help="the sweep's folder, or latest")
    parser.add_argument(
        "--epochs", metavar="N", type=whole(1), help="findings after N epochs, not after the most"
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="of the points that are there so far, in FOLDER/partial; nothing else is changed",
    )
    add_experiment(parser)


def run(given: Namespace) -> None:
    """Make a report again and print where it is."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.partial import report_partial
    from xorsweep.sweeps.report import remake_report

    make_report = report_partial if given.partial else remake_report
    print(make_report(named_folder(given.folder), Console(), given.epochs))
