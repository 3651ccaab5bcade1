"""Reads sections of the configuration, such as `engine`, and refuses unknown keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from xorsweep.errors import ConfigError
from xorsweep.fields.kinds import Scalar, fields_of
from xorsweep.fields.values import read_value
from xorsweep.hints import KEYS, Table, key_hint
from xorsweep.text import shorten

Group = str | Mapping[str, Scalar]
"""A component of a config group by name, or its name and parameters, as in the YAML files."""


def read_fields(prefix: str, section: Mapping[str, Any], settings: type) -> dict[str, Any]:
    """Return the checked values of a class's parameters; raises ConfigError."""
    return {
        name: read_value(prefix + name, section.get(name), kind)
        for name, kind in fields_of(settings).items()
    }


def section_of(config: Mapping[str, Any], key: str, names: Iterable[str] = ()) -> Mapping[str, Any]:
    """Return the values of one config group; raises ConfigError."""
    section = config.get(key)
    if not isinstance(section, Mapping):
        raise ConfigError(
            f"{key}={section}: {key} is a config group; choose one of {', '.join(names)}"
        )
    return section


class Checked(Protocol):
    """Settings that check their combination."""

    def check(self) -> None:
        """Raise ConfigError if allowed values can't be used together."""
        ...


Settings = TypeVar("Settings", bound=Checked)


def read_settings(key: str, config: Mapping[str, Any], settings: type[Settings]) -> Settings:
    """Return the checked settings of one group, such as `engine`; raises ConfigError."""
    found = read_group(key, config, settings)
    found.check()
    return found


def read_changed(key: str, known: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings of one group with other values for some of them; raises ConfigError."""
    return read_settings(key, {key: {**vars(known), **values}}, type(known))


def read_group(key: str, config: Mapping[str, Any], settings: type[Settings]) -> Settings:
    """Return the settings of one group, which may not be usable here; raises ConfigError."""
    section = section_of(config, key)
    check_known(f"{key}.", section, fields_of(settings), words=KEYS)
    return settings(**read_fields(f"{key}.", section, settings))


def group_values(group: str, given: Group, choice: str, settings: type) -> dict[str, Any]:
    """Return the given values of a group, of a name alone that of its field; raises ConfigError."""
    if isinstance(given, Mapping):
        return {**given}
    return {choice: read_value(group, given, fields_of(settings)[choice])}


def check_known(
    prefix: str,
    given: Iterable[str],
    known: Iterable[str],
    where: str = "",
    words: Table = MappingProxyType({}),
) -> None:
    """Raise ConfigError for the first unknown name; the names have no prefix."""
    known = [prefix + name for name in known]
    for key in (f"{prefix}{name}" for name in given):
        if key not in known:
            raise ConfigError(unknown_key_message(key, known, where, words))


def unknown_key_message(
    key: str, known: Iterable[str], where: str = "", words: Table = MappingProxyType({})
) -> str:
    """Return the message for an unknown key, with the closest known one.

    Args:
        key: The key.
        known: The known keys.
        where: The place where it is unknown, as the end of "unknown key".
        words: Other words for known keys, and messages for words without a key.
    """
    group, dot, _ = key.partition(".")
    # The group of a dotted key is no answer, but its other keys are.
    known = [each for each in known if not (dot and each == group)]
    listed = [each for each in known if dot and each.startswith(f"{group}.")]
    listed = listed or [each for each in known if "." not in each] or known
    hint = key_hint(key, known, words) or f"known keys: {', '.join(listed)}"
    return f"{shorten(key)}: unknown key{where}; {hint}"
