"""The cost of training the batches of a plan: time, and bytes on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.maps import MapAxes
from xorsweep.experiment import Plan
from xorsweep.grid.grid import Grid
from xorsweep.networks.engines import Engine
from xorsweep.networks.estimate import estimate
from xorsweep.networks.planning import Batch
from xorsweep.networks.warmup import warm_up
from xorsweep.reporting.console import MOST_LINES, Console
from xorsweep.storage.table_writer import CSV
from xorsweep.text import count_text, duration_text, size_text

_HEAD = ("batches", "networks", "epochs", "hidden", "task", "optimizer")


def show_preview(
    grid: Grid, plan: Plan[Batch], engine: Engine, workers: int, csv: bool, console: Console
) -> None:
    """Print the batches of a plan, and their cost on this machine.

    One batch of each kind is trained for a moment.
    """
    console.table(_HEAD, list(_batch_lines(plan.batches)))
    warm_up(plan.batches, engine, console.print)
    # A map has no summary.csv.
    cells = 0 if MapAxes.of(grid) else len(CellIndex.of_grid(grid))
    found = estimate(grid, plan, engine, workers, cells)
    # Such runs end once they converge, and nobody knows when.
    most = "at most " if any(batch.fixed["until_converged"] for batch in plan.batches) else ""
    console.print(
        f"training: {most}about {duration_text(found.seconds)} with "
        f"{count_text(workers, 'worker')}, measured on this machine under its current load"
    )
    sizes = {name: size for name, size in found.sizes.items() if csv or name != CSV}
    files = ", ".join(f"{name} {size_text(size)}" for name, size in sizes.items())
    console.print(f"disk: about {size_text(sum(sizes.values()))} ({files})")


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
    # A Counter keeps the order of the plan, which has the batches with most work first.
    for alike in list(counts)[:MOST_LINES]:
        yield f"{counts[alike]:,}", f"{networks[alike]:,}", *alike
    if len(counts) > MOST_LINES:
        left = list(counts)[MOST_LINES:]
        yield f"{sum(counts[a] for a in left):,}", f"{sum(networks[a] for a in left):,}", *_DOTS


_DOTS = ("...",) * 4
