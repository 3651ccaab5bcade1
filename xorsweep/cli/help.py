"""The program's help, without Hydra, which would take longer to compose it than all else."""

from __future__ import annotations

import re
import string
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from xorsweep.cli.defaults import choices_of, config_folder, read_defaults

FLAGS = {"--help", "-h"}
_MULTIRUN = {"--multirun", "-m"}
_COLUMNS = re.compile(r"(?P<first>.*\S)(?P<gap> {2,})(?P<last>\S.*)")
NARROWEST = 24
"""Characters that the last column of a line has at least."""


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for the help and for nothing that would change it."""
    # An override would change the configuration that the help prints: Hydra composes that.
    return not FLAGS.isdisjoint(arguments) and set(arguments) <= FLAGS | _MULTIRUN


def help_text() -> str:
    """Return the help as Hydra makes it of the same template, for the default configuration."""
    config = read_defaults("config")
    entries = config.pop("defaults")
    parts = config.pop("hydra")["help"]
    chosen = {
        group: read_defaults(f"{group}/{choice}")
        for entry in entries
        if isinstance(entry, dict)
        for group, choice in entry.items()
        if choice is not None and " " not in group
    }
    values = yaml.safe_dump({**chosen, **config}, sort_keys=False, allow_unicode=True)
    template = parts["template"]
    for name in ("header", "footer"):
        template = template.replace(f"${{hydra.help.{name}}}", parts[name])
    # As Hydra fills the same template.
    return string.Template(template).substitute(APP_CONFIG_GROUPS=_choices(), CONFIG=values)


def wrapped_help(text: str, width: int) -> str:
    """Return a text for a terminal, its lines cut between words.

    The last column of a line stays one, below the line where there is little room beside it.
    """
    return "\n".join("\n".join(_wrapped(line, width)) for line in text.splitlines())


def _wrapped(line: str, width: int) -> Iterator[str]:
    columns = _COLUMNS.fullmatch(line)
    if len(line) <= width or (not columns and "python -m" in line):  # to be copied
        yield line
    elif columns and width - columns.end("gap") >= NARROWEST:
        head = line[: columns.end("gap")]
        yield from _filled(columns["last"], width, head, " " * len(head))
    elif columns:
        yield columns["first"]
        yield from _filled(columns["last"], width, " " * 6, " " * 6)
    else:
        yield from _filled(line, width, "", "  ")


def _filled(text: str, width: int, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _choices() -> str:
    """Return the choices of each config group in a line, those of other packages included."""
    groups = sorted(each.name for each in Path(config_folder()).iterdir() if each.is_dir())
    lines = [f"{group}: {', '.join(choices_of(group))}" for group in groups]
    return "\n".join([*lines, ""])
