"""`xorsweep replay FOLDER ROW`."""

from __future__ import annotations

import sys
from argparse import Namespace

from xorsweep.cli.commands.parser import (
    Parser,
    add_code,
    experiment_with,
    target_folder,
    whole,
)

EXAMPLES = """\
  python -m xorsweep replay latest 0
  python -m xorsweep replay outputs/a 4711 --into /tmp/row

ROW is the index that pandas gives the row of results.csv: the header isn't
counted."""


def add_arguments(parser: Parser) -> None:
    """Add the folder, the row, and where its files go."""
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of the sweep; latest: the newest sweep"
    )
    parser.add_argument(
        "row", metavar="ROW", type=whole(0), help="index of the row, counted from 0"
    )
    add_code(parser)
    parser.add_argument(
        "--into", metavar="DIR", help="folder for the files (default: FOLDER/replay/ROW)"
    )


def run(given: Namespace) -> None:
    """Replay a row; exit code 1 where its bits differ."""
    from xorsweep.sweeps.replay import replay

    experiment = experiment_with(given.function, given.folder)
    found = replay(given.folder, given.row, target_folder(given), experiment=experiment)
    sys.exit(1 if found else 0)
