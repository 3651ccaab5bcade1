"""How subcommands read their arguments: what is wrong is told in one line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from xorsweep.fields import Integer
from xorsweep.storage.paths import folder_of


class Parser(argparse.ArgumentParser):
    """Reads the arguments of one subcommand."""

    def __init__(self, name: str, summary: str, examples: str) -> None:
        super().__init__(
            prog=f"xorsweep {name}",
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """End the program with the line and exit code 2."""
        self.exit(2, f"{self.prog}: {message}; --help says more\n")


def whole(at_least: int, at_most: int = 2**53) -> Callable[[str], int]:
    """Return a reader of whole numbers within inclusive bounds, for an argument's `type`."""
    rule = Integer(at_least, at_most)

    def read(text: str) -> int:
        try:
            return rule.read(int(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text}: must be {rule.description}") from None

    return read


def given_folder(text: str | None, argument: str) -> Path | None:
    """Return the folder that an argument names, if it is given; raises ConfigError."""
    return None if text is None else folder_of(text, argument)
