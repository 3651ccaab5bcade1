"""`xorsweep merge OUT A B ...`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_experiment
from xorsweep.storage.paths import folder_of, named_folder

EXAMPLES = """\
  python -m xorsweep merge outputs/both outputs/a outputs/b"""


def add_arguments(parser: Parser) -> None:
    """Add the folder to make and those to join."""
    parser.add_argument("out", metavar="OUT", help="folder to make")
    parser.add_argument(
        "first", metavar="A", help="folder of the first sweep; latest: the newest sweep"
    )
    parser.add_argument("others", metavar="B", nargs="+", help="folders of the other sweeps")
    parser.add_argument(
        "--no-report", action="store_true", help="write tables only, no figures and no report"
    )
    add_experiment(parser)


def run(given: Namespace) -> None:
    """Merge sweeps."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.merge import merge

    folders = [named_folder(name) for name in (given.first, *given.others)]
    merge(folder_of(given.out, "OUT"), folders, not given.no_report, Console())
