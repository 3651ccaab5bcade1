"""What a configured value may be: a rule for each kind of value, able to say what is allowed."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Scalar = bool | int | float | str | None
FloatArray = NDArray[np.float64]
Batched = float | FloatArray
"""A number for one network, or a float64 array (B,) with one number a member of a batch."""


class ConfigError(ValueError):
    """A configured value that means nothing; its message is one line for whoever typed it."""


class Rule(Protocol):
    """A kind of value: reads what was typed into its type, or raises ValueError.

    `allowed` completes the sentence "must be ...". Members of one batch may differ in values that
    `Real` reads, and in no others.
    """

    @property
    def allowed(self) -> str:
        """Return what may be typed, in words."""
        ...

    def read(self, value: object) -> Scalar:
        """Return the value as its type; raises ValueError."""
        ...


@dataclass(frozen=True)
class Real:
    """A finite float64 within bounds; `above` and `below` are exclusive."""

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None

    @property
    def allowed(self) -> str:
        """Return the bounds in words."""
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
        return " ".join(["a finite number", " and ".join(bounds)]).strip()

    def read(self, value: object) -> float:
        """Return the value as a float; raises ValueError where it isn't one within bounds."""
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
    at_most: int = 2**53

    @property
    def allowed(self) -> str:
        """Return the bounds in words."""
        return f"a whole number from {self.at_least} to {self.at_most}"

    def read(self, value: object) -> int:
        """Return the value as an int; raises ValueError where it isn't one within bounds."""
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
    """One of a few names."""

    names: Collection[str]

    @property
    def allowed(self) -> str:
        """Return the names, comma-separated."""
        return "one of " + ", ".join(self.names)

    def read(self, value: object) -> str:
        """Return the name; raises ValueError for any other."""
        if not isinstance(value, str) or value not in self.names:
            raise ValueError
        return value


@dataclass(frozen=True)
class Boolean:
    """True or false."""

    @property
    def allowed(self) -> str:
        """Return the two values."""
        return "true or false"

    def read(self, value: object) -> bool:
        """Return the value; raises ValueError for anything but a bool."""
        if not isinstance(value, bool):
            raise ValueError
        return value


@dataclass(frozen=True)
class Text:
    """Any non-empty text, such as a path."""

    @property
    def allowed(self) -> str:
        """Return what is asked for."""
        return "a text that isn't empty, in UTF-8"

    def read(self, value: object) -> str:
        """Return the text; raises ValueError for anything else."""
        if not isinstance(value, str) or not value:
            raise ValueError
        value.encode()  # raises UnicodeEncodeError, a ValueError
        return value


@dataclass(frozen=True)
class OrNull:
    """A value of another kind, or none at all."""

    rule: Rule

    @property
    def allowed(self) -> str:
        """Return what the other kind allows, or null."""
        return f"{self.rule.allowed}, or null"

    def read(self, value: object) -> Scalar:
        """Return the value, or None; raises ValueError where the other kind does."""
        return None if value is None else self.rule.read(value)


def parameter(default: Any, rule: Rule) -> Any:
    """Declare a dataclass field that is also a configuration key held to `rule`."""
    return field(default=default, metadata={"rule": rule})


def rules_of(choice: type) -> dict[str, Rule]:
    """Return the rule of each configurable field of a dataclass, in order of declaration."""
    declared: Sequence[Field[Any]] = fields(choice)
    return {entry.name: entry.metadata["rule"] for entry in declared if "rule" in entry.metadata}


def read(key: str, value: object, rule: Rule) -> Scalar:
    """Return `value` as its type; raises ConfigError that names key, value and what is allowed."""
    try:
        return rule.read(value)
    except ValueError:
        raise ConfigError(f"{key}={shown(value)}: {key} must be {rule.allowed}") from None


def shown(value: object) -> str:
    """Return a value as a person would type it in an override."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
