"""Sweeps from Python, composed without Hydra if it isn't needed.

Hydra takes a third of a second to start, and as long again to parse printed overrides. It
is needed for its config files and for its grammar alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from xorsweep.cli.compose import Configuration, compose_grid, resume_request
from xorsweep.cli.defaults import default_file, read_defaults
from xorsweep.cli.grid_spec import GridSpec, ParsedAxis, check_counts, read_zip
from xorsweep.cli.keys import SETTINGS, canonical_level, is_point_key
from xorsweep.cli.overrides import GivenSweep, Values, levels_text
from xorsweep.command_lines import override_value
from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar, fields_of
from xorsweep.grid.axes import Axis
from xorsweep.grid.levels import range_length
from xorsweep.grid.spacing import is_spacing
from xorsweep.grid.where import read_where
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, SCALAR_KEYS
from xorsweep.settings import AdaptiveSeeds, NetworkSettings, SweepSettings
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest

COMMAND = ("python", "-m", "xorsweep", "-m")
"""The start of the command line that the manifest records, before the overrides."""

# The form in which conf/config.yaml writes the default seeds.
_RANGE = re.compile(r"range\((\d+),(\d+)\)")
_GRAMMAR = ("${", "[", "{")
"""Marks of texts that Hydra interpolates or composes."""


def compose_sweep(given: GivenSweep, folder: Path) -> SweepRequest:
    """Return a new sweep in a folder, `Path()` if it isn't known yet; raises ConfigError."""
    into = [] if folder == Path() else [f"hydra.sweep.dir={override_value(str(folder))}"]
    command = [*COMMAND, *into, *given.overrides]
    if _needs_hydra(given):
        from xorsweep.cli.hydra_compose import sweep_from_overrides

        return sweep_from_overrides(given.overrides, folder, command)
    composer = _Composer()
    defaults = {key: _default_levels(each) for key, each in composer.config["grid"]["axes"].items()}
    blocks = [{**defaults, **block} for block in given.merged_blocks]
    zipped = read_zip(given.zipped)
    where = None if given.where is None else read_where(NETWORK_SCHEMA, given.where).text
    check_counts([{key: _count(value) for key, value in block.items()} for block in blocks], zipped)
    composer.config["grid"] |= given.grid_node
    parsed = ({key: _parsed(key, value) for key, value in block.items()} for block in blocks)
    composed = compose_grid(composer, GridSpec(tuple(parsed), zipped, where))
    text = yaml.safe_dump(composed.values, sort_keys=False, allow_unicode=True)
    return composed.request(folder, command, {"multirun.yaml": text})


def compose_resume(given: GivenSweep, folder: Path) -> ResumeRequest:
    """Return how to resume the sweep in a folder; raises ConfigError."""
    command = [*COMMAND, f"resume={override_value(str(folder))}", *given.overrides]
    if given.grid_node or _needs_hydra(given):
        from xorsweep.cli.hydra_compose import resume_from_overrides

        return resume_from_overrides(given.overrides, folder, command)
    check_counts([{key: _count(value) for key, value in given.values.items()}], ())
    parsed = {key: _parsed(key, value) for key, value in given.values.items()}
    how = [each.settings[0] for key, each in parsed.items() if not is_point_key(key)]
    more = [each.axis for key, each in parsed.items() if is_point_key(key)]
    return resume_request(_Composer()(how).values, parsed, more, folder, command)


def _needs_hydra(given: GivenSweep) -> bool:
    """Tell whether some key or value is a config file's, or one that only Hydra explains."""
    return any(not is_point_key(key) for block in given.blocks or () for key in block) or any(
        not _is_plain(key, _levels(value), block)
        for block in given.merged_blocks
        for key, value in block.items()
    )


def _is_plain(key: str, levels: Sequence[Scalar], block: Values) -> bool:
    is_range = isinstance(levels, range)
    texts = [] if is_range else [level for level in levels if isinstance(level, str)]
    if any(is_spacing(text) or any(mark in text for mark in _GRAMMAR) for text in texts):
        return False
    if key in COMPONENTS:
        return len(texts) == len(levels) and all(
            canonical_level(key, text) in COMPONENTS[key] for text in texts
        )
    group, _, name = key.partition(".")
    if key in SCALAR_KEYS:
        return True
    if group in COMPONENTS:
        registry = COMPONENTS[group]
        names = _levels(block.get(group, next(iter(registry))))
        component = registry.get(canonical_level(group, names[0])) if len(names) == 1 else None
        return component is not None and name in fields_of(component)
    # Settings can't be swept: Hydra's way says so in its words.
    if _count(levels) > 1:
        return False
    if key in SETTINGS:
        is_name = len(texts) == 1 and texts[0].isidentifier()
        return is_name and default_file(f"{key}/{texts[0]}").is_file()
    if group in SETTINGS:
        return name in fields_of(SETTINGS[group])
    settings = (AdaptiveSeeds, SweepSettings, NetworkSettings)
    return any(key in fields_of(each) for each in settings)


class _Composer:
    """Composes the package's defaults with other values."""

    def __init__(self) -> None:
        self.config = read_defaults("config")
        del self.config["hydra"]
        entries = [each for each in self.config.pop("defaults") if isinstance(each, Mapping)]
        self.names = {key: name for entry in entries for key, name in entry.items()}

    def __call__(self, settings: Sequence[Any]) -> Configuration:
        # Settings are pairs of key and value here, in place of Hydra's overrides.
        given: dict[str, Scalar] = dict(settings)
        of_points = {key: value for key, value in given.items() if is_point_key(key)}
        scalars = {key: self.config[key] for key in SCALAR_KEYS}
        components = {key: self.names[key] for key in COMPONENTS}
        point = NETWORK_SCHEMA.nested({**components, **scalars, **of_points})
        sections = {group: self._section(group, given) for group in SETTINGS}
        others = {key: given.get(key, value) for key, value in self.config.items()}
        values = {**{key: point[key] for key in COMPONENTS}, **sections, **others, **point}
        return Configuration(values)

    def _section(self, group: str, given: Mapping[str, Scalar]) -> dict[str, Any]:
        section = read_defaults(f"{group}/{given.get(group, self.names[group])}")
        for key, value in given.items():
            if key.startswith(f"{group}."):
                section[key.partition(".")[2]] = value
        return section


def _levels(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | range) else [value]


def _count(value: Any) -> int:
    return range_length(value) if isinstance(value, range) else len(_levels(value))


def _parsed(key: str, value: Any) -> ParsedAxis:
    levels = tuple(canonical_level(key, level) for level in _levels(value))
    if not levels:
        raise ConfigError(f"{key}={levels_text(key, value)}: this axis has no levels")
    is_axis = len(levels) > 1
    # Each choice brings parameters of its own, so every level needs a base point.
    axis = Axis(key, levels, structural=is_axis and key in COMPONENTS)
    return ParsedAxis(axis, tuple((key, level) for level in levels), is_axis)


def _default_levels(text: object) -> Any:
    """Return the levels of a default axis, which are typed as on the command line."""
    if match := _RANGE.fullmatch(str(text)):
        return range(int(match[1]), int(match[2]))
    return [yaml.safe_load(level) for level in str(text).split(",")]
