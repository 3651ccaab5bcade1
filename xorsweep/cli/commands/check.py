"""`xorsweep check GROUP=NAME`."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace

from xorsweep.cli.commands.parser import Parser
from xorsweep.fields import Scalar

EXAMPLES = """\
  python -m xorsweep check optimizer=rmsprop
  python -m xorsweep check init=fan_in task=parity hidden=4"""


def add_arguments(parser: Parser) -> None:
    """Add the component and values of the point that it is checked at."""
    parser.add_argument("component", metavar="GROUP=NAME", type=_pair, help="component to check")
    parser.add_argument(
        "point",
        metavar="KEY=VALUE",
        type=_pair,
        nargs="*",
        default=[],  # else it would count as required before Python 3.13
        help="values of the point at which the component is checked",
    )


def run(given: Namespace) -> None:
    """Check a component; exit code 1 where it doesn't hold."""
    from xorsweep.sweeps.check_component import check_component

    group, name = given.component
    check_component(group, str(name), dict(given.point), print)


def _pair(text: str) -> tuple[str, Scalar]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"{text}: must be KEY=VALUE")
    return key, _typed(value)


def _typed(text: str) -> Scalar:
    """Return a value as YAML has it."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
