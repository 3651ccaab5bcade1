"""What a sweep would do: its grid, batches, time and disk, and nothing trained or left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from xorsweep.execution.backends import is_in_process, resolve_workers, workers_of
from xorsweep.fields import Scalar, format_value
from xorsweep.grid.axes import Block, Dimension
from xorsweep.grid.grid import Grid
from xorsweep.networks.engines import load_capacity
from xorsweep.networks.planning import Batch, Plan, Rows, make_plan
from xorsweep.networks.plugins import shadowed
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.warmup import warm_up
from xorsweep.reporting.console import MOST_LINES, Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import assemble
from xorsweep.sweeps.adaptive_seeds import check_rounds, full_grid
from xorsweep.sweeps.estimate import Estimate, estimate
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.resume import open_sweep
from xorsweep.sweeps.runner import found_line, plan_line
from xorsweep.sweeps.shards import ShardPlan
from xorsweep.text import count_text, duration_text, size_text

FIRST, LAST = 5, 3
"""Points that are shown of the beginning and of the end of a grid."""
MOST_LEVELS, MOST_KEYS = 6, 6
"""Levels of an axis, and keys of a point, that have room in a line."""


def preview_sweep(request: SweepRequest, terminal: Console | None = None) -> None:
    """Say what `run_sweep` would do with this request; raises as it does."""
    terminal = terminal or Console()
    check_rounds(request.grid, request.settings.rounds)
    for note in (*request.notes, *shadowed(request.grid)):
        terminal.print(note)
    _Preview(terminal, request.settings, request.shards).show(request.grid, None)


def preview_resume(request: ResumeRequest, terminal: Console | None = None) -> None:
    """Say what `resume_sweep` would do with this request; raises as it does."""
    terminal = terminal or Console()
    opened = open_sweep(request)
    whole, damaged = list(opened.store.whole_parts()), list(opened.store.damaged())
    grid = full_grid(opened.grid, opened.settings.rounds, whole)
    found = assemble(grid, whole)
    pending = found.pending()
    for path, reason in damaged:
        terminal.print(f"{path.name} is damaged: {reason}; its points would be trained again")
    added = len(opened.grid) - opened.points_before
    failed = found.counts()["failed"]
    terminal.print(found_line(len(grid) - len(pending), len(pending), added, failed))
    if len(pending):
        _Preview(terminal, opened.settings, request.shards).show(grid, pending)


class _Preview:
    """Shows a grid on a terminal, and what training it would take."""

    def __init__(
        self, terminal: Console, settings: SweepSettings, shards: ShardPlan | None
    ) -> None:
        self._terminal = terminal
        self._settings = replace(settings, parallel=resolve_workers(settings.parallel))
        self._shards = shards

    def show(self, grid: Grid, pending: Rows | None) -> None:
        """Print the grid and the batches of its pending points, and what they would take."""
        parallel, engine = self._settings.parallel, self._settings.engine
        workers = self._shards.workers if self._shards else workers_of(parallel)
        plan = make_plan(grid, load_capacity(engine), workers, pending)
        alone = not self._shards and is_in_process(parallel, plan.net_epochs)
        workers = 1 if alone else workers
        self._terminal.print(plan_line(grid, plan, workers))
        self._show_grid(grid)
        self._terminal.table(_BATCH_HEAD, list(_batch_lines(plan.batches)))
        warm_up(plan.batches, engine, self._terminal.print)
        self._show_estimate(estimate(grid, plan, engine, workers), plan, workers)

    def _show_grid(self, grid: Grid) -> None:
        common = common_dimensions(grid.blocks)
        self._terminal.table(("axis", "levels", ""), list(_axis_lines(common)))
        if len(grid.blocks) > 1:
            self._terminal.table(("block", "of its own"), list(_block_lines(grid.blocks, common)))
        for where in dict.fromkeys(block.where for block in grid.blocks if block.where):
            self._terminal.print(f"points where not ({where}) are left out: {grid.left_out:,}")
        keys = grid.swept[:MOST_KEYS]
        self._terminal.table(("row", *keys), list(_point_lines(grid, keys)))

    def _show_estimate(self, found: Estimate, plan: Plan, workers: int) -> None:
        settings, lines = self._settings, []
        most = "at most " if any(batch.fixed["until_converged"] for batch in plan.batches) else ""
        lines.append(
            f"training: {most}about {duration_text(found.seconds)} with "
            f"{count_text(workers, 'worker')}, measured on this machine as it is now"
        )
        files = ", ".join(f"{name} {size_text(count)}" for name, count in found.sizes.items())
        lines.append(f"disk: about {size_text(sum(found.sizes.values()))} ({files})")
        if settings.report:
            lines.append("pictures and the report come on top: seconds, and a few MB")
        if settings.rounds.precision is not None:
            lines.append(
                f"precision={settings.rounds.precision}: rounds of further seeds follow this one, "
                f"up to {settings.rounds.max_seeds:,} seeds a cell"
            )
        for line in (*lines, "nothing was trained or written; leave plan=true out to run it"):
            self._terminal.print(line)


_BATCH_HEAD = ("batches", "networks", "epochs", "hidden", "task", "optimizer")


def common_dimensions(blocks: Sequence[Block]) -> list[Dimension]:
    """Return the dimensions that every block has."""
    first, *others = ([*block.dimensions] for block in blocks)
    return [each for each in first if all(each in other for other in others)]


def _axis_lines(dimensions: Sequence[Dimension]) -> Iterator[tuple[str, ...]]:
    for first, *others in dimensions:
        yield first.key, f"{len(first.levels):,}", levels_text(first.levels)
        for axis in others:
            yield axis.key, f"with {first.key}", levels_text(axis.levels)


def _block_lines(blocks: Sequence[Block], common: Sequence[Dimension]) -> Iterator[tuple[str, ...]]:
    """Yield what each block has that not every other has: its settings and its axes."""
    settings = [_settings_of(block) for block in blocks]
    for number, block in enumerate(blocks[:MOST_LINES]):
        own = settings[number].items()
        texts = [f"{k}={v}" for k, v in own if any(other.get(k) != v for other in settings)]
        for dimension in block.dimensions:
            if dimension not in common:
                texts += [f"{axis.key}={levels_text(axis.levels)}" for axis in dimension]
        yield str(number), "  ".join(texts)
    if len(blocks) > MOST_LINES:
        yield "...", f"and {len(blocks) - MOST_LINES:,} more blocks"


def _settings_of(block: Block) -> dict[str, str]:
    """Return the keys that have one value in a block, parameters of groups left out."""
    first, swept = block.bases[0], {axis.key for axis in block.axes}
    return {key: format_value(first[key]) for key in NETWORK_SCHEMA.keys if key not in swept}


def levels_text(levels: Sequence[Scalar]) -> str:
    """Return levels with commas between them, of many the first and the last."""
    if len(levels) <= MOST_LEVELS:
        return ", ".join(map(format_value, levels))
    first = ", ".join(map(format_value, levels[: MOST_LEVELS - 2]))
    return f"{first}, ..., {format_value(levels[-1])}"


def _point_lines(grid: Grid, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    count = len(grid)
    rows = range(count)
    shown_rows = rows if count <= FIRST + LAST else [*rows[:FIRST], None, *rows[-LAST:]]
    for row in shown_rows:
        if row is None:
            yield ("...",) * (len(keys) + 1)
            continue
        point = grid.point(row)
        yield f"{row:,}", *(format_value(point[key]) if key in point else "" for key in keys)


def _batch_lines(batches: Sequence[Batch]) -> Iterator[tuple[str, ...]]:
    """Yield the batches that are alike in a line, those with most work first."""
    counts: Counter[tuple[str, ...]] = Counter()
    networks: Counter[tuple[str, ...]] = Counter()
    for batch in batches:
        fixed = batch.fixed
        alike = tuple(str(fixed[key]) for key in ("hidden", "task", "optimizer"))
        alike = (f"{batch.snapshots[-1]:,}", *alike)
        counts[alike] += 1
        networks[alike] += batch.members
    for alike in list(counts)[:MOST_LINES]:
        yield f"{counts[alike]:,}", f"{networks[alike]:,}", *alike
    if len(counts) > MOST_LINES:
        left = list(counts)[MOST_LINES:]
        yield f"{sum(counts[a] for a in left):,}", f"{sum(networks[a] for a in left):,}", *_DOTS


_DOTS = ("...",) * 4
