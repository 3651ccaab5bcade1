"""What the sweeper does: overrides to axes, axes to a grid, the grid to a sweep."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Override,
    OverrideType,
    QuotedString,
    RangeSweep,
    Transformer,
)
from hydra.core.utils import configure_log
from hydra.errors import ConfigCompositionException
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.xorsweep_grid._shards import chosen_launch
from xorsweep.config import (
    GROUPS,
    PLAIN,
    Point,
    read_point,
    read_sweep,
    refuse_unknown_keys,
)
from xorsweep.execute import settled
from xorsweep.folders import make_free_folder, named_folder, point_latest
from xorsweep.grid import Axis, Grid, concatenated, product_grid, refuse_too_large
from xorsweep.hydra_config import (
    RUN_KEYS,
    check_overrides,
    interpolated_texts,
    plain,
)
from xorsweep.orchestrator import SweepResult, resume_sweep, run_sweep
from xorsweep.rounds import check_rounds
from xorsweep.rules import ConfigError, shown
from xorsweep.shards import Launch, sharded
from xorsweep.store import StoreError, read_manifest, refuse_used
from xorsweep.studies import read_study
from xorsweep.terminal import Terminal

FAILED = 1
PARAMS = "hydra.sweeper.params"
BLOCKS = "hydra.sweeper.blocks"
_BLOCKS_ALLOWED = (
    "must be a list of blocks, each of keys and their levels, such as "
    '[{optimizer: sgd, lr: "0.5,2"}, {optimizer: momentum, lr: "0.1,0.5"}]'
)


def run(
    context: HydraContext,
    config: DictConfig,
    params: Mapping[str, Any],
    blocks: object,
    arguments: list[str],
) -> SweepResult:
    """Run the sweep and return what it left; ends the program with 1 where points failed."""
    try:
        result = _run(context, config, params, blocks, arguments)
    except (ConfigError, StoreError) as error:
        # Hydra prints an exception of this class, in whatever program, without a traceback.
        raise ConfigCompositionException(str(error)) from error
    if result.counts["failed"]:
        sys.exit(FAILED)
    return result


def _run(
    context: HydraContext,
    config: DictConfig,
    params: Mapping[str, Any],
    blocks: object,
    arguments: list[str],
) -> SweepResult:
    loader, launch = context.config_loader, chosen_launch(context, config)
    given = parsed(loader, arguments)
    resumed = given.pop("resume", None)
    if resumed is not None and resumed.value() is not None:
        return _resume(loader, config, named_folder(str(resumed.value())), given, launch)
    composed = compose_blocks(loader, config, read_blocks(loader, params, blocks, given))
    settings = read_sweep(composed.values)
    shards = sharded(settings, launch) if launch else None
    settled(settings.parallel)  # before there is a folder
    check_rounds(composed.grid, settings.rounds)
    read_study(composed.values.get("study"))
    folder = _fresh_folder(config)
    _log_into(folder, config)
    point_latest(folder)
    provenance = _provenance(composed.values)
    documents = {"multirun.yaml": OmegaConf.to_yaml(config)}
    return run_sweep(
        composed.grid, settings, folder, provenance, composed.notes, Terminal(), shards, documents
    )


def _resume(
    loader: ConfigLoader,
    config: DictConfig,
    folder: Path,
    given: Mapping[str, Override],
    launch: Launch | None,
) -> SweepResult:
    """Go on with a sweep: what names a point extends its grid, the rest says how to run."""
    about_points = {key: each for key, each in given.items() if _is_point_key(key)}
    others = [each.input_line for key, each in given.items() if key not in about_points]
    values = plain(loader.load_sweep_config(config, [line for line in others if line]))
    more = [swept(each).axis for each in about_points.values()]
    settings = read_sweep(values)
    shards = sharded(settings, launch) if launch else None
    read_manifest(folder)  # so that nothing is put into a folder without a sweep
    _log_into(folder, config)
    rounds = {key: value for key, value in asdict(settings.rounds).items() if key in given}
    keep_engine = not any(key.split(".")[0] == "engine" for key in given)
    provenance = _provenance(values)
    return resume_sweep(folder, settings, more, provenance, Terminal(), rounds, shards, keep_engine)


@dataclass(frozen=True)
class Swept:
    """An override: its axis, the text that sets each level, whether it has levels at all."""

    axis: Axis
    texts: tuple[str, ...]
    is_axis: bool


@dataclass(frozen=True)
class Composed:
    """A grid, the configuration of its first combination, and what is to be said about it."""

    grid: Grid
    values: dict[str, Any]
    notes: tuple[str, ...]


def parsed(loader: ConfigLoader, lines: Sequence[str]) -> dict[str, Override]:
    """Return overrides by key, without the prefix; raises ConfigError for what can't be meant."""
    check_overrides(lines)
    overrides = OverridesParser.create(config_loader=loader).parse_overrides(list(lines))
    return {override.key_or_group: override for override in overrides}


