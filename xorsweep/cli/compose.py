"""From overrides to a grid: composed no more often than it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from xorsweep.analysis.maps import MapAxes
from xorsweep.analysis.studies.spec import read_study
from xorsweep.cli.grid_spec import GridSpec, ParsedAxis, Setting, Zipped, zipped_in
from xorsweep.cli.keys import check_known_keys
from xorsweep.errors import ConfigError, StoreError
from xorsweep.fields import fields_of
from xorsweep.fields.sections import read_fields, read_settings
from xorsweep.grid.axes import Axis, Dimension, dimensions, is_composed, size_of
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA, component_of
from xorsweep.settings import NetworkSettings, ObjectiveSettings, read_sweep
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest, provenance_of, resume_with
from xorsweep.text import format_value

MANY = 10_000
"""Seeds up to which one seed is likely to be meant as a number of them."""


@dataclass(frozen=True)
class Configuration:
    """Nested values, and the texts among them, as they were, that referred to other keys."""

    values: dict[str, Any]
    interpolated: Sequence[str] = ()


Compose = Callable[[Sequence[Any]], Configuration]
"""From settings to the configuration under just these; raises ConfigError."""


@dataclass(frozen=True)
class Composed:
    """A grid, the configuration of its first combination, and notes about it."""

    grid: Grid
    values: dict[str, Any]
    notes: tuple[str, ...]

    def request(
        self, folder: Path, command_line: Sequence[str], documents: Mapping[str, str]
    ) -> SweepRequest:
        """Return the sweep of this grid in a folder; raises ConfigError."""
        settings, experiment = read_sweep(self.values), read_experiment(self.values)
        read_study(self.values.get("study"))
        experiment.check_grid(self.grid)
        provenance = provenance_of(command_line, self.values)
        return SweepRequest(
            experiment, self.grid, settings, folder, provenance, self.notes, documents
        )


def compose_grid(compose: Compose, spec: GridSpec) -> Composed:
    """Return the grid of all blocks, one product after the other and each point once.

    Raises ConfigError for a value that isn't allowed, and where there is no point.
    """
    composed = [
        compose_block(
            compose,
            list(block.values()),
            zipped_in(spec.zipped, {key: len(each.settings) for key, each in block.items()}),
            spec.where,
        )
        for block in spec.blocks
    ]
    grid = concatenate([each.grid for each in composed])
    notes = dict.fromkeys(note for each in composed for note in each.notes)
    return Composed(grid, composed[0].values, (*notes, *_seed_note(grid, composed[0].values)))


def resume_request(
    values: Mapping[str, Any],
    given: Collection[str],
    more: Sequence[Axis],
    folder: Path,
    command_line: Sequence[str],
) -> ResumeRequest:
    """Return how to resume the sweep in a folder; raises ConfigError.

    The configuration `values` says how to run, of which the sweep's own take precedence for keys
    that aren't `given`; `more` are further levels of its axes.
    """
    check_known_keys(values)
    _refuse_objective(given, values)
    settings, experiment = read_sweep(values), _given_experiment(values, given, folder)
    provenance = provenance_of(command_line, values)
    return resume_with(folder, settings, given, more, experiment, provenance)


def _given_experiment(
    values: Mapping[str, Any], given: Collection[str], folder: Path
) -> NetworkExperiment | None:
    """Return a sweep's experiment with the settings that were given, None where none was."""
    names = ("engine", *fields_of(NetworkSettings))
    left = [name for name in names if name not in {key.split(".")[0] for key in given}]
    if len(left) == len(names):
        return None
    asked = read_experiment(values)
    try:
        recorded = open_sweep(folder).store.experiment
    except StoreError:  # it is reported when the sweep is resumed
        return asked
    if not isinstance(recorded, NetworkExperiment):
        return asked
    # Keys that aren't given have the values of the sweep, not the defaults.
    return replace(asked, **{name: getattr(recorded, name) for name in left})


def _refuse_objective(given: Collection[str], values: Mapping[str, Any]) -> None:
    """Raise ConfigError for an objective, which a sweep of ours would pass over."""
    for key, default in vars(ObjectiveSettings()).items():
        if key in given or values[key] != default:
            raise ConfigError(
                f"{key}={format_value(values[key])}: is for a single run, or for another sweeper "
                "such as hydra/sweeper=optuna; this sweep reports every objective"
            )


