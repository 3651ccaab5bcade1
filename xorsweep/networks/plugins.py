"""Choices that aren't xorsweep's own: how a script adds one, and how they travel with a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.fields import shorten
from xorsweep.grid.grid import Grid
from xorsweep.networks.schema import COMPONENTS


def register(group: str, name: str, choice: type) -> None:
    """Let `group=name` mean this class, in this process and in the workers that it starts.

    Raises ConfigError where there is no such group, the name is taken, or the class isn't one that
    can be configured and trained in batches. A package says the same by an entry point instead,
    and is then found wherever it is installed.
    """
    if not isinstance(group, str) or group not in COMPONENTS:
        raise ConfigError(f"{shorten(group)}: no such group; choose one of {', '.join(COMPONENTS)}")
    COMPONENTS[group].register(name, choice)


@dataclass(frozen=True)
class PluginSet:
    """What a worker needs beyond xorsweep to train some points; it can be pickled.

    `origins` maps choices as they are typed to where they come from, `classes` those that a script
    registered to what it registered.
    """

    origins: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, type] = field(default_factory=dict)

    def install(self) -> None:
        """Have them here; raises ConfigError for a package that isn't, or in another version."""
        for choice, registered in self.classes.items():
            group, _, name = choice.partition("=")
            COMPONENTS[group].register(name, registered)
        for line in missing_plugins(self.origins):
            raise ConfigError(line)


def extensions_of(grid: Grid) -> PluginSet:
    """Return what the points of a grid need beyond xorsweep."""
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
    """Return a line for each choice of a grid that some package offers by the same name."""
    return [
        f"{group}={name}: xorsweep's own; that of {package} has the same name and is left out"
        for group, name in _chosen(grid)
        if (package := COMPONENTS[group].shadowed(name))
    ]


def missing_plugins(origins: Mapping[str, Any]) -> list[str]:
    """Return a line for each choice that isn't here, or isn't what it was when it was recorded."""
    return [line for choice, was in origins.items() if (line := _missing(choice, str(was)))]


def _missing(choice: str, was: str) -> str | None:
    group, _, name = choice.partition("=")
    here = COMPONENTS[group].origin(name) if group in COMPONENTS else None
    if here == was:
        return None
    kind, _, source = was.partition(" ")
    if here is not None:
        return f"{choice}: is of {source} there, and of {here.partition(' ')[2]} here"
    if kind == "class":
        return f"{choice}: is {source}, which a script registered; register it here, too"
    return f"{choice}: is of {source}, and that package isn't installed here"


def _chosen(grid: Grid) -> Iterator[tuple[str, str]]:
    for group in COMPONENTS:
        for name in grid.columns[group].levels if group in grid.columns else ():
            yield group, str(name)
