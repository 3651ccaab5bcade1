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
    # Behind a space a new word begins, still empty.
    *before, typed = [*line.split(), *([""] if line[-1:].isspace() else [])]
    if len(before) == 1:
        return [name for name in COMMANDS if name.startswith(typed)], True
    if len(before) < 2 or before[1] not in COMMANDS:
        return [], True
    if typed.startswith("-"):
        _, parser = load_command(before[1])
        options = ["--help", *re.findall(r"--[\w-]+", parser.format_usage())]
        return [option for option in options if option.startswith(typed)], False
    if before[1] in ("function", "experiment"):
        keys = _keys_of(before[1], before[2]) if len(before) > 2 else []
        return [f"{key}=" for key in keys if f"{key}=".startswith(typed)], False
    # Escaped, as a folder's name may hold marks that glob reads.
    folders = sorted(glob(f"{escape(typed)}*/"))
    return [LATEST] * LATEST.startswith(typed) + folders, False


def _keys_of(command: str, name: str) -> list[str]:
    """Return the keys that a function or an experiment takes, its own first."""
    from xorsweep.cli.experiments import load_class
    from xorsweep.cli.own_sweep import FUNCTION_KEYS
    from xorsweep.functions.signature import Signature
    from xorsweep.functions.source import load_function

    try:
        if command == "function":
            own = Signature.of(load_function(name), name).names
        else:
            own = load_class(name)().schema.keys
    except Exception:  # nobody wants an error in a line that is being typed
        own = ()
    return [*own, *FUNCTION_KEYS]
