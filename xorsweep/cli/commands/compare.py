"""`xorsweep compare A B`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_experiment, target_folder, whole
from xorsweep.errors import ConfigError
from xorsweep.storage.paths import named_folder

EXAMPLES = """\
  python -m xorsweep compare outputs/a outputs/b
  python -m xorsweep compare latest outputs/b --into /tmp/compared"""


def add_arguments(parser: Parser) -> None:
    """Add the two folders, where the page goes, and the epochs that are compared."""
    parser.add_argument("a", metavar="A", help="folder of one sweep; latest: the newest sweep")
    parser.add_argument("b", metavar="B", help="folder of the other sweep")
    parser.add_argument(
        "--into", metavar="DIR", help="folder for the files (default: A/compared/NAME OF B)"
    )
    parser.add_argument(
        "--epochs",
        metavar="N",
        type=whole(1),
        help="compare after N epochs (default: the most epochs)",
    )
    parser.add_argument(
        "--flag",
        metavar="COLUMN",
        help="boolean column to compare, where a function has several",
    )
    add_experiment(parser)


def run(given: Namespace) -> None:
    """Compare two sweeps."""
    from xorsweep.sweeps.compare import compare

    folders = named_folder(given.a), named_folder(given.b)
    if folders[0].resolve() == folders[1].resolve():
        raise ConfigError(f"{given.a} and {given.b} are the same folder; compare two sweeps")
    compare(folders, target_folder(given), epochs=given.epochs, flag=given.flag)
