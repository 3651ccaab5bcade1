"""The program's help, without Hydra, which would take longer to compose it than all else."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path

import yaml

from xorsweep.cli.defaults import choices_of, config_folder, read_defaults

FLAGS = {"--help", "-h"}
_MULTIRUN = {"--multirun", "-m"}


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


def _choices() -> str:
    """Return the choices of each config group in a line, those of other packages included."""
    groups = sorted(each.name for each in Path(config_folder()).iterdir() if each.is_dir())
    lines = [f"{group}: {', '.join(choices_of(group))}" for group in groups]
    return "\n".join([*lines, ""])
