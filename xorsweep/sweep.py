"""A sweep from its grid to its report: the way of the data, one way only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from xorsweep.config import Sweep
from xorsweep.engines import load_capacity
from xorsweep.execute import choose_execute, is_in_process, settled, workers_of
from xorsweep.execute.contract import ExecuteError
from xorsweep.grid import Axis, Grid, extended
from xorsweep.manifest import describe_run, now
from xorsweep.parts import memory_given_back
from xorsweep.plan import Plan, make_plan
from xorsweep.prepare import prepare
from xorsweep.results import assemble, read_courses, read_results, write_results
from xorsweep.shards import Sharded, train_in_shards
from xorsweep.store import Store, StoreError
from xorsweep.terminal import Advance, Terminal, count_line


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
    sharded: Sharded | None = None,
) -> SweepResult:
    """Train every point of the grid and leave rows, tables, pictures and a report in the folder.

    `provenance` goes into the manifest as it is; `notes` are said before the sweep begins; where
    the sweep is `sharded`, that says where batches are trained, and not `settings`. Raises
    StoreError where the folder holds a sweep already or can't be written, ConfigError where there
    are no workers to be had.
    """
    terminal = terminal or Terminal.silent()
    for note in notes:
        terminal.say(note)
    settings = replace(settings, parallel=settled(settings.parallel))
    store = Store.create(folder, settings.engine)
    with store.locked():
        return _Run(store, grid, settings, provenance, terminal, sharded).finish()


def resume_sweep(
    folder: Path,
    settings: Sweep,
    more: Sequence[Axis],
    provenance: Mapping[str, object],
    terminal: Terminal | None = None,
    sharded: Sharded | None = None,
) -> SweepResult:
    """Train what a sweep's folder lacks, with further levels of its axes where `more` has any.

    `sharded` as in `run_sweep`. Raises StoreError where the folder can't be used, ConfigError
    where the grid can't be extended or there are no workers to be had.
    """
    terminal = terminal or Terminal.silent()
    store, grid, manifest = Store.open(folder)
    if settings.engine != store.engine:
        raise StoreError(
            f"{settings.engine}: {folder} was trained with {store.engine}, and a sweep never "
            "mixes engines; resume it with the same, or start another sweep"
        )
    settings = replace(settings, parallel=settled(settings.parallel))
    if more:
        grid = extended(grid, more)
    with store.locked():
        for line in store.set_aside_damaged():
            terminal.say(line)
        earlier = [*manifest.get("earlier", []), _one_run(manifest)]
        provenance = {**provenance, "earlier": earlier}
        return _Run(store, grid, settings, provenance, terminal, sharded).finish()


def _one_run(manifest: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("command_line", "started", "finished", "seconds", "state", "git", "versions")
    return {key: manifest[key] for key in kept if key in manifest}


@dataclass(frozen=True)
class _Run:
    """One go at a sweep, the first or a later one."""

    store: Store
    grid: Grid
    settings: Sweep
    provenance: Mapping[str, object]
    terminal: Terminal
    sharded: Sharded | None

    @property
    def workers(self) -> int:
        return self.sharded.workers if self.sharded else workers_of(self.settings.parallel)

    def finish(self) -> SweepResult:
        with memory_given_back():
            return self._finish()

    def _finish(self) -> SweepResult:
        plan = self._plan(assemble(self.grid, self.store.parts()).pending())
        manifest = describe_run(
            self.grid, plan, self.settings.engine, self.workers, self.provenance
        )
        self.store.write_manifest(manifest)
        self._announce(plan)
        manifest["left_to_numpy"] = prepare(plan.batches, self.settings.engine, self.terminal.say)
        seconds = self._train(plan)
        counts = self._write_rows()
        manifest |= _measured(plan, seconds, counts)
        report = self._show(manifest)
        self.store.write_manifest(manifest)
        return self._conclude(counts, report)

    def _plan(self, pending: Any) -> Plan:
        capacity = load_capacity(self.settings.engine)
        return make_plan(self.grid, capacity, self.workers, pending)

    def _announce(self, plan: Plan) -> None:
        alone = not self.sharded and is_in_process(self.settings.parallel, plan.net_epochs)
        workers = 1 if alone else self.workers
        parts = [
            self.grid.text,
            _count(plan.trajectories, "trajectory", "trajectories"),
            _count(len(plan.batches), "batch", "batches"),
            _count(workers, "worker", "workers"),
        ]
        self.terminal.say(", ".join(parts))
        if plan.points < len(self.grid):
            reused = len(self.grid) - plan.points
            self.terminal.say(
                f"found {reused:,} finished points, which are reused; "
                f"{plan.points:,} are trained now"
            )

    def _train(self, plan: Plan) -> float:
        """Return the seconds it took until every batch was on disk."""
        started = perf_counter()
        with self.terminal.progress(plan.net_epochs) as advance:
            try:
                self._train_batches(plan, advance)
            except ExecuteError as error:
                raise StoreError(f"{error}; {self._how_to_go_on()}") from error
        return perf_counter() - started

    def _train_batches(self, plan: Plan, advance: Advance) -> None:
        if self.sharded:
            train_in_shards(self.store, plan.batches, self.sharded, advance)
            return
        execute = choose_execute(self.settings.parallel, plan.net_epochs)
        for batch, rows in execute(plan.batches, self.settings.engine):
            self._keep(rows)
            advance(batch.net_epochs)

    def _how_to_go_on(self) -> str:
        folder = self.store.folder
        return f"the batches that were finished before are kept, go on with resume={folder}"

    def _keep(self, rows: Any) -> None:
        try:
            self.store.add(rows)
        except OSError as error:
            raise StoreError(
                f"{self.store.folder} can't be written: {error.strerror}; {self._how_to_go_on()}"
            ) from None

    def _write_rows(self) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        assembled = assemble(self.grid, self.store.parts())
        if not assembled.present.all():
            missing = _count(int((~assembled.present).sum()), "point is", "points are")
            raise StoreError(f"{missing} in none of the parts; {self._how_to_go_on()}")
        write_results(self.grid, assembled, self.store.folder)
        return assembled.counts()

    def _show(self, manifest: Mapping[str, Any]) -> Path | None:
        # pandas, SciPy and seaborn are imported here, once there are rows to show.
        from xorsweep.summary import summarise, swept_columns

        folder = self.store.folder
        results = read_results(folder)
        summary = summarise(results)
        summary.to_csv(folder / "summary.csv", index=False)
        self.terminal.rates(summary, swept_columns(summary))
        if not self.settings.report:
            return None
        from xorsweep.report import make_report

        return make_report(
            folder,
            manifest,
            results,
            summary,
            lambda cells: read_courses(self.grid, self.store.parts(), cells),
        )

    def _conclude(self, counts: Mapping[str, int], report: Path | None) -> SweepResult:
        folder = self.store.folder
        result = SweepResult(folder, counts, folder / "results.csv", folder / "summary.csv", report)
        paths = (result.results, result.summary, result.report)
        self.terminal.paths([path for path in paths if path])
        self.terminal.say(count_line(counts))
        return result


def _measured(plan: Plan, seconds: float, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "state": "finished",
        "finished": now(),
        "seconds": seconds,
        "net_epochs": plan.net_epochs,
        "throughput": plan.net_epochs / seconds,
        "counts": dict(counts),
    }


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
