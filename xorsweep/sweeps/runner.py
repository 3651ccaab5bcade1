"""A sweep from its grid to its report: the way of the data, one way only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from xorsweep.errors import ExecutionError
from xorsweep.execution.backends import (
    choose_executor,
    is_in_process,
    local_workers,
    resolve_workers,
    workers_of,
)
from xorsweep.execution.interface import Advance
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.execution.signals import raise_pending_interrupt
from xorsweep.experiment import Experiment, ExperimentTask, Plan, Rows
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console, count_line
from xorsweep.reporting.drawing import prepare_drawing
from xorsweep.settings import FIGURES, SweepSettings
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.manifest import GridSize, Manifest, RunRecord, describe_run, finish
from xorsweep.storage.parts import release_arrow_memory
from xorsweep.storage.paths import point_latest
from xorsweep.storage.results import StoredColumns, assemble, read_results, write_results
from xorsweep.storage.store import Store, check_unused, locked, read_manifest
from xorsweep.storage.table_writer import CSV, PARQUET
from xorsweep.storage.writer import BatchWriter
from xorsweep.sweeps.adaptive_seeds import Round, check_rounds, full_grid, latest_round
from xorsweep.sweeps.interruption import (
    mark_interrupted_on_error,
    resume_hint_on_error,
    stop_if_failed,
)
from xorsweep.sweeps.outputs import SUMMARY, map_axes, report_writer, write_tables
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.resume import open_resumed
from xorsweep.sweeps.shards import ShardPlan, remove_shards, run_in_shards
from xorsweep.text import count_text


@dataclass(frozen=True)
class SweepResult:
    """The result of a sweep: its folder, its files, and the numbers of points by status."""

    folder: Path
    counts: Mapping[str, int]
    results: Path
    summary: Path
    report: Path | None


def run_sweep(request: SweepRequest, terminal: Console | None = None) -> SweepResult:
    """Run every point of a new sweep and leave rows, tables, figures and a report in its folder.

    Raises:
        ConfigError: Rounds of further seeds don't suit the grid, or there are no workers.
        StoreError: The folder holds a sweep already or can't be written, or the sweep was to stop
            at a failure.
    """
    check_rounds(request.experiment, request.grid, request.settings.rounds)
    request.settings.figures.check_axes(request.grid.swept)
    terminal = terminal or Console.silent()
    for note in (*request.notes, *request.experiment.notes(request.grid)):
        terminal.log(note)
    settings = _with_workers(request.settings)
    if request.shards or workers_of(settings.parallel) > 1:
        request.experiment.check_portable()
    store = Store.create(request.folder, request.experiment.for_grid(request.grid))
    with locked(store.folder):
        check_unused(request.folder)  # now that no other process can start one
        run = _Run(store, request.grid, settings, request.provenance, terminal, request.shards)
        return run.run(request.documents)


def resume_sweep(request: ResumeRequest, terminal: Console | None = None) -> SweepResult:
    """Run the missing points of a sweep, with the further levels of its axes.

    Raises:
        ConfigError: The grid can't be extended so, or there are no workers.
        StoreError: The folder can't be used, or the sweep was to stop at a failure.
    """
    terminal = terminal or Console.silent()
    request = replace(request, settings=_with_workers(request.settings))
    folder = request.folder
    read_manifest(folder)  # so that nothing is put into a folder without a sweep
    with locked(folder):
        resumed = open_resumed(request)
        manifest, store = resumed.manifest, resumed.store
        if request.shards or workers_of(request.settings.parallel) > 1:
            store.experiment.check_portable()
        # Only now that the folder is held: another process could be writing them.
        store.remove_leftovers()
        remove_shards(folder)
        for line in resumed.notes:
            terminal.warn(line)
        moved = point_latest(folder) if request.is_latest else []
        notes = store.experiment.notes(resumed.grid)
        for line in (*moved, *notes, *store.quarantine_damaged_parts()):
            terminal.log(line)
        title = request.settings.title or manifest.config.get("title")
        figures = vars(resumed.settings.figures)
        config = {**request.provenance.get("config", {}), "title": title, FIGURES: figures}
        provenance = {"study": manifest.study, **request.provenance, "config": config}
        run = _Run(
            store,
            resumed.grid,
            resumed.settings,
            provenance,
            terminal,
            request.shards,
            resumed.points_before,
            (*manifest.earlier, RunRecord(**manifest.record)),
        )
        return run.run({})


def _with_workers(settings: SweepSettings) -> SweepSettings:
    return replace(settings, parallel=resolve_workers(settings.parallel))


def end_sweep(
    store: Store,
    grid: Grid,
    settings: SweepSettings,
    manifest: Manifest,
    terminal: Console,
) -> SweepResult:
    """Write the files of a finished sweep, for a grid whose points are all on disk."""
    with release_arrow_memory():
        return _Run(store, grid, settings, {}, terminal).write_outputs(manifest)


@dataclass(frozen=True)
class _Run:
    """One go at a sweep, the first or a later one; `first` is the grid of its first round."""

    store: Store
    first: Grid
    settings: SweepSettings
    provenance: Mapping[str, object]
    terminal: Console
    shards: ShardPlan | None = None
    points_before: int | None = None
    """How many points the first round had where the sweep was started earlier."""
    earlier: Sequence[RunRecord] = ()

    @property
    def workers(self) -> int:
        return self.shards.workers if self.shards else workers_of(self.settings.parallel)

    @property
    def experiment(self) -> Experiment[Any]:
        return self.store.experiment

    def run(self, documents: Mapping[str, str]) -> SweepResult:
        with resume_hint_on_error(self.store, self.terminal), release_arrow_memory():
            # Maps are drawn in this process.
            if self.settings.report and not map_axes(self.store, self.first):
                prepare_drawing(local_workers(self.settings.parallel), len(self.first))
            for name, text in documents.items():
                write_atomically(self.store.folder / name, text.encode(errors="backslashreplace"))
            return self._finish()

    def _finish(self) -> SweepResult:
        grid = self._full_grid()
        found = self.experiment.tabulate(grid, self._stored(grid))
        plan = self._plan(grid, found.pending())
        workers = workers_for(plan, self.settings.parallel, self.shards)
        manifest = describe_run(
            self.first,
            plan,
            self.experiment,
            self.settings.rounds,
            # Further rounds may have more batches than the first.
            workers if self.settings.rounds.precision is None else self.workers,
            self.provenance,
            earlier=self.earlier,
            csv=self.settings.csv,
        )
        # Before the first batch: from here on a killed sweep can be resumed.
        self.store.write_manifest(manifest)
        with mark_interrupted_on_error(self.store, manifest):
            self._announce(grid, plan, workers, found.counts()["failed"])
            warm_up = tuple(self.experiment.warm_up(plan.batches, self.terminal.warn))
            del found
        manifest = replace(manifest, warm_up=warm_up)
        with mark_interrupted_on_error(self.store, manifest):
            done = self._run_plan(plan)
            # Rows and batches of millions of points, which aren't needed any more.
            del plan
            for further in self._further_rounds():
                self.terminal.log(further.text)
                done += self._run_plan(self._plan(further.grid, further.missing))
            ended = replace(manifest, seconds=done.seconds, work=done.work)
            return self.write_outputs(ended, done)

    def write_outputs(self, manifest: Manifest, done: _Work | None = None) -> SweepResult:
        """Write the rows, the tables, the figures and the report of the points on disk."""
        grid, folder = self._full_grid(), self.store.folder
        # The parts are read anew: the results are the stored rows, not those in memory.
        stored = self._complete(grid)
        table = self.experiment.tabulate(grid, stored)
        workers = local_workers(self.settings.parallel)
        axes = map_axes(self.store, grid)
        report = self.settings.report and report_writer(
            self.store, grid, workers, axes=axes, figures=self.settings.figures
        )
        if report:
            report.begin(stored)
        with self.terminal.step("writing tables"):
            digest = write_results(grid, table, folder, self.settings.csv)
        counts = table.counts(self.experiment.statuses)
        # The rows are read again, in less memory, from the file that was just written.
        del stored, table
        size = GridSize(
            text=grid.text,
            points=len(grid),
            trajectories=done.counts.get("trajectories") if done else None,
            batches=done.batches if done else None,
        )
        finished = finish(manifest, size, counts, {PARQUET: digest})
        results = read_results(folder, self.experiment)
        page = write_tables(self.store, grid, finished, results, report or None, self.terminal)
        # Last, so that `finished` is true of every file beside it.
        self.store.write_manifest(finished)
        rows = folder / (CSV if self.settings.csv else PARQUET)
        result = SweepResult(folder, counts, rows, folder / SUMMARY, page)
        self.terminal.log(count_line(counts))
        paths = (result.results, result.summary, result.report)
        self.terminal.paths([path for path in paths if path and path.exists()])
        return result

    def _full_grid(self) -> Grid:
        parts = self.store.measurements()
        return full_grid(self.experiment, self.first, self.settings.rounds, parts)

    def _further_rounds(self) -> Iterator[Round]:
        """Yield the next round, given the points on disk, until no cell is open."""
        rounds = self.settings.rounds
        if rounds.precision is None:
            return
        number = 0
        while True:
            parts = self.store.measurements()
            latest = latest_round(self.experiment, self.first, rounds, parts)
            # The same round again would go on forever: its points can't be stored.
            if not len(latest.missing) or latest.number == number:
                return
            number = latest.number
            yield latest

    def _plan(self, grid: Grid, pending: Rows) -> Plan[Any]:
        return self.experiment.plan(grid, pending, self.workers)

    def _announce(self, grid: Grid, plan: Plan[Any], workers: int, failed: int) -> None:
        self.terminal.log_wrapped(plan_line(grid, plan, workers))
        if self.points_before is not None:
            added = len(self.first) - self.points_before
            self.terminal.log(found_line(len(grid) - plan.points, plan.points, added, failed))

    def _run_plan(self, plan: Plan[Any]) -> _Work:
        """Return the work that was done, once every batch is on disk."""
        started = perf_counter()
        with self.terminal.progress(plan.work, self.experiment.work_unit) as advance:
            self._run_batches(plan, advance)
        seconds = perf_counter() - started
        return _Work(plan.counts, len(plan.batches), plan.work, seconds)

    def _run_batches(self, plan: Plan[Any], advance: Advance) -> None:
        if self.shards:
            run_in_shards(self.store, plan.batches, self.shards, advance)
            return
        execute = choose_executor(self.settings.parallel, plan.is_quick)
        with (
            # They are left in reverse order: rows that have arrived are stored, then the workers
            # are stopped.
            closing(execute(plan.batches, ExperimentTask(self.experiment))) as finished,
            BatchWriter(self.store, advance, self.settings.write_every) as writer,
        ):
            for batch, rows in finished:
                writer.add(rows, batch.work)
                if self.settings.report:  # while others train; once, as Python caches imports
                    import_module("xorsweep.reporting.report")
                # After it was handed to the writer: the batch that failed is kept, too.
                if self.settings.on_failure == "stop":
                    stop_if_failed(rows)
                raise_pending_interrupt()

    def _stored(self, grid: Grid) -> StoredColumns:
        return assemble(grid, self.store.measurements(), self.store.folder)

    def _complete(self, grid: Grid) -> StoredColumns:
        """Return the stored columns of every point; raises ExecutionError where one is missing."""
        stored = self._stored(grid)
        if not stored.present.all():
            missing = count_text(int((~stored.present).sum()), "point is", "points are")
            raise ExecutionError(f"{missing} in none of the parts")
        return stored


@dataclass(frozen=True)
class _Work:
    """The work of one round or of several, and its time."""

    counts: Mapping[str, int]
    batches: int
    work: int
    seconds: float

    def __add__(self, other: _Work) -> _Work:
        return _Work(
            {name: count + other.counts[name] for name, count in self.counts.items()},
            self.batches + other.batches,
            self.work + other.work,
            self.seconds + other.seconds,
        )


def workers_for(plan: Plan[Any], parallel: ExecutionSettings, shards: ShardPlan | None) -> int:
    """Return how many workers can work at the batches of a plan at a time."""
    if not shards and is_in_process(parallel, bool(plan.is_quick)):
        return 1
    workers = shards.workers if shards else workers_of(parallel)
    if plan.is_quick is None:  # batches are divided as their times suggest
        return workers
    return min(workers, max(len(plan.batches), 1))


def plan_line(grid: Grid, plan: Plan[Any], workers: int) -> str:
    """Return the grid, and how it is to be run, in a line."""
    counts = {**plan.counts, "batches": len(plan.batches), "workers": workers}
    nouns = {name: _NOUNS.get(name, (name.removesuffix("s"), name)) for name in counts}
    return ", ".join(
        [grid.text, *(count_text(count, *nouns[name]) for name, count in counts.items())]
    )


_NOUNS = {"trajectories": ("training", "trainings"), "batches": ("batch", "batches")}


def found_line(reused: int, missing: int, added: int, failed: int) -> str:
    """Return a message about the points found and those that are run now."""
    if not missing:
        # Rounds of further seeds have run the points of the added levels, too.
        included = f", including the {added:,} of the added levels" if added else ""
        return f"all {count_text(reused, 'result')} finished{included}: nothing to run"
    kinds = ((added, "new"), (failed, "failed before"))
    why = ", ".join(f"{count:,} {kind}" for count, kind in kinds if count)
    found = f"found {count_text(reused, 'finished result')}, {missing:,} to run"
    return f"{found} ({why})" if why else found
