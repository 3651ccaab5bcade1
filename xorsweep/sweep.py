"""A sweep from its grid to its report: the way of the data, one way only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from xorsweep.config import Sweep
from xorsweep.engines import load_capacity
from xorsweep.execute import choose_execute, workers_of
from xorsweep.grid import Grid
from xorsweep.manifest import describe_run, now
from xorsweep.plan import Plan, make_plan
from xorsweep.results import Assembled, assemble, read_results, write_results
from xorsweep.store import Store
from xorsweep.terminal import Terminal


@dataclass(frozen=True)
class SweepResult:
    """What a finished sweep left: its folder, its files, and how many points ended how."""

    folder: Path
    counts: Mapping[str, int]
    results: Path
    summary: Path
    report: Path | None


def run_sweep(
    grid: Grid,
    settings: Sweep,
    folder: Path,
    provenance: Mapping[str, object],
    notes: Sequence[str] = (),
    terminal: Terminal | None = None,
) -> SweepResult:
    """Train every point of the grid and leave rows, tables, pictures and a report in the folder.

    Raises StoreError where the folder holds a sweep already or can't be written.
    """
    terminal = terminal or Terminal.silent()
    store = Store.create(folder)
    plan = make_plan(grid, load_capacity(settings.engine), workers_of(settings.parallel))
    manifest = describe_run(grid, plan, settings, provenance)
    store.write_manifest(manifest)
    _announce(terminal, grid, plan, settings, notes)
    started = perf_counter()
    _train(plan, settings, store, terminal)
    seconds = perf_counter() - started
    assembled = assemble(grid, store.parts())
    write_results(grid, assembled, folder)
    manifest |= {
        "state": "finished",
        "finished": now(),
        "seconds": seconds,
        "net_epochs": plan.net_epochs,
        "throughput": plan.net_epochs / seconds,
        "counts": assembled.counts(),
    }
    store.write_manifest(manifest)
    report = _tables_and_report(store, grid, settings, manifest, terminal)
    result = SweepResult(
        folder, assembled.counts(), folder / "results.csv", folder / "summary.csv", report
    )
    _conclude(terminal, result)
    return result


def _announce(
    terminal: Terminal, grid: Grid, plan: Plan, settings: Sweep, notes: Sequence[str]
) -> None:
    for note in notes:
        terminal.say(note)
    workers = workers_of(settings.parallel)
    parts = [
        grid.text,
        f"{plan.trajectories:,} {_plural('trajectory', plan.trajectories)}",
        f"{len(plan.batches):,} {_plural('batch', len(plan.batches))}",
        f"{workers} {_plural('worker', workers)}",
    ]
    terminal.say(", ".join(parts))


def _plural(word: str, count: int) -> str:
    plurals = {"trajectory": "trajectories", "batch": "batches"}
    return word if count == 1 else plurals.get(word, f"{word}s")


def _train(plan: Plan, settings: Sweep, store: Store, terminal: Terminal) -> None:
    execute = choose_execute(settings.parallel, plan.net_epochs)
    with terminal.progress(plan.net_epochs) as advance:
        for batch, rows in execute(plan.batches, settings.engine):
            store.add(rows)
            advance(batch.net_epochs)


def _tables_and_report(
    store: Store,
    grid: Grid,
    settings: Sweep,
    manifest: Mapping[str, Any],
    terminal: Terminal,
) -> Path | None:
    # pandas, seaborn and what comes with them are imported here, once there are rows to show.
    from xorsweep.summary import summarise

    results = read_results(store.folder)
    summary = summarise(results)
    summary.to_csv(store.folder / "summary.csv", index=False)
    terminal.rates(summary, [axis.key for axis in grid.axes])
    if not settings.report:
        return None
    from xorsweep.report import make_report

    return make_report(store.folder, manifest, results, summary, read_courses(grid, store.parts()))


def _conclude(terminal: Terminal, result: SweepResult) -> None:
    counts = result.counts
    terminal.paths([path for path in (result.results, result.summary, result.report) if path])
    terminal.say(
        f"planned {counts['planned']:,} = ok {counts['ok']:,} + diverged {counts['diverged']:,} "
        f"+ failed {counts['failed']:,}"
    )