Overrides = Mapping[str, Override]
"""Overrides by key, without the prefix."""


def read_blocks(
    loader: ConfigLoader, params: Mapping[str, Any], blocks: object, given: Overrides
) -> list[Overrides]:
    """Return the overrides of each block: `params`, over them the block's own, over those `given`.

    Without blocks there is one product, that of `params`. Raises ConfigError.
    """
    common = parsed(loader, _lines(PARAMS, params))
    if blocks is None:
        return [{**common, **given}]
    if not isinstance(blocks, Sequence) or isinstance(blocks, str) or not blocks:
        raise ConfigError(f"{BLOCKS}={blocks}: {_BLOCKS_ALLOWED}")
    return [
        {**common, **_read_block(loader, f"{BLOCKS}[{place}]", block), **given}
        for place, block in enumerate(blocks)
    ]


def _read_block(loader: ConfigLoader, where: str, block: object) -> Overrides:
    if not isinstance(block, Mapping):
        raise ConfigError(f"{where}={block}: {_BLOCKS_ALLOWED}")
    lines = _lines(where, block)
    try:
        overrides = parsed(loader, lines)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    for key in overrides:
        if not _is_point_key(key):
            raise ConfigError(
                f"{where}.{key}: says how to run and not what to train, so it can't differ from "
                "one block to another"
            )
    return overrides


def _lines(where: str, params: Mapping[Any, Any]) -> list[str]:
    for key, levels in params.items():
        if isinstance(levels, str | int | float | bool):
            continue
        if isinstance(levels, Sequence):
            listed = ",".join(str(level) for level in levels)
            raise ConfigError(
                f"{where}.{key}={levels}: a YAML list is one value and no axis; "
                f"write {key}: {listed}"
            )
        raise ConfigError(
            f"{where}.{key}={shown(levels)}: must be levels, such as 1,2 or one value"
        )
    return [f"{key}={shown(levels)}" for key, levels in params.items()]


def level_count(override: Override) -> int:
    """Return how many levels an override has, without making them."""
    found = override.value()
    if isinstance(found, ChoiceSweep):
        return len(found.list)
    if not isinstance(found, RangeSweep):
        return 1
    assert found.start is not None
    assert found.stop is not None
    return max(0, ceil((found.stop - found.start) / found.step))


def swept(override: Override) -> Swept:
    """Return an override as an axis; raises ConfigError where it has no levels."""
    key, element = override.key_or_group, override.get_key_element()
    if not override.is_sweep_override():
        text = override.input_line or ""
        return Swept(Axis(key, (_level(override.value()),)), (text,), False)
    if not _is_point_key(key):
        raise ConfigError(f"{key}: says how to run and not what to train, so it can't be swept")
    if not override.is_discrete_sweep():
        raise ConfigError(
            f"{override.input_line}: an interval has no levels; "
            f"use {key}=a,b,c or {key}=range(start,stop,step)"
        )
    values = list(override.sweep_iterator())  # once: shuffle() differs the next time
    if not values:
        raise ConfigError(f"{override.input_line}: this axis has no levels")
    texts = tuple(f"{element}={Transformer.encode(value)}" for value in values)
    levels = tuple(_level(value) for value in values)
    return Swept(Axis(key, levels, _is_structural(override, texts)), texts, True)


def _level(value: Any) -> Any:
    return value.text if isinstance(value, QuotedString) else value


def _is_structural(override: Override, texts: Sequence[str]) -> bool:
    """Tell whether the levels have to be composed: anything but values of a known key."""
    return (
        override.type is not OverrideType.CHANGE
        or override.key_or_group in GROUPS
        or any(mark in text for text in texts for mark in ("${", "[", "{"))
    )


def _is_point_key(key: str) -> bool:
    return key in PLAIN or key.split(".")[0] in GROUPS


def compose_blocks(
    loader: ConfigLoader, config: DictConfig, blocks: Sequence[Overrides]
) -> Composed:
    """Return the grid of all blocks, one product after the other and each point once."""
    refuse_too_large(*({key: level_count(each) for key, each in block.items()} for block in blocks))
    composed = [
        compose_grid(loader, config, [swept(each) for each in block.values()]) for block in blocks
    ]
    grid = concatenated([each.grid for each in composed])
    notes = dict.fromkeys(note for each in composed for note in each.notes)
    return Composed(grid, composed[0].values, tuple(notes))


