"""JSON objects as dataclasses: each entry is held to the type of its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from functools import cache
from math import isfinite
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from xorsweep.errors import ManifestError
from xorsweep.fields import Scalar, fields_of
from xorsweep.fields.values import read_value

AnyText = Annotated[str, "may hold surrogates"]
"""A text that a user typed; bytes outside UTF-8 are half surrogate pairs."""

WRITTEN = {"written": True}

RecordT = TypeVar("RecordT", bound="Record")


@dataclass(frozen=True, kw_only=True)
class Record:
    """An object of JSON; `extra` has the entries that this version doesn't know.

    An entry whose field has a default may be missing. It is written where it isn't empty, or where
    the metadata of the field are WRITTEN.
    """

    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_data(cls: type[RecordT], data: Any, name: str = "") -> RecordT:
        """Return the record that an object of JSON holds, which is at `name` of its file.

        Raises ManifestError, or ConfigError for a setting, that names the first wrong entry.
        """
        if not isinstance(data, Mapping):
            raise ManifestError(f"its {name} isn't a mapping")
        where, types = f"{name}." if name else "", _types(cast(Any, cls))
        for each in fields(cls):
            required = each.default is MISSING and each.default_factory is MISSING
            if required and each.name not in data:
                owner = f"its {name}" if name else "it"
                raise ManifestError(f"{owner} has no '{each.name}'")
        found = {key: _read(types[key], data[key], where + key) for key in types if key in data}
        # Entries of a later version are written back as they were.
        return cls(**found, extra={key: data[key] for key in data if key not in types})

    def to_data(self) -> dict[str, Any]:
        """Return the record as `from_data` takes it."""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            optional = each.default is not MISSING or each.default_factory is not MISSING
            if each.name != "extra" and not (
                optional and not each.metadata and value in (None, "", (), {})
            ):
                found[each.name] = _data(value)
        return found | dict(self.extra)


@cache
def _types(cls: type) -> dict[str, Any]:
    types = get_type_hints(cls, include_extras=True)
    del types["extra"]
    return types


def _read(kind: Any, value: Any, name: str) -> Any:
    """Return a value from JSON as the type `kind`, with lists as tuples."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if kind in _FORMS:
        is_so, form = _FORMS[kind]
        return _checked(value, is_so(value), name, form)
    if origin in (Union, UnionType):  # X | None
        return None if value is None else _read(inner[0], value, name)
    if origin is Literal:
        return _checked(value, value in inner, name, f"one of {', '.join(inner)}")
    if origin is Sequence:
        _checked(value, isinstance(value, list), name, "a list")
        return tuple(_read(inner[0], each, f"{name}[{i}]") for i, each in enumerate(value))
    if origin is Mapping:
        is_mapping = isinstance(value, dict) and (inner[1] is Any or all(map(_is_utf8, value)))
        _checked(value, is_mapping, name, "a mapping")
        return {key: _read(inner[1], each, f"{name}.{key}") for key, each in value.items()}
    if issubclass(kind, Record):
        return kind.from_data(value, name)
    return _read_settings(kind, value, name)


def _checked(value: Any, is_so: bool, name: str, form: str) -> Any:
    if not is_so:
        raise ManifestError(f"its {name} isn't {form}".encode(errors="replace").decode())
    return value


def _read_settings(kind: type, values: Any, name: str) -> Any:
    rules = fields_of(kind)
    if not isinstance(values, Mapping) or set(values) != set(rules):
        raise ManifestError(f"its {name} isn't one that this version has")
    return kind(**{key: read_value(f"{name}.{key}", values[key], rules[key]) for key in rules})


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_number(value: Any) -> bool:
    # isinstance would take booleans, which are integers in Python, for numbers.
    return type(value) in (int, float) and abs(value) < 2**63 and isfinite(value)


_FORMS: Mapping[Any, tuple[Callable[[Any], bool], str]] = {
    str: (lambda value: isinstance(value, str) and _is_utf8(value), "a text"),
    AnyText: (lambda value: isinstance(value, str), "a text"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: type(value) is int and 0 <= value < 2**63, "a count"),
    float: (_is_number, "a number"),
    Scalar: (
        lambda value: value is None or isinstance(value, bool | int | float | str),
        "a text, a number, true, false or null",
    ),
}


def _data(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_data()
    if isinstance(value, tuple):
        return [_data(each) for each in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
