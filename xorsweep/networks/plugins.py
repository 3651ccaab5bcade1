"""Components of other packages and of scripts: how one is added, and how a sweep records it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.grid.grid import Grid
from xorsweep.networks.schema import COMPONENTS
from xorsweep.text import shorten


def register(group: str, name: str, component: type) -> None:
    """Let `group=name` mean a class, in this process and in the workers that it starts.

    A package does the same by an entry point, and is then found wherever it is installed.

    Args:
        group: A config group, such as `optimizer`.
        name: The name of the component, an identifier.
        component: A frozen dataclass derived from the base class of the group.

    Raises:
        ConfigError: There is no such group, the name is taken, or the class can't be configured or
            trained in batches.
    """
    if not isinstance(group, str) or group not in COMPONENTS:
        raise ConfigError(f"{shorten(group)}: no such group; choose one of {', '.join(COMPONENTS)}")
    COMPONENTS[group].register(name, component)


@dataclass(frozen=True)
class PluginSet:
    """The packages that a worker needs beyond xorsweep to train some points; it can be pickled.

    `origins` maps components as they are typed, `group=name`, to where they come from; `classes`
    those that a script registered to their classes.
    """

    origins: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, type] = field(default_factory=dict)

    def install(self) -> None:
        """Have them here; raises ConfigError for a package that isn't, or in another version."""
        for component, registered in self.classes.items():
            group, _, name = component.partition("=")
            COMPONENTS[group].register(name, registered)
        for line in missing_plugins(self.origins):
            raise ConfigError(line)


def extensions_of(grid: Grid) -> PluginSet:
    """Return the packages that the points of a grid need beyond xorsweep."""
    origins, classes = {}, {}
    for group, name in _chosen(grid):
        origin = COMPONENTS[group].origin(name)
        if origin is None:
            continue
        origins[f"{group}={name}"] = origin
        registered = COMPONENTS[group].registered(name)
        if registered is not None:
            classes[f"{group}={name}"] = registered
    return PluginSet(origins, classes)


def shadowed(grid: Grid) -> list[str]:
    """Return a line for each component of a grid that some package offers by the same name."""
    return [
        f"{group}={name}: xorsweep's own; that of {package} has the same name and is excluded"
        for group, name in _chosen(grid)
        if (package := COMPONENTS[group].shadowed(name))
    ]


def missing_plugins(origins: Mapping[str, Any]) -> list[str]:
    """Return a line for each component that isn't here, or comes from elsewhere than recorded."""
    return [line for component, was in origins.items() if (line := _missing(component, str(was)))]


def _missing(component: str, was: str) -> str | None:
    group, _, name = component.partition("=")
    here = COMPONENTS[group].origin(name) if group in COMPONENTS else None
    if here == was:
        return None
    kind, _, source = was.partition(" ")
    if here is not None:
        return f"{component}: is of {source} there, and of {here.partition(' ')[2]} here"
    if kind == "class":
        return f"{component}: is {source}, which a script registered; register it here, too"
    return f"{component}: is of {source}, and that package isn't installed here"


def _chosen(grid: Grid) -> Iterator[tuple[str, str]]:
    for group in COMPONENTS:
        for name in grid.columns[group].levels:
            yield group, str(name)
