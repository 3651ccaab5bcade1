"""The preview of a sweep: its grid, batches, time and disk space. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xorsweep.execution.backends import resolve_workers, workers_of
from xorsweep.experiment import Experiment, Rows
from xorsweep.fields import Scalar
from xorsweep.grid.axes import Block, Dimension
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Schema
from xorsweep.reporting.console import MOST_LINES, Console
from xorsweep.reporting.fitting import wrap_text
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import assemble
from xorsweep.sweeps.adaptive_seeds import check_rounds, full_grid
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.resume import open_resumed
from xorsweep.sweeps.runner import found_line, plan_line, workers_for
from xorsweep.text import level_name

FIRST, LAST = 5, 3
"""Points that are shown of the beginning and of the end of a grid."""
MOST_LEVELS, MOST_KEYS = 6, 6
"""Levels of an axis, and keys of a point, that have room in a line."""


def preview_sweep(request: SweepRequest, terminal: Console | None = None) -> None:
    """Print the plan of `run_sweep` for this request; raises the same errors."""
    terminal = terminal or Console()
    experiment, grid = request.experiment, request.grid
    check_rounds(experiment, grid, request.settings.rounds)
    request.settings.figures.check_axes(grid.swept)
    for note in (*request.notes, *experiment.notes(grid)):
        terminal.print(note)
    _show(request, request.settings, experiment, grid, np.arange(len(grid)), terminal)


def preview_resume(request: ResumeRequest, terminal: Console | None = None) -> None:
    """Print the plan of `resume_sweep` for this request; raises the same errors."""
    terminal = terminal or Console()
    opened = open_resumed(request)
    experiment = opened.store.experiment
    # A resume would set the damaged ones aside, and a preview changes nothing.
    whole, damaged = list(opened.store.whole_parts()), list(opened.store.damaged())
    grid = full_grid(experiment, opened.grid, opened.settings.rounds, whole)
    found = experiment.tabulate(grid, assemble(grid, whole))
    pending = found.pending()
    for path, reason in damaged:
        terminal.print(f"{path.name} is damaged: {reason}; its points would be run again")
    for line in opened.notes:
        terminal.print(line)
    added = len(opened.grid) - opened.points_before
    failed = found.counts()["failed"]
    terminal.print(found_line(len(grid) - len(pending), len(pending), added, failed))
    if len(pending):
        _show(request, opened.settings, experiment, grid, pending, terminal)


def _show(
    request: SweepRequest | ResumeRequest,
    settings: SweepSettings,
    experiment: Experiment[Any],
    grid: Grid,
    pending: Rows,
    terminal: Console,
) -> None:
    """Print a grid, the batches of its pending points, and their cost."""
    parallel, shards = resolve_workers(settings.parallel), request.shards
    plan = experiment.plan(grid, pending, shards.workers if shards else workers_of(parallel))
    workers = workers_for(plan, parallel, shards)
    terminal.print(plan_line(grid, plan, workers), wrap_text)
    _show_grid(experiment.schema, grid, terminal)
    experiment.preview(grid, plan, workers, settings.csv, terminal)
    if settings.report:
        terminal.print("figures and the report add some seconds and a few MB")
    if settings.rounds.precision is not None:
        terminal.print(
            f"precision={settings.rounds.precision}: rounds of further seeds follow this one, "
            f"up to {settings.rounds.max_seeds:,} seeds per setting"
        )
    terminal.print("nothing was run or written; omit plan=true to run it")


def _show_grid(schema: Schema, grid: Grid, terminal: Console) -> None:
    common = common_dimensions(grid.blocks)
    terminal.table(("axis", "levels", ""), list(_axis_lines(common)))
    if len(grid.blocks) > 1:
        terminal.table(("block", "axes"), list(_block_lines(schema, grid.blocks, common)))
    for where in dict.fromkeys(block.where for block in grid.blocks if block.where):
        terminal.print(f"points excluded by where ({where}): {grid.left_out:,}")
    keys = grid.swept[:MOST_KEYS]
    terminal.table(("row", *keys), list(_point_lines(grid, keys)))


def common_dimensions(blocks: Sequence[Block]) -> list[Dimension]:
    """Return the dimensions that every block has."""
    first, *others = ([*block.dimensions] for block in blocks)
    return [each for each in first if all(each in other for other in others)]


def _axis_lines(dimensions: Sequence[Dimension]) -> Iterator[tuple[str, ...]]:
    for first, *others in dimensions:
        yield first.key, f"{len(first.levels):,}", levels_text(first.levels)
        for axis in others:
            yield axis.key, f"with {first.key}", levels_text(axis.levels)


def _block_lines(
    schema: Schema, blocks: Sequence[Block], common: Sequence[Dimension]
) -> Iterator[tuple[str, ...]]:
    """Yield the values and axes by which each block differs from others."""
    settings = [_settings_of(schema, block) for block in blocks]
    for number, block in enumerate(blocks[:MOST_LINES]):
        own = settings[number].items()
        texts = [f"{k}={v}" for k, v in own if any(other.get(k) != v for other in settings)]
        for dimension in block.dimensions:
            if dimension not in common:
                texts += [f"{axis.key}={levels_text(axis.levels)}" for axis in dimension]
        yield str(number), "  ".join(texts)
    if len(blocks) > MOST_LINES:
        yield "...", f"and {len(blocks) - MOST_LINES:,} more blocks"


def _settings_of(schema: Schema, block: Block) -> dict[str, str]:
    """Return the keys that have one value in a block, without parameters of groups."""
    first, swept = block.bases[0], {axis.key for axis in block.axes}
    return {key: level_name(first[key]) for key in schema.keys if key not in swept}


def levels_text(levels: Sequence[Scalar]) -> str:
    """Return levels with commas between them, of many the first and the last."""
    if len(levels) <= MOST_LEVELS:
        return ", ".join(map(level_name, levels))
    first = ", ".join(map(level_name, levels[: MOST_LEVELS - 2]))
    return f"{first}, ..., {level_name(levels[-1])}"


def _point_lines(grid: Grid, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    count = len(grid)
    rows = range(count)
    shown_rows = rows if count <= FIRST + LAST else [*rows[:FIRST], None, *rows[-LAST:]]
    for row in shown_rows:
        if row is None:
            yield ("...",) * (len(keys) + 1)
            continue
        point = grid.point(row)
        yield f"{row:,}", *(level_name(point[key]) if key in point else "" for key in keys)