def read_experiment(values: Mapping[str, Any]) -> NetworkExperiment:
    """Return the experiment of a configuration; raises ConfigError."""
    settings = read_fields("", values, NetworkSettings)
    return NetworkExperiment(read_settings("engine", values, Engine), **settings)


def compose_block(
    compose: Compose,
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
    fixed = [each.settings[0] for each in overrides if not each.is_axis]
    settings = {each.axis.key: each.settings for each in overrides}
    structural = [each for each in dimensions(axes, zipped) if is_composed(each)]
    combinations = list(product(*(_settings_of(each, settings) for each in structural)))
    configs = {
        chosen: compose([*fixed, *(setting for some in chosen for setting in some)])
        # Composing takes some 45 ms, so equal combinations are composed once.
        for chosen in dict.fromkeys(combinations)
    }
    dependent = _interpolated(configs.values(), overrides)
    if dependent:
        overrides = [
            replace(each, axis=replace(each.axis, structural=True))
            if each.axis.key in dependent
            else each
            for each in overrides
        ]
        # Again, with those axes composed: their configs may refer to further ones.
        return compose_block(compose, overrides, zipped, where)
    for each in configs.values():
        check_known_keys(each.values)
        _refuse_objective([every.axis.key for every in overrides], each.values)
    read = {chosen: NETWORK_SCHEMA.read_values(each.values) for chosen, each in configs.items()}
    axes, points = merge_equal_levels(axes, [read[chosen] for chosen in combinations], zipped)
    grid = product_grid(NETWORK_SCHEMA, axes, points, zipped, where)
    return Composed(grid, configs[combinations[0]].values, tuple(_notes(overrides, grid)))


def _settings_of(
    dimension: Dimension, settings: Mapping[str, tuple[Setting, ...]]
) -> Iterator[tuple[Setting, ...]]:
    """Yield, for each level of a dimension, the settings that compose it."""
    return zip(*(settings[axis.key] for axis in dimension if axis.structural), strict=True)


def _without_repetitions(each: ParsedAxis) -> ParsedAxis:
    """Return a structural axis with each setting once; levels of others are compared when typed."""
    if not each.axis.structural:
        return each
    unique = dict(zip(each.settings, each.axis.levels, strict=True))
    axis = replace(each.axis, levels=tuple(unique.values()))
    return replace(each, axis=axis, settings=tuple(unique))


def _interpolated(configs: Iterable[Configuration], overrides: Sequence[ParsedAxis]) -> set[str]:
    """Return the value axes that an interpolation somewhere in the configuration refers to."""
    texts = {text for config in configs for text in config.interpolated}
    axes = [each.axis for each in overrides if each.is_axis and not each.axis.structural]
    return {
        axis.key
        for axis in axes
        for text in texts
        # By the last name alone, as an interpolation may be relative; one too many costs time only.
        if re.search(rf"\b{re.escape(axis.key.split('.')[-1])}\b", text)
    }


def merge_equal_levels(
    axes: Sequence[Axis], points: Sequence[Point], zipped: Zipped = ()
) -> tuple[list[Axis], list[Point]]:
    """Return structural axes without levels that compose the same points as an earlier one.

    points: one for each combination of structural dimensions, the last varying fastest. Axes that
    vary together stay as they are.
    """
    structural = [each for each in dimensions(axes, zipped) if is_composed(each)]
    # As texts, since points with 1, 1.0 and True are equal in Python, and different here.
    table = np.array([json.dumps(point) for point in points], object)
    table = table.reshape([size_of(each) for each in structural])
    kept_levels = {}
    for place, (axis, *others) in enumerate(structural):
        # Without one level of a zip, the levels of its other axes would go with others than before.
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
        given = len(each.settings)
        if each.is_axis and kept[each.axis.key] < given:
            yield (
                f"{each.axis.key}: {given:,} levels given, {kept[each.axis.key]:,} of them "
                "different; equal levels are one point"
            )


def _seed_note(grid: Grid, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note about a grid with one seed, unless its weights aren't drawn from one."""
    seeds = grid.columns["seed"].levels
    if len(seeds) > 1 or values["precision"] is not None or MapAxes.of(grid):
        return
    try:
        component_of("init", grid.point(0)).check_further_seeds()
    except ConfigError:
        return
    (seed,) = seeds
    # `seed=100` is often meant as a hundred seeds.
    count = seed if isinstance(seed, int) and 2 <= seed <= MANY else 100
    many = "a hundred" if count == 100 else f"{count:,}"
    yield f"seed={seed}: one seed; range(0,{count}) gives {many}"