def compose_grid(loader: ConfigLoader, config: DictConfig, overrides: Sequence[Swept]) -> Composed:
    """Return the grid: composed once per combination of structural levels, the rest as columns.

    Raises ConfigError for a value that isn't allowed.
    """
    overrides = [_without_repetitions(each) for each in overrides]
    structural = [each for each in overrides if each.is_axis and each.axis.structural]
    fixed = [each.texts[0] for each in overrides if not each.is_axis]
    configs = [
        loader.load_sweep_config(config, [*fixed, *texts])
        for texts in product(*(each.texts for each in structural))
    ]
    dependent = _interpolated(configs, overrides)
    if dependent:
        return compose_grid(loader, config, [_composed_too(each, dependent) for each in overrides])
    values = [plain(each) for each in configs]
    for each in values:
        refuse_unknown_keys(each, RUN_KEYS)
    points = [read_point(each) for each in values]
    axes = [each.axis for each in overrides if each.is_axis]
    axes, points = merge_equal_levels(axes, points)
    grid = product_grid(axes, points)
    return Composed(grid, values[0], tuple(_notes(overrides, grid)))


def _without_repetitions(each: Swept) -> Swept:
    """Return a structural axis with each text once; levels of others are compared when typed."""
    if not each.axis.structural:
        return each
    unique = dict(zip(each.texts, each.axis.levels, strict=True))
    axis = replace(each.axis, levels=tuple(unique.values()))
    return replace(each, axis=axis, texts=tuple(unique))


def _interpolated(configs: Sequence[DictConfig], overrides: Sequence[Swept]) -> set[str]:
    """Return the value axes that an interpolation somewhere in the configuration refers to."""
    texts = {text for config in configs for text in interpolated_texts(config)}
    axes = [each.axis for each in overrides if each.is_axis and not each.axis.structural]
    return {
        axis.key
        for axis in axes
        for text in texts
        if re.search(rf"\b{re.escape(axis.key.split('.')[-1])}\b", text)
    }


def _composed_too(each: Swept, keys: set[str]) -> Swept:
    return (
        replace(each, axis=replace(each.axis, structural=True)) if each.axis.key in keys else each
    )


def merge_equal_levels(
    axes: Sequence[Axis], points: Sequence[Point]
) -> tuple[list[Axis], list[Point]]:
    """Return structural axes without levels that compose the same points as an earlier one.

    points: one for each combination of structural levels, the last axis varying fastest.
    """
    structural = [axis for axis in axes if axis.structural]
    table = np.array([json.dumps(point) for point in points], object)
    table = table.reshape([len(axis.levels) for axis in structural])
    kept_levels = {}
    for place, axis in enumerate(structural):
        slices = [tuple(np.ravel(part)) for part in np.moveaxis(table, place, 0)]
        kept = [level for level, part in enumerate(slices) if slices.index(part) == level]
        table = np.take(table, kept, axis=place)
        kept_levels[axis.key] = tuple(axis.levels[level] for level in kept)
    merged = [replace(axis, levels=kept_levels.get(axis.key, axis.levels)) for axis in axes]
    return merged, [json.loads(text) for text in table.ravel()]


def _notes(overrides: Sequence[Swept], grid: Grid) -> Iterator[str]:
    kept = {axis.key: len(axis.levels) for block in grid.blocks for axis in block.axes}
    for each in overrides:
        given = len(each.texts)
        if each.is_axis and kept[each.axis.key] < given:
            yield (
                f"{each.axis.key}: {given:,} levels given, {kept[each.axis.key]:,} of them "
                "different; equal levels are one point"
            )


def _fresh_folder(config: DictConfig) -> Path:
    """Return the sweep's folder, made and empty of other sweeps."""
    folder = Path(config.hydra.sweep.dir)
    named = any(line.startswith("hydra.sweep.dir=") for line in config.hydra.overrides.hydra)
    if named:
        refuse_used(folder)
    try:
        if named:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = make_free_folder(folder)
    except OSError as error:
        raise ConfigError(
            f"hydra.sweep.dir={folder}: can't be written ({error.strerror})"
        ) from None
    return folder


def _log_into(folder: Path, config: DictConfig) -> None:
    """Let the log of the whole sweep go into its folder."""
    config = config.copy()
    with open_dict(config):
        config.hydra.runtime.output_dir = str(folder.absolute())
    HydraConfig.instance().set_config(config)
    try:
        configure_log(config.hydra.job_logging, config.hydra.verbose)
    except ValueError as error:  # what logging makes of an OSError
        raise StoreError(f"{folder} can't be written: {error.__cause__ or error}") from None


def _provenance(values: Mapping[str, Any]) -> dict[str, object]:
    command = ["python", "-m", "xorsweep", *sys.argv[1:]]
    study = {"study": values["study"]} if "study" in values else {}
    config = {key: value for key, value in values.items() if key not in study}
    return {"command_line": command, "config": config, **study}
