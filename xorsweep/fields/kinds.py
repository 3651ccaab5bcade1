"""The kinds of values that keys have; each reads a value and describes the allowed ones."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xorsweep.hints import Table

Scalar = bool | int | float | str | None
FloatArray = NDArray[np.float64]
Batched = float | FloatArray
"""A number for one network, or a float64 array (B,) with one number per network of a batch."""


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
    return isinstance(not_null(field), Real | Integer)


def is_whole(field: Field) -> bool:
    """Tell whether a field holds whole numbers."""
    return isinstance(not_null(field), Integer)


def not_null(field: Field) -> Field:
    """Return the kind of the values of a field that aren't null."""
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
