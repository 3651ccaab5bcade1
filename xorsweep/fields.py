"""Fields: the kinds of values that keys have; each reads a value and describes the allowed ones."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.hints import KEYS, Table, choice_hint, key_hint, null_hint, number_hint, truth_hint

Scalar = bool | int | float | str | None
Group = str | Mapping[str, Scalar]
"""A component of a config group by name, or its name and parameters, as in the YAML files."""
FloatArray = NDArray[np.float64]
Batched = float | FloatArray
"""A number for one network, or a float64 array (B,) with one number per network of a batch."""


_SWEPT = " here, as only an axis of a sweep has several"
LONGEST = 200
"""Characters of a value that a message repeats."""
MOST_BITS = 2_000
"""Bits of the largest whole number that a message writes in decimal digits."""


class Field(Protocol):
    """A kind of value.

    Only values that `Real` reads may differ between the networks of a batch.
    """

    @property
    def description(self) -> str:
        """Return the allowed values, as the end of the sentence "must be ..."."""
        ...

    def read(self, value: object) -> Scalar:
        """Return a value as its type.

        Raises:
            ValueError: The value isn't allowed.
        """
        ...


@dataclass(frozen=True)
class Real:
    """A finite float64 within bounds; `above` and `below` are exclusive."""

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    unit: str = "number"

    @property
    def description(self) -> str:
        """Return the unit and the bounds in words."""
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (
                ("above", self.above),
                ("at least", self.at_least),
                ("below", self.below),
                ("at most", self.at_most),
            )
            if bound is not None
        ]
        return " ".join([f"a finite {self.unit}", " and ".join(bounds)]).strip()

    def read(self, value: object) -> float:
        """Return the value as a float within the bounds."""
        # bool is a subclass of int in Python, and true isn't 1 here.
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise ValueError
        try:
            number = float(value)
        except OverflowError:
            raise ValueError from None
        inside = (
            math.isfinite(number)
            and (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
            and (self.at_most is None or number <= self.at_most)
        )
        if not inside:
            raise ValueError
        return number + 0.0  # -0.0 and 0.0 are one level


@dataclass(frozen=True)
class Integer:
    """A whole number within inclusive bounds; 1e4 counts as one, 2.5 and true do not."""

    at_least: int
    # Float64, in which JSON readers and tables may hold it, has every whole number up to here.
    at_most: int = 2**53

    @property
    def description(self) -> str:
        """Return the bounds in words."""
        return f"a whole number from {self.at_least} to {self.at_most}"

    def read(self, value: object) -> int:
        """Return the value as an int within the bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise ValueError
        if isinstance(value, float | np.floating) and not float(value).is_integer():
            raise ValueError
        number = int(value)
        if not self.at_least <= number <= self.at_most:
            raise ValueError
        return number


@dataclass(frozen=True)
class Choice:
    """One of a few names.

    Attributes:
        names: The names.
        aliases: Other names, which are read as one of the names.
        words: Common mistakes, by the suggestion in the message.
    """

    names: Collection[str]
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    words: Table = dataclasses.field(default_factory=dict, compare=False)

    @property
    def description(self) -> str:
        """Return the names, comma-separated."""
        return "one of " + ", ".join(self.names)

    def read(self, value: object) -> str:
        """Return the name that a word is an alias of."""
        if isinstance(value, str) and value in self.names:
            return value
        if isinstance(value, str) and value in self.aliases:
            return self.aliases[value]
        raise ValueError


@dataclass(frozen=True)
class Boolean:
    """True or false, or one of a few names where there are any."""

    names: Collection[str] = ()

    @property
    def description(self) -> str:
        """Return true, false and the names."""
        return f"true, false or {' or '.join(self.names)}" if self.names else "true or false"

    def read(self, value: object) -> bool | str:
        """Return the value."""
        if isinstance(value, bool) or (isinstance(value, str) and value in self.names):
            return value
        raise ValueError


@dataclass(frozen=True)
class String:
    """Any non-empty text, such as a path."""

    description = "a text that isn't empty, in UTF-8"

    def read(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str) or not value:
            raise ValueError
        value.encode()  # raises UnicodeEncodeError, a ValueError
        return value


