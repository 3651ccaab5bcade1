"""The signature of a function: the keys of its points, their defaults, and how to call it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.hints import key_hint
from xorsweep.text import shorten

Function = Callable[..., Any]

RESERVED = frozenset(
    {
        *("blocks", "experiment", "figures", "folder", "function", "grid", "hydra", "max_seeds"),
        *("message", "n_jobs", "objective", "objective_seeds", "on_failure", "parallel", "plan"),
        *("point_id", "precision", "progress", "rate", "report", "resume", "runs", "status"),
        *("study", "times", "title", "vectorized", "where", "zip"),
    }
)
"""Reserved names of sweeps, which no argument can have."""
_RETURN_LATER = (
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
)


class Settings(dict[str, Any]):
    """The keys of a point as one mapping, for a function with one parameter.

    Values are read as `settings.lr` or `settings["lr"]`.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self)
            raise AttributeError(f"no key {name!r}; the keys are {known}") from None


@dataclass(frozen=True)
class Signature:
    """How to call a function with a point.

    Attributes:
        names: Its parameters, except `**parameters`.
        defaults: The defaults that are scalars.
        floats: The parameters that are real numbers, by annotation or default.
        optional: The parameters with a default.
        takes_any: Whether it accepts any other key by `**parameters`.
        positional: The positional-only parameters.
    """

    names: tuple[str, ...]
    defaults: Mapping[str, Scalar]
    floats: frozenset[str]
    optional: frozenset[str]
    takes_any: bool
    positional: tuple[str, ...]

    @classmethod
    def of(cls, function: Function, name: str) -> Signature:
        """Return the signature of a function; raises ConfigError where it can't be swept."""
        if not callable(function):
            raise ConfigError(f"function={shorten(function)}: must be a function")
        if any(is_so(function) for is_so in _RETURN_LATER):
            raise ConfigError(f"{name}: is a generator or a coroutine, and must return its values")
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            raise ConfigError(f"{name}: its parameters can't be read") from None
        for each in parameters:
            if each.kind is each.VAR_POSITIONAL:
                raise ConfigError(
                    f"{name}: takes *{each.name}, and a sweep passes each argument by its name"
                )
        named = [each for each in parameters if each.kind is not each.VAR_KEYWORD]
        defaults = {each.name: each.default for each in named if each.default is not each.empty}
        return cls(
            tuple(each.name for each in named),
            {
                key: each
                for key, each in defaults.items()
                if each is not None and isinstance(each, Scalar)
            },
            frozenset(
                each.name
                for each in named
                # "float" is an annotation under `from __future__ import annotations`.
                if each.annotation in (float, "float") or isinstance(each.default, float)
            ),
            frozenset(defaults),
            any(each.kind is each.VAR_KEYWORD for each in parameters),
            tuple(each.name for each in named if each.kind is each.POSITIONAL_ONLY),
        )

    def takes_mapping(self, keys: Collection[str]) -> bool:
        """Tell whether the function takes all keys as one mapping, its only parameter."""
        # The only parameter of a builtin, such as `math.sqrt(x, /)`, is no mapping.
        is_one = len(self.names) == 1 and not self.positional and not self.takes_any
        return is_one and self.names[0] not in keys

    def check(self, keys: Collection[str], name: str) -> None:
        """Raise ConfigError for keys that the function named `name` can't be called with."""
        for key in (*keys, *(() if self.takes_mapping(keys) else self.names)):
            if key in RESERVED:
                raise ConfigError(
                    f"{name}: {key} is a key of the sweep itself, so no argument can have that name"
                )
        if self.takes_mapping(keys):
            return
        for key in keys:
            if key not in self.names and not self.takes_any:
                hint = key_hint(key, self.names, {})
                names = ", ".join(self.names)
                arguments = f"its arguments are {names}" if names else "it has no arguments"
                what = f"{hint}; {arguments}" if hint else arguments
                raise ConfigError(f"{name}: {shorten(key)}: unknown key; {what}")
        for key in self.names:
            if key not in keys and key not in self.optional:
                raise ConfigError(f"{name}: {key} has no default, so it needs a value or an axis")

    def with_defaults(self, keys: Collection[str]) -> dict[str, Scalar]:
        """Return the defaults of the arguments that aren't among some keys."""
        if self.takes_mapping(keys):
            return {}
        return {key: value for key, value in self.defaults.items() if key not in keys}

    def caller(
        self, function: Function, keys: Collection[str]
    ) -> Callable[[Mapping[str, Any]], Any]:
        """Return a callable that calls a function with values by key."""
        if self.takes_mapping(keys):
            return lambda values: function(Settings(values))
        # Positional-only parameters have names, but can't be passed by them.
        first = [key for key in self.positional if key in keys]
        if not first:
            return lambda values: function(**values)
        others = [key for key in keys if key not in first]
        return lambda values: function(
            *(values[key] for key in first), **{key: values[key] for key in others}
        )


def returned_names(returned: Mapping[Any, Any], keys: Collection[str]) -> Iterator[str]:
    """Yield the faults of the names of returned values."""
    for name in returned:
        if not isinstance(name, str) or not name.isidentifier():
            yield f"returned {shorten(name)}, and a name is letters, digits and _"
        elif name in keys:
            yield f"returned {name}, which is the name of an argument"
        elif name in ("status", "message", "point_id", "returned"):
            yield f"returned {name}, which is a column of every sweep"
