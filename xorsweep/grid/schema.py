"""The schema of an experiment: the keys of a point, and their allowed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Field, Scalar, fields_of
from xorsweep.fields.sections import check_known, read_fields, section_of, unknown_key_message
from xorsweep.fields.values import read_value
from xorsweep.hints import Table
from xorsweep.registry import Registry, defaults_of
from xorsweep.text import exception_text, one_line

Point = dict[str, Scalar]
"""One point, flat: `task`, `task.levels`, ..., `lr`, `epochs`, `seed`, in the order of columns."""


@dataclass(frozen=True, eq=False)
class Schema:
    """The keys of an experiment's points, their types, defaults and checks.

    Attributes:
        keys: The keys in the order of columns; the parameters of a component follow its key.
        scalars: The field of each key with a plain value.
        components: The registry of each other key. A component's parameters are keys, too:
            `optimizer.momentum`.
        independent_keys: Keys whose levels no check combines with those of others.
        check_together: Raises ConfigError where values that are each allowed can't be used
            together. It takes flat values and the components made of them; a key of real numbers
            has an array (N,), an independent key an array of its values.
        words: Common mistakes for its keys, by the correction that a message suggests.
        value_words: The same for the names that a key may have.
    """

    keys: tuple[str, ...]
    scalars: Mapping[str, Field]
    components: Mapping[str, Registry[Any]]
    independent_keys: tuple[str, ...] = ()
    check_together: Callable[[Mapping[str, Any], Mapping[str, Any]], object] = lambda *_: None
    words: Table = field(default_factory=dict)
    value_words: Mapping[str, Table] = field(default_factory=dict)

    def all_keys(self) -> list[str]:
        """Return every flat key that a point may have with xorsweep's own components."""
        parameters = (
            f"{key}.{name}"
            for key, registry in self.components.items()
            for component in registry.own.values()
            for name in fields_of(component)
        )
        return list(dict.fromkeys([*self.scalars, *self.components, *parameters]))

    def unknown_key_message(self, key: str) -> str:
        """Return the message for a key that no point has."""
        return unknown_key_message(key, self.all_keys(), words=self.words)

    def _names_of(self, key: str) -> Choice:
        registry = self.components[key]
        return Choice(registry, registry.aliases, self.value_words.get(key, {}))

    def keys_of(self, names: Mapping[str, Any]) -> list[str]:
        """Return the flat keys of a point, in order, given the name of each of its components."""
        keys: list[str] = []
        for key in self.keys:
            keys.append(key)
            if key in self.components:
                component = self.components[key][str(names[key])]
                keys += [f"{key}.{name}" for name in fields_of(component)]
        return keys

    def fields_for(self, key: str) -> list[Field]:
        """Return the fields of a flat key, one per component that has it; empty if none has.

        Components of others are imported where none of xorsweep's own has the key; broken ones
        have no fields.
        """
        group, _, name = key.partition(".")
        if key in self.scalars:
            return [self.scalars[key]]
        if group not in self.components:
            return []
        registry = self.components[group]
        if not name:
            return [self._names_of(group)]
        own = [found[name] for found in map(fields_of, registry.own.values()) if name in found]
        if own:
            return own
        return [found[name] for _, each in registry.usable() if name in (found := fields_of(each))]

    def field_of(self, key: str, point: Mapping[str, Scalar]) -> Field:
        """Return the field of a flat key, given the components of a point; raises ConfigError."""
        if key in self.scalars:
            return self.scalars[key]
        group, _, name = key.partition(".")
        if group in self.components and not name:
            return self._names_of(group)
        if group in self.components:
            fields = fields_of(self.components[group][str(point[group])])
            if name in fields:
                return fields[name]
            check_known(f"{group}.", [name], fields, f" of {group}={point[group]}", self.words)
        raise ConfigError(self.unknown_key_message(key))

    def component_of(self, key: str, values: Mapping[str, Any]) -> Any:
        """Return a component with its parameters: scalars, or arrays (B,) of a batch.

        Args:
            key: The component's key, such as `optimizer`.
            values: Flat keys with scalars, and batched keys with scalars or arrays (B,).
        """
        component = self.components[key][str(values[key])]
        # Points have no entry for a parameter that is null.
        return component(**{name: values.get(f"{key}.{name}") for name in fields_of(component)})

    def read_point(self, config: Mapping[str, Any]) -> Point:
        """Return a nested configuration as one checked, flat point; raises ConfigError."""
        point = self.read_values(config)
        self.check_points({key: np.array([value]) for key, value in point.items()})
        return point

    def read_values(self, config: Mapping[str, Any]) -> Point:
        """Return a flat point, each value checked on its own; raises ConfigError."""
        point: Point = {}
        for key in self.keys:
            if key in self.components:
                point.update(self._read_component(key, config))
            else:
                point[key] = read_value(key, config.get(key), self.scalars[key])
        return point

    def _read_component(self, key: str, config: Mapping[str, Any]) -> Point:
        registry = self.components[key]
        section = section_of(config, key, registry)
        chosen = str(read_value(key, section.get("name"), self._names_of(key)))
        component = registry[chosen]
        known = ["name", *fields_of(component)]
        check_known(f"{key}.", section, known, f" of {key}={chosen}", self.words)
        values = read_fields(f"{key}.", section, component)
        return {key: chosen, **{f"{key}.{name}": value for name, value in values.items()}}

    def nested(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Return flat keys as a nested configuration; raises ConfigError for an unknown key.

        A missing component is the first of its registry, and a missing parameter
        has its default.
        """
        config = {key: value for key, value in flat.items() if key in self.scalars}
        for key, registry in self.components.items():
            name = flat.get(key, next(iter(registry)))
            component = registry.get(registry.canonical(str(name)))
            config[key] = {"name": name, **(defaults_of(component) if component else {})}
        for key, value in flat.items():
            group, _, name = key.partition(".")
            if name and group in self.components:
                config[group][name] = value
            elif key not in config:
                raise ConfigError(self.unknown_key_message(key))
        return config

    def check_points(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Raise ConfigError where values that are each allowed can't be used together.

        An exception of a plugin's component, `sys.exit` too, becomes a ConfigError that names
        the component.

        Args:
            columns: Flat keys with arrays (N,) of points that share every key that isn't batched;
                an independent key has an array of any length.
        """
        try:
            values = {
                key: column
                if column.dtype.kind == "f" or key in self.independent_keys
                else column[0]
                for key, column in columns.items()
            }
            components = {key: self.component_of(key, values) for key in self.components}
            for component in components.values():
                # Not every base class has one: losses, activations and criteria have nothing that
                # could contradict.
                if hasattr(component, "check"):
                    component.check()
            self.check_together(values, components)
        except (ConfigError, KeyboardInterrupt):
            raise
        except BaseException as error:
            others = [
                f"{key}={name}"
                for key, registry in self.components.items()
                if (name := str(columns[key][0])) not in registry.own
            ]
            if not others:
                raise
            reason = one_line(exception_text(error))
            raise ConfigError(f"{' and '.join(others)}: can't be used ({reason})") from error