@dataclass(frozen=True)
class Nullable:
    """A value of another kind, or null."""

    inner: Field

    @property
    def description(self) -> str:
        """Return the description of the other kind, or null."""
        return f"{self.inner.description}, or null"

    def read(self, value: object) -> Scalar:
        """Return the value, or None."""
        return None if value is None else self.inner.read(value)


@dataclass(frozen=True)
class ListOf:
    """One value or several of another kind, each once, read as a text with commas between."""

    inner: Field

    @property
    def description(self) -> str:
        """Return the description of the other kind, or a list of such."""
        return f"{self.inner.description}, or a list of such, each once"

    def read(self, value: object) -> str:
        """Return the values in their order, joined by commas."""
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, Sequence) or not parts:
            raise ValueError
        read = [str(self.inner.read(each)) for each in parts]
        if len({*read}) < len(read):
            raise ValueError
        return ",".join(read)


def is_number(field: Field) -> bool:
    """Tell whether a field holds numbers."""
    return isinstance(_not_null(field), Real | Integer)


def is_whole(field: Field) -> bool:
    """Tell whether a field holds whole numbers."""
    return isinstance(_not_null(field), Integer)


def _not_null(field: Field) -> Field:
    return field.inner if isinstance(field, Nullable) else field


def allows(field: Field, value: object) -> bool:
    """Tell whether a field reads a value."""
    try:
        field.read(value)
    except ValueError:
        return False
    return True


def field(default: Any, kind: Field) -> Any:
    """Declare a parameter of a component: a dataclass field that is also a configuration key.

    Args:
        default: The default value.
        kind: The allowed values.
    """
    return dataclasses.field(default=default, metadata={"kind": kind})


def fields_of(component: type) -> dict[str, Field]:
    """Return the parameters of a dataclass that are configuration keys, as declared."""
    declared: Sequence[dataclasses.Field[Any]] = dataclasses.fields(component)
    return {entry.name: entry.metadata["kind"] for entry in declared if "kind" in entry.metadata}


def read_value(key: str, value: object, field: Field) -> Scalar:
    """Return a value as its type.

    Args:
        key: The key as it is typed, for the message.
        value: The value as it was passed.
        field: The allowed values.

    Raises:
        ConfigError: The value isn't allowed; the message names key, value and allowed values.
    """
    try:
        return field.read(value)
    except ValueError:
        raise ConfigError(refusal_message(key, value, field)) from None


def read_whole(key: str, value: object, at_least: int, at_most: int) -> int:
    """Return a whole number within inclusive bounds; raises ConfigError for anything else."""
    found = read_value(key, value, Integer(at_least, at_most))
    assert isinstance(found, int)
    return found


def refusal_message(key: str, value: object, field: Field) -> str:
    """Return the message for a value that isn't allowed, with a suggestion."""
    if isinstance(_not_null(field), ListOf) and isinstance(value, list):
        value = f"[{','.join(map(shorten, value))}]"
    return f"{key}={shorten(value)}: {key} must be {field.description}{_hint(key, value, field)}"


def _hint(key: str, value: object, field: Field) -> str:
    """Return a suggestion for a value, as the end of a line, or an empty text."""
    if isinstance(_not_null(field), ListOf):
        return ""
    if isinstance(value, list | tuple | range | np.ndarray):
        is_text = isinstance(_not_null(field), String)  # such as the name of an axis
        return "; it takes one value" + ("" if is_text else _SWEPT)
    match field:
        case Nullable():
            return _hint(key, value, field.inner) or null_hint(value)
        case Choice() if isinstance(value, str):
            return choice_hint(value, [*field.names, *field.aliases], field.words)
        case Boolean():
            return truth_hint(value)
        case Real() | Integer() if isinstance(value, str):
            return number_hint(key, value)
    return ""


def format_value(value: object) -> str:
    """Return a value as a person would type it in an override."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return f"{value:#x}"  # Python writes no more digits than that in tens
    return str(value)


def shorten(value: object) -> str:
    """Return a value for a message: in one line, and truncated if it is long."""
    try:
        text = format_value(value)
    except Exception:  # an error of the value itself, or of Python for a number of many digits
        text = f"<{type(value).__name__}>"
    line = " ".join(text.encode(errors="backslashreplace").decode().splitlines())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


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
