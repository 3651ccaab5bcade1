"""The YAML files of a configuration, and the values that each of them sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigSource
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from xorsweep.cli.defaults import read_defaults
from xorsweep.cli.keys import SETTINGS
from xorsweep.cli.yaml_errors import HEADER, fault_of, grid_fault
from xorsweep.errors import ConfigError
from xorsweep.networks.schema import COMPONENTS, SCALAR_KEYS

PRIMARY = "config"
"""The file that Hydra begins with, unless --config-name says otherwise."""
PARAMS = "hydra.sweeper.params"

_OVERRIDE = re.compile(r"override\s+/?(?P<group>[^@\s]+)")


@dataclass(frozen=True)
class ConfigFile:
    """A file of the configuration: its place, and its entries about the grid.

    `plain` are the keys of a point to which it gives one value, `axes` those that it sweeps,
    `unknown` the keys with plain values that networks haven't;
    `has_grid` and `has_blocks` tell whether it has more of the node `grid`, and blocks among that.
    """

    path: str
    is_primary: bool
    plain: frozenset[str]
    axes: tuple[str, ...]
    unknown: tuple[str, ...]
    has_grid: bool
    has_blocks: bool


def composed_files(loader: ConfigLoader, hydra: DictConfig) -> list[ConfigFile]:
    """Return the files of a configuration, in the order in which each is laid over the others.

    hydra: its node `hydra`. None are looked for where all are xorsweep's own and none is a study.
    Raises ConfigError for a file that can't be meant.
    """
    chosen = {group for group, choice in hydra.runtime.choices.items() if choice is not None}
    others = {
        group for group in chosen - {*COMPONENTS, *SETTINGS} if not group.startswith("hydra/")
    }
    # To compute the list of defaults takes a while, and nothing in these files is asked for.
    if not others and hydra.job.config_name == PRIMARY:
        return []
    overrides = [*hydra.overrides.hydra, *hydra.overrides.task]
    found = loader.compute_defaults_list(hydra.job.config_name, overrides, RunMode.MULTIRUN)
    sources = list(_sources(hydra))
    return [
        _read(each, next(source for source in sources if source.is_config(each.config_path)))
        for each in found.defaults
        if each.config_path and not each.config_path.startswith("hydra/")
    ]


def _sources(hydra: DictConfig) -> Iterator[ConfigSource]:
    """Yield the sources from which Hydra reads files, in its order."""
    found = Plugins.instance().discover(ConfigSource)
    kinds = {kind.scheme(): kind for kind in found if issubclass(kind, ConfigSource)}
    for each in hydra.runtime.config_sources:
        if each.path:
            yield kinds[each.schema](each.provider, f"{each.schema}://{each.path}")


def _read(default: Any, source: ConfigSource) -> ConfigFile:
    """Return one file of Hydra's list of defaults; raises ConfigError."""
    path = f"{source.path}/{default.config_path}.yaml"
    package = str(default.package or "")
    values = OmegaConf.to_container(source.load_config(default.config_path).config, resolve=False)
    if not isinstance(values, dict) or not values:
        reason = f"{path}: is empty; write keys and values, or choose another file"
        raise ConfigError(fault_of(Path(path)) or reason)
    if package and package.split(".")[0] not in {*COMPONENTS, *SETTINGS, "grid", "hydra"}:
        reason = f"{path}: its keys would lie below {package}; its first line must be {HEADER}"
        raise ConfigError(fault_of(Path(path)) or reason)
    overridden = _overridden_groups(values.pop("defaults", ()))
    for group, choice in () if package else values.items():
        if group in {*COMPONENTS, *SETTINGS} and isinstance(choice, str) and "${" not in choice:
            raise ConfigError(
                f"{path}: {group}={choice}: {group} is a config group; choose in the file's "
                f"defaults, as - override /{group}: {choice}"
            )
    # A file's package is where its values lie: @package optimizer puts them below `optimizer`.
    for name in reversed(package.split(".") if package else []):
        values = {name: values}
    grid = _grid_of(path, values)
    return ConfigFile(
        path,
        is_primary=bool(default.primary),
        plain=frozenset({*overridden, *_point_keys(values)}),
        axes=tuple(map(str, [*grid.pop("axes"), *_params_of(values)])),
        unknown=tuple(_unknown_keys(values)),
        has_grid=any(value is not None for value in grid.values()),
        has_blocks="blocks" in grid,
    )


def _overridden_groups(defaults: Iterable[Any]) -> Iterator[str]:
    for entry in defaults:
        for key in entry if isinstance(entry, Mapping) else ():
            if match := _OVERRIDE.fullmatch(str(key)):
                yield match["group"]


def _point_keys(values: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the flat keys of a point that nested values set."""
    for key, value in values.items():
        if key in SCALAR_KEYS:
            yield key
        elif key in COMPONENTS and isinstance(value, Mapping):
            yield from (key if name == "name" else f"{key}.{name}" for name in value)


def _unknown_keys(values: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the keys with plain values that aren't among those that xorsweep's own file has."""
    own = read_defaults(PRIMARY)
    for key, value in values.items():
        if key not in own and not isinstance(value, Mapping | list):
            yield str(key)


def _grid_of(path: str, values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the node `grid` of a file with its axes, if only none; raises ConfigError."""
    if fault := grid_fault(path, values):
        raise ConfigError(fault)
    grid = values.get("grid", {})
    axes = grid.get("axes", {})
    return {**grid, "axes": axes if isinstance(axes, Mapping) else {}}


def _params_of(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the axes that a file has where Hydra's own sweepers look for them."""
    node: Any = values
    for name in PARAMS.split("."):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def without_replaced(
    section: Mapping[str, Any], files: Sequence[ConfigFile], hydra_overrides: Sequence[str]
) -> dict[str, Any]:
    """Return the node `grid` without axes whose key a later file gives one plain value.

    In one file the axes win. An axis of a block goes where a file after that of the blocks has
    such a value, as the command line's would replace it.
    """
    replaced: set[str] = set()
    over_blocks: set[str] = set()
    for file in files:
        # An axis in a later file stands again, whatever an earlier one has set.
        replaced = (replaced | file.plain) - {*file.axes}
        over_blocks = set() if file.has_blocks else over_blocks | (file.plain - {*file.axes})
    replaced -= {
        # The command line comes after every file.
        line.partition("=")[0].lstrip("+").removeprefix(f"{PARAMS}.")
        for line in hydra_overrides
    }
    kept = {**section, "axes": _without(section.get("axes"), replaced)}
    if isinstance(blocks := section.get("blocks"), list):
        kept["blocks"] = [_without(block, over_blocks) for block in blocks]
    return kept


def _without(axes: Any, keys: set[str]) -> Any:
    if not isinstance(axes, Mapping):
        return axes
    return {key: levels for key, levels in axes.items() if key not in keys}
