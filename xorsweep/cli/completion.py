"""Completion of subcommands in a shell; overrides are completed by Hydra."""

from __future__ import annotations

import re
from glob import escape, glob

from xorsweep.cli.commands import COMMANDS, load_command
from xorsweep.storage.paths import LATEST

FLAGS = {"-sc", "--shell-completion"}


def complete_command(line: str) -> tuple[list[str], bool]:
    """Return the words that complete a line, and whether Hydra has others.

    `line` begins with the program's name; its last word, which may be empty, is completed.
    """
    *before, typed = [*line.split(), *([""] if line[-1:].isspace() else [])]
    if len(before) == 1:
        return [name for name in COMMANDS if name.startswith(typed)], True
    if len(before) < 2 or before[1] not in COMMANDS:
        return [], True
    if typed.startswith("-"):
        _, parser = load_command(before[1])
        options = ["--help", *re.findall(r"--[\w-]+", parser.format_usage())]
        return [option for option in options if option.startswith(typed)], False
    folders = sorted(glob(f"{escape(typed)}*/"))
    return [LATEST] * LATEST.startswith(typed) + folders, False
