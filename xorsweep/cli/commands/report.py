"""`xorsweep report FOLDER`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import yaml

from xorsweep.cli.commands.parser import Parser, add_experiment, whole
from xorsweep.cli.defaults import default_file, read_defaults
from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, fields_of
from xorsweep.fields.sections import unknown_key_message
from xorsweep.fields.values import read_value
from xorsweep.settings import FIGURES, FigureSettings
from xorsweep.storage.paths import named_folder

EXAMPLES = """\
  python -m xorsweep report latest
  python -m xorsweep report latest --epochs 1000
  python -m xorsweep report outputs/a
  python -m xorsweep report latest figures.x=hidden figures.hue=lr
  python -m xorsweep report latest figures=paper   3.3 inches wide, PDF too
  python -m xorsweep report latest --partial       while the sweep runs"""


def add_arguments(parser: Parser) -> None:
    """Add the folder, how figures look, and the epochs that findings are about."""
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of the sweep; latest: the newest sweep"
    )
    parser.add_argument(
        "figures",
        metavar="FIGURES",
        nargs="*",
        default=[],  # else it would count as required
        help="settings of the figures: figures=paper, figures.x=KEY, and likewise .hue, .col, "
        ".style, .width and .formats=[png,svg,pdf]",
    )
    parser.add_argument(
        "--epochs",
        metavar="N",
        type=whole(1),
        help="report the results after N epochs (default: the most epochs)",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="report the points that are finished so far, in FOLDER/partial",
    )
    add_experiment(parser)


def read_overrides(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the values of `FigureSettings` that are given; raises ConfigError."""
    values: dict[str, Any] = {}
    for argument in arguments:
        key, equals, text = argument.partition("=")
        group, _, name = key.partition(".")
        if not equals or group != FIGURES or (name and name not in fields_of(FigureSettings)):
            known = [FIGURES, *(f"{FIGURES}.{each}" for each in fields_of(FigureSettings))]
            raise ConfigError(unknown_key_message(key, known))
        if name:
            values[name] = _value(argument, text)
            continue
        path = default_file(f"{FIGURES}/{text}")
        choices = sorted(each.stem for each in path.parent.glob("*.yaml"))
        read_value(FIGURES, text, Choice(choices))
        # A single value wins over a choice, in whatever order they are given.
        values = {**read_defaults(f"{FIGURES}/{text}"), **values}
    return values


def _value(argument: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"{argument}: isn't a value; write a list as [png,pdf]") from None


def run(given: Namespace) -> None:
    """Make a report again and print where it is."""
    from xorsweep.reporting.console import Console
    from xorsweep.sweeps.partial import report_partial
    from xorsweep.sweeps.report import remake_report

    make_report = report_partial if given.partial else remake_report
    figures = read_overrides(given.figures)
    terminal = Console()
    terminal.paths([make_report(named_folder(given.folder), terminal, given.epochs, figures)])
