"""From overrides to a grid: composed no more often than it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from xorsweep.analysis.studies.spec import read_study
from xorsweep.cli.axes import Overrides, ParsedAxis, is_point_key, level_count, swept
from xorsweep.cli.grid_config import GridSpec
from xorsweep.cli.hydra_config import RUN_KEYS, interpolated_texts, plain
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis, Dimension, check_size, dimensions, is_composed, size_of
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.schema import NETWORK_SCHEMA, component_of
from xorsweep.settings import check_known_keys, read_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest, provenance_of

MANY = 10_000
"""Seeds up to which one seed is likely to be meant as a number of them."""

Zipped = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Composed:
    """A grid, the configuration of its first combination, and what is to be said about it."""

    grid: Grid
    values: dict[str, Any]
    notes: tuple[str, ...]

    def request(
        self, folder: Path, command_line: Sequence[str], documents: Mapping[str, str]
    ) -> SweepRequest:
        """Return the sweep of this grid in a folder; raises ConfigError."""
        settings = read_sweep(self.values)
        read_study(self.values.get("study"))
        provenance = provenance_of(command_line, self.values)
        return SweepRequest(self.grid, settings, folder, provenance, self.notes, documents)


def compose_grid(loader: ConfigLoader, config: DictConfig, asked: GridSpec) -> Composed:
    """Return the grid of all blocks, one product after the other and each point once.

    Raises ConfigError for a value that isn't allowed, and where there is no point.
    """
    zips = [_zipped_here(asked.zipped, block) for block in asked.blocks]
    check_size(*map(_sizes, asked.blocks, zips))
    composed = [
        compose_block(loader, config, [swept(each) for each in block.values()], zipped, asked.where)
        for block, zipped in zip(asked.blocks, zips, strict=True)
    ]
    grid = concatenate([each.grid for each in composed])
    notes = dict.fromkeys(note for each in composed for note in each.notes)
    return Composed(grid, composed[0].values, (*notes, *_seed_note(grid, composed[0].values)))


def compose_resume(
    loader: ConfigLoader,
    config: DictConfig,
    given: Overrides,
    folder: Path,
    command_line: Sequence[str],
) -> ResumeRequest:
    """Return how to resume the sweep in a folder.

    Overrides that name a point's key extend the grid, the others say how to run. Raises
    ConfigError.
    """
    for key in given:
        if key.startswith("grid."):
            raise ConfigError(
                f"{key}: a sweep keeps the {key} that it was begun with; start another sweep"
            )
    about_points = {key: each for key, each in given.items() if is_point_key(key)}
    others = [each.input_line for key, each in given.items() if key not in about_points]
    values = plain(loader.load_sweep_config(config, [line for line in others if line]))
    settings = read_sweep(values)
    return ResumeRequest(
        folder,
        settings,
        [swept(each).axis for each in about_points.values()],
        {key: value for key, value in asdict(settings.rounds).items() if key in given},
        keep_engine=not any(key.split(".")[0] == "engine" for key in given),
        provenance=provenance_of(command_line, values),
    )


def _zipped_here(zipped: Zipped, block: Overrides) -> Zipped:
    """Return which axes of a block go together: a key with one value goes with every level."""
    axes = {key for key, each in block.items() if level_count(each) > 1}
    here = (tuple(key for key in keys if key in axes) for keys in zipped)
    return tuple(keys for keys in here if len(keys) > 1)


def _sizes(block: Overrides, zipped: Zipped) -> dict[str, int]:
    """Return how many levels each dimension of a block has, without making them."""
    later = {key for keys in zipped for key in keys[1:]}
    return {key: level_count(each) for key, each in block.items() if key not in later}


def compose_block(
    loader: ConfigLoader,
    config: DictConfig,
    overrides: Sequence[ParsedAxis],
    zipped: Zipped = (),
    where: str | None = None,
) -> Composed:
    """Return one product: composed once per combination of structural levels, the rest as columns.

    Raises ConfigError for a value that isn't allowed.
    """
    together = {key for keys in zipped for key in keys}
    overrides = [
        each if each.axis.key in together else _without_repetitions(each) for each in overrides
    ]
    axes = [each.axis for each in overrides if each.is_axis]
    fixed = [each.texts[0] for each in overrides if not each.is_axis]
    texts = {each.axis.key: each.texts for each in overrides}
    structural = [each for each in dimensions(axes, zipped) if is_composed(each)]
    combinations = list(product(*(_texts_of(each, texts) for each in structural)))
    configs = {
        chosen: _composed(loader, config, [*fixed, *(text for some in chosen for text in some)])
        for chosen in dict.fromkeys(combinations)
    }
    dependent = _interpolated(configs.values(), overrides)
    if dependent:
        overrides = [_composed_too(each, dependent) for each in overrides]
        return compose_block(loader, config, overrides, zipped, where)
    values = {chosen: plain(each) for chosen, each in configs.items()}
    for each in values.values():
        check_known_keys(each, RUN_KEYS)
    read = {chosen: NETWORK_SCHEMA.read_values(each) for chosen, each in values.items()}
    axes, points = merge_equal_levels(axes, [read[chosen] for chosen in combinations], zipped)
    grid = product_grid(NETWORK_SCHEMA, axes, points, zipped, where)
    return Composed(grid, values[combinations[0]], tuple(_notes(overrides, grid)))


def _composed(loader: ConfigLoader, config: DictConfig, lines: list[str]) -> DictConfig:
    """Return the configuration under just these overrides, which may be the one there is."""
    given = OverridesParser.create(loader).parse_overrides([*config.hydra.overrides.task])
    applied = {each.input_line for each in given if not each.is_sweep_override()}
    return config if applied == {*lines} else loader.load_sweep_config(config, lines)


def _texts_of(dimension: Dimension, texts: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield, for each level of a dimension, the texts that compose it."""
    composed = [texts[axis.key] for axis in dimension if axis.structural]
    return zip(*composed, strict=True)


