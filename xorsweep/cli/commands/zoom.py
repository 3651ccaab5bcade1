"""`xorsweep zoom FOLDER --into NEW`."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace

from xorsweep.cli.commands.parser import (
    Parser,
    add_code,
    experiment_with,
    read_by,
)
from xorsweep.fields import Real
from xorsweep.settings import ZOOM_FACTOR, ZOOM_FRAMES
from xorsweep.storage.paths import folder_of, named_folder

EXAMPLES = """\
  python -m xorsweep zoom latest --into outputs/closer
  python -m xorsweep zoom outputs/a --into outputs/b --at=1.5,20 --factor 4
  python -m xorsweep zoom outputs/a --into outputs/c --frames 8

A map is a sweep over two numeric axes with one run per point. After an
interruption, the same command resumes."""


def add_arguments(parser: Parser) -> None:
    """Add the folder of the map, where the window's goes, and which window it is."""
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of the map; latest: the newest sweep"
    )
    parser.add_argument(
        "--into", metavar="NEW", required=True, help="folder to make for the window"
    )
    parser.add_argument(
        "--at",
        metavar="A,B",
        type=_place,
        help="middle of the window, a value of each axis (default: the window with the most "
        "boundary)",
    )
    parser.add_argument(
        "--factor",
        metavar="F",
        type=read_by(ZOOM_FACTOR, float),
        default=8.0,
        help="how many times narrower than the map the window is (default: %(default)g)",
    )
    parser.add_argument(
        "--frames",
        metavar="N",
        type=read_by(ZOOM_FRAMES, int),
        help="also train the windows in between, and make NEW/zoom.gif of N maps",
    )
    parser.add_argument("--flag", metavar="COLUMN", help="boolean column whose boundary counts")
    add_code(parser)


def run(given: Namespace) -> None:
    """Train a window of a map."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.zoom import zoom

    zoom(
        named_folder(given.folder),
        folder_of(given.into, "--into"),
        given.at,
        given.factor,
        given.frames,
        given.flag,
        Console(),
        experiment_with(given.function, given.folder),
        given.command_line,
    )


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (Real().read(float(part)) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(f"{text}: must be two numbers, such as 0.5,2") from None
    return x, y
