"""Arguments with dashes: those that Hydra knows, and keys that are given as other programs do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from xorsweep.errors import ConfigError
from xorsweep.hints import Table, bare_hint, meant_key
from xorsweep.text import shorten

LONG = (
    "--help",
    "--hydra-help",
    "--version",
    "--cfg",
    "--resolve",
    "--package",
    "--run",
    "--multirun",
    "--shell-completion",
    "--config-path",
    "--config-name",
    "--config-dir",
    "--experimental-rerun",
    "--info",
)
"""Hydra's flags, which may be shortened."""
SHORT = ("-h", "-c", "-p", "-r", "-m", "-s", "-er", "-i")
"""The beginnings of Hydra's short flags."""


def check_flags(arguments: Sequence[str], known: Sequence[str], words: Table) -> None:
    """Raise ConfigError for the first argument with dashes that isn't one of Hydra's flags.

    `known` are the keys that may be given, without dashes, and `words` other words for them.
    """
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        flag, equals, value = argument.partition("=")
        name = flag.lstrip("-")
        key = meant_key(name, known, words)
        is_long = flag.startswith("--") and name
        # argparse, which Hydra uses, takes a long flag by any of its beginnings.
        if not flag.startswith("-") or (is_long and any(each.startswith(flag) for each in LONG)):
            continue
        if not equals and not following.startswith("-") and "=" not in following:
            value = following
        if key:
            raise ConfigError(
                f"{shorten(flag)}: keys have no dashes; write {key}={shorten(value) or '...'}"
            )
        if is_long or (name[:1].isalpha() and not flag.startswith(SHORT)):
            hint = bare_hint(name) or "values are given as key=value; --help lists keys and flags"
            raise ConfigError(f"{shorten(flag)}: no such flag; {hint}")
