"""From Hydra's configuration to plain dictionaries; with the command line, all that knows Hydra."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString, ValueType
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xorsweep.config import GROUPS, PLAIN, SETTINGS, Rounds, Sweep, unknown_key
from xorsweep.rules import ConfigError, rules_of

RUN_KEYS = ("resume", "study")
"""Top-level keys that say what to do, or what for, rather than what to train."""

_OVERRIDE = re.compile(r"^(?P<prefix>\+\+|\+|~)?(?P<key>[^=@]+)(@[^=]*)?(=|$)")
_NO_SUCH_PARAMETER = re.compile(r"Could not override '(?P<group>\w+)\.(?P<name>\w+)'\.")


def config_folder() -> str:
    """Return the folder of the YAML files: the package's own, or the checkout's."""
    packaged = Path(__file__).parent / "conf"
    return str(packaged if packaged.is_dir() else Path(__file__).parent.parent / "conf")


def plain(config: DictConfig) -> dict[str, Any]:
    """Return a configuration, resolved and without Hydra's part; raises ConfigError."""
    keys = [str(key) for key in config if key != "hydra"]
    try:
        found = OmegaConf.to_container(OmegaConf.masked_copy(config, keys), resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(str(error).splitlines()[0]) from None
    assert isinstance(found, dict)
    return {str(key): value for key, value in found.items()}


def interpolated_texts(config: DictConfig) -> list[str]:
    """Return the values, anywhere outside Hydra's part, that refer to other keys."""
    keys = [str(key) for key in config if key != "hydra"]
    container = OmegaConf.to_container(OmegaConf.masked_copy(config, keys), resolve=False)
    return [text for text in _texts(container) if "${" in text]


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def known_keys() -> list[str]:
    """Return every key that some choice of groups reads, of xorsweep's own choices."""
    parameters = [
        f"{group}.{name}"
        for group, choices in GROUPS.items()
        for choice in choices.own.values()
        for name in rules_of(choice)
    ]
    settings = [
        f"{group}.{name}" for group, choice in SETTINGS.items() for name in rules_of(choice)
    ]
    run = [*rules_of(Rounds), *rules_of(Sweep), *SETTINGS, *settings, *RUN_KEYS]
    return list(dict.fromkeys([*PLAIN, *GROUPS, *parameters, *run]))


def levels_of(arguments: Sequence[str]) -> dict[str, list[Any]]:
    """Return the levels of each key, written in Hydra's grammar; raises ConfigError."""
    levels: dict[str, list[Any]] = {}
    for argument in arguments:
        try:
            (override,) = OverridesParser.create().parse_overrides([argument])
        except HydraException as error:
            raise ConfigError(f"{argument}: {str(error).splitlines()[0]}") from None
        key = override.key_or_group
        if override.value_type in (ValueType.INTERVAL_SWEEP, ValueType.GLOB_CHOICE_SWEEP):
            raise ConfigError(
                f"{argument}: has no levels; write {key}=a,b,c or {key}=range(start,stop,step)"
            )
        swept = override.is_sweep_override()
        values = [*override.sweep_iterator()] if swept else [override.value()]
        if key in levels:
            raise ConfigError(f"{key}: given twice; give it once")
        levels[key] = [each.text if isinstance(each, QuotedString) else each for each in values]
    return levels


def check_overrides(arguments: Iterable[str]) -> None:
    """Raise ConfigError for an override of a key that nothing reads, or of a key given before."""
    known = known_keys()
    earlier: dict[str, str] = {}
    for argument in arguments:
        match = _OVERRIDE.match(argument)
        if not match or "=" not in argument:
            continue
        key = match["key"]
        if not _is_known(key, known) and not _is_known_to_others(key):
            raise ConfigError(unknown_key(key, known))
        if key in earlier:
            raise ConfigError(f"{key}: given twice, as {earlier[key]} and {argument}; give it once")
        earlier[key] = argument


def _is_known_to_others(key: str) -> bool:
    """Tell whether some choice that isn't xorsweep's own may read a key.

    One that is broken may: what is wrong with it is said where it is chosen.
    """
    group, _, name = key.partition(".")
    for other in GROUPS[group].others if group in GROUPS else ():
        try:
            if name in rules_of(GROUPS[group][other]):
                return True
        except ConfigError:
            return True
    return False


def _is_known(key: str, known: list[str]) -> bool:
    return key in known or key == "hydra" or key.startswith(("hydra.", "hydra/"))


def in_few_lines(error: Exception) -> str:
    """Return what is wrong, in as few lines as say it."""
    if isinstance(error, MissingConfigException) and error.options:
        return f"{error.missing_cfg_file}: not found; choose one of {', '.join(error.options)}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    lines = [line for line in str(error).splitlines() if line.strip()]
    missing = _NO_SUCH_PARAMETER.fullmatch(lines[0]) if lines else None
    if missing and missing["group"] in GROUPS:
        return _of_other_choices(**missing.groupdict())
    return "\n".join(lines[:2])


def _of_other_choices(group: str, name: str) -> str:
    """Return what is wrong with a parameter that the choice of a group doesn't have."""
    having = [key for key, choice in GROUPS[group].items() if name in rules_of(choice)]
    return f"{group}.{name}: unknown key of this {group}; it is one of {group}={', '.join(having)}"