def _without_repetitions(each: ParsedAxis) -> ParsedAxis:
    """Return a structural axis with each text once; levels of others are compared when typed."""
    if not each.axis.structural:
        return each
    unique = dict(zip(each.texts, each.axis.levels, strict=True))
    axis = replace(each.axis, levels=tuple(unique.values()))
    return replace(each, axis=axis, texts=tuple(unique))


def _interpolated(configs: Iterable[DictConfig], overrides: Sequence[ParsedAxis]) -> set[str]:
    """Return the value axes that an interpolation somewhere in the configuration refers to."""
    texts = {text for config in configs for text in interpolated_texts(config)}
    axes = [each.axis for each in overrides if each.is_axis and not each.axis.structural]
    return {
        axis.key
        for axis in axes
        for text in texts
        if re.search(rf"\b{re.escape(axis.key.split('.')[-1])}\b", text)
    }


def _composed_too(each: ParsedAxis, keys: set[str]) -> ParsedAxis:
    return (
        replace(each, axis=replace(each.axis, structural=True)) if each.axis.key in keys else each
    )


def merge_equal_levels(
    axes: Sequence[Axis], points: Sequence[Point], zipped: Zipped = ()
) -> tuple[list[Axis], list[Point]]:
    """Return structural axes without levels that compose the same points as an earlier one.

    points: one for each combination of structural dimensions, the last varying fastest. Axes that
    vary together stay as they are.
    """
    structural = [each for each in dimensions(axes, zipped) if is_composed(each)]
    table = np.array([json.dumps(point) for point in points], object)
    table = table.reshape([size_of(each) for each in structural])
    kept_levels = {}
    for place, (axis, *others) in enumerate(structural):
        if others:
            continue
        slices = [tuple(np.ravel(part)) for part in np.moveaxis(table, place, 0)]
        kept = [level for level, part in enumerate(slices) if slices.index(part) == level]
        table = np.take(table, kept, axis=place)
        kept_levels[axis.key] = tuple(axis.levels[level] for level in kept)
    merged = [replace(axis, levels=kept_levels.get(axis.key, axis.levels)) for axis in axes]
    return merged, [json.loads(text) for text in table.ravel()]


def _notes(overrides: Sequence[ParsedAxis], grid: Grid) -> Iterator[str]:
    kept = {axis.key: len(axis.levels) for block in grid.blocks for axis in block.axes}
    for each in overrides:
        given = len(each.texts)
        if each.is_axis and kept[each.axis.key] < given:
            yield (
                f"{each.axis.key}: {given:,} levels given, {kept[each.axis.key]:,} of them "
                "different; equal levels are one point"
            )


def _seed_note(grid: Grid, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of a grid with one seed, unless its weights aren't drawn from one."""
    seeds = grid.columns["seed"].levels
    if len(seeds) > 1 or values["precision"] is not None:
        return
    try:
        component_of("init", grid.point(0)).check_further_seeds()
    except ConfigError:
        return
    (seed,) = seeds
    count = seed if isinstance(seed, int) and 2 <= seed <= MANY else 100
    many = "a hundred" if count == 100 else f"{count:,}"
    yield f"seed={seed}: one seed; range(0,{count}) gives {many}"
