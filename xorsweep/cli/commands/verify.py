"""`xorsweep verify FOLDER`."""

from __future__ import annotations

import sys
from argparse import Namespace

from xorsweep.cli.commands.parser import (
    Parser,
    add_code,
    experiment_with,
    whole,
)

SAMPLE = 100
MOST_SHOWN = 100
"""Differences that are listed; the rest is counted."""

EXAMPLES = """\
  python -m xorsweep verify latest            100 rows of the newest sweep
  python -m xorsweep verify outputs/a --sample 1000 --seed 7
  python -m xorsweep verify outputs/a --all   every row, however long it takes"""


def add_arguments(parser: Parser) -> None:
    """Add the folder, and which rows are trained by how many processes."""
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of the sweep; latest: the newest sweep"
    )
    taken = parser.add_mutually_exclusive_group()
    taken.add_argument(
        "--sample",
        metavar="N",
        type=whole(1),
        default=SAMPLE,
        help="number of rows to draw (default: %(default)s)",
    )
    taken.add_argument("--all", action="store_true", help="run every row again")
    parser.add_argument(
        "--seed", type=whole(0), default=0, help="seed for drawing the rows (default: %(default)s)"
    )
    add_code(parser)
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole(1, 4096),
        help="number of processes (default: one per core)",
    )


def run(given: Namespace) -> None:
    """Verify a sweep; exit code 1 where something differs."""
    from joblib import cpu_count

    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.verify import verify

    sample = None if given.all else given.sample
    experiment = experiment_with(given.function, given.folder)
    workers = given.workers or cpu_count()
    terminal = Console()
    verified = verify(given.folder, sample, given.seed, workers, terminal, experiment)
    if not verified.wrong:
        terminal.log(verified.text)
        return
    print("\n".join(verified.wrong[:MOST_SHOWN]))
    left = len(verified.wrong) - MOST_SHOWN
    if left > 0:
        print(f"and {left:,} more")
    sys.exit(f"{given.folder}: {len(verified.wrong):,} values differ")
