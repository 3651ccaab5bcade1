"""A sweep from its grid to its report: the way of the data, one way only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.analysis.studies.spec import read_study
from xorsweep.errors import ExecutionError
from xorsweep.execution.backends import (
    choose_executor,
    is_in_process,
    local_workers,
    resolve_workers,
    workers_of,
)
from xorsweep.execution.interface import Advance
from xorsweep.execution.signals import raise_pending_interrupt
from xorsweep.grid.grid import Grid
from xorsweep.networks.engines import load_capacity
from xorsweep.networks.planning import Plan, make_plan
from xorsweep.networks.plugins import extensions_of, shadowed
from xorsweep.networks.trainer import Trainer
from xorsweep.networks.warmup import warm_up
from xorsweep.reporting.console import Console, count_line
from xorsweep.settings import SweepSettings
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.manifest import (
    FinishedManifest,
    GridSize,
    Manifest,
    RunRecord,
    describe_run,
    finish,
    input_notes,
)
from xorsweep.storage.parts import release_arrow_memory
from xorsweep.storage.results import ResultColumns, assemble, read_results, write_results
from xorsweep.storage.store import Store, check_unused, locked, read_manifest
from xorsweep.storage.table_writer import PARQUET
from xorsweep.storage.writer import BatchWriter
from xorsweep.sweeps.adaptive_seeds import Round, check_rounds, full_grid, latest_round
from xorsweep.sweeps.interruption import (
    mark_interrupted_on_error,
    resume_hint_on_error,
    stop_if_failed,
)
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.resume import open_sweep
from xorsweep.sweeps.shards import ShardPlan, remove_shards, train_in_shards
from xorsweep.text import count_text

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.report import Report
    from xorsweep.reporting.run_drawings import Drawing


@dataclass(frozen=True)
class SweepResult:
    """What a finished sweep left: its folder, its files, and how many points ended how."""

    folder: Path
    counts: Mapping[str, int]
    results: Path
    summary: Path
    report: Path | None


def run_sweep(request: SweepRequest, terminal: Console | None = None) -> SweepResult:
    """Train every point of a new sweep and leave rows, tables, pictures and a report in its folder.

    Raises:
        ConfigError: Rounds of further seeds don't suit the grid, or there are no workers.
        StoreError: The folder holds a sweep already or can't be written, or the sweep was to stop
            at a failure.
    """
    check_rounds(request.grid, request.settings.rounds)
    terminal = terminal or Console.silent()
    for note in (*request.notes, *shadowed(request.grid)):
        terminal.log(note)
    settings = _with_workers(request.settings)
    store = Store.create(request.folder, settings.engine)
    with store.locked():
        check_unused(request.folder)  # now that no other process can begin one
        run = _Run(store, request.grid, settings, request.provenance, terminal, request.shards)
        return run.run(request.documents)


def resume_sweep(request: ResumeRequest, terminal: Console | None = None) -> SweepResult:
    """Train what a sweep's folder lacks, with the further levels of its axes.

    Raises:
        ConfigError: The grid can't be extended so, or there are no workers.
        StoreError: The folder can't be used, or the sweep was to stop at a failure.
    """
    terminal = terminal or Console.silent()
    request = replace(request, settings=_with_workers(request.settings))
    folder = request.folder
    read_manifest(folder)  # so that nothing is put into a folder without a sweep
    with locked(folder):
        opened = open_sweep(request)
        manifest = opened.manifest
        read_study(manifest.study)
        opened.store.remove_leftovers()
        remove_shards(folder)
        for line in (*input_notes(opened.grid), *opened.store.quarantine_damaged_parts()):
            terminal.log(line)
        provenance = {"study": manifest.study, **request.provenance}
        run = _Run(
            opened.store,
            opened.grid,
            opened.settings,
            provenance,
            terminal,
            request.shards,
            opened.points_before,
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
    """Leave what a finished sweep leaves, for a grid whose points are all on disk."""
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
    def trainer(self) -> Trainer:
        return Trainer(self.settings.engine, extensions_of(self.first))

    def run(self, documents: Mapping[str, str]) -> SweepResult:
        with resume_hint_on_error(self.store, self.terminal), release_arrow_memory():
            for name, text in documents.items():
                write_atomically(self.store.folder / name, text.encode(errors="backslashreplace"))
            return self._finish()

    def _finish(self) -> SweepResult:
        grid = self._full_grid()
        found = assemble(grid, self.store.measurements())
        plan = self._plan(grid, found.pending())
        manifest = describe_run(
            self.first, plan, self.settings, self.workers, self.provenance, earlier=self.earlier
        )
        self.store.write_manifest(manifest)
        with mark_interrupted_on_error(self.store, manifest):
            self._announce(grid, plan, found.counts()["failed"])
            engine = self.settings.engine
            left_to_numpy = tuple(warm_up(plan.batches, engine, self.terminal.warn))
            del found
        manifest = replace(manifest, left_to_numpy=left_to_numpy)
        with mark_interrupted_on_error(self.store, manifest):
            done = self._train(plan)
            del plan
            for further in self._further_rounds():
                self.terminal.log(further.text)
                done += self._train(self._plan(further.grid, further.missing))
            trained = replace(manifest, seconds=done.seconds, net_epochs=done.net_epochs)
            return self.write_outputs(trained, done)

    def write_outputs(self, manifest: Manifest, done: _Work | None = None) -> SweepResult:
        """Leave the rows, the tables, the pictures and the report of what is on disk."""
        grid = self._full_grid()
        assembled = self._assembled(grid)
        drawing = self._begin_drawing(grid, assembled) if self.settings.report else None
        digest = write_results(grid, assembled, self.store.folder)
        counts = assembled.counts()
        del assembled
        size = GridSize(
            text=grid.text,
            points=len(grid),
            trajectories=done.trajectories if done else None,
            batches=done.batches if done else None,
        )
        finished = finish(manifest, size, counts, {PARQUET: digest})
        report = self._show(grid, finished, drawing)
        self.store.write_manifest(finished)
        return self._conclude(counts, report)

    def _full_grid(self) -> Grid:
        return full_grid(self.first, self.settings.rounds, self.store.measurements())

    def _further_rounds(self) -> Iterator[Round]:
        """Yield each round that what is on disk asks for, until no cell is open."""
        if self.settings.rounds.precision is None:
            return
        number = 0
        while True:
            latest = latest_round(self.first, self.settings.rounds, self.store.measurements())
            if not len(latest.missing) or latest.number == number:
                return
            number = latest.number
            yield latest

    def _plan(self, grid: Grid, pending: Any) -> Plan:
        capacity = load_capacity(self.settings.engine)
        return make_plan(grid, capacity, self.workers, pending)

    def _announce(self, grid: Grid, plan: Plan, failed: int) -> None:
        alone = not self.shards and is_in_process(self.settings.parallel, plan.net_epochs)
        self.terminal.log(plan_line(grid, plan, 1 if alone else self.workers))
        if self.points_before is not None:
            added = len(self.first) - self.points_before
            self.terminal.log(found_line(len(grid) - plan.points, plan.points, added, failed))

    def _train(self, plan: Plan) -> _Work:
        """Return the work that was done, once every batch is on disk."""
        started = perf_counter()
        with self.terminal.progress(plan.net_epochs) as advance:
            self._train_batches(plan, advance)
        seconds = perf_counter() - started
        return _Work(plan.trajectories, len(plan.batches), plan.net_epochs, seconds)

    def _train_batches(self, plan: Plan, advance: Advance) -> None:
        if self.shards:
            train_in_shards(self.store, plan.batches, self.trainer, self.shards, advance)
            return
        execute = choose_executor(self.settings.parallel, plan.net_epochs)
        with (
            closing(execute(plan.batches, self.trainer)) as finished,
            BatchWriter(self.store, advance) as commit,
        ):
            for batch, rows in finished:
                commit.add(rows, batch.net_epochs)
                if self.settings.on_failure == "stop":
                    stop_if_failed(rows)
                raise_pending_interrupt()

    def _assembled(self, grid: Grid) -> ResultColumns:
        """Return what became of every point; raises ExecutionError where one is missing."""
        assembled = assemble(grid, self.store.measurements())
        if not assembled.present.all():
            missing = count_text(int((~assembled.present).sum()), "point is", "points are")
            raise ExecutionError(f"{missing} in none of the parts")
        return assembled

    def _begin_drawing(self, grid: Grid, assembled: ResultColumns) -> Drawing:
        """Begin to draw what a report needs the parts for, while rows are written and summed up."""
        from xorsweep.reporting.run_drawings import submit_run_drawings

        workers = local_workers(self.settings.parallel)
        return submit_run_drawings(grid, assembled, self.store.parts(), workers)

    def _show(self, grid: Grid, manifest: FinishedManifest, drawing: Drawing | None) -> Path | None:
        # pandas, SciPy and seaborn are imported here, once there are rows to show.
        from xorsweep.analysis.export import failures_of, write_comparisons, write_summary
        from xorsweep.analysis.studies.verdicts import verdicts
        from xorsweep.analysis.summary import point_columns, swept_columns

        folder = self.store.folder
        results = read_results(folder)
        summary = write_summary(results, folder)
        report = drawing and self._begin_report(grid, manifest, results, summary, drawing)
        comparisons = write_comparisons(results, folder)
        self.terminal.rates(summary, swept_columns(summary))
        self.terminal.failures(failures_of(results, point_columns(results)))
        if study := read_study(manifest.study):
            self.terminal.verdicts(study, verdicts(study, results))
        return report(comparisons) if report else None

    def _begin_report(
        self,
        grid: Grid,
        manifest: FinishedManifest,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        drawing: Drawing,
    ) -> Report:
        """Begin to draw the pictures, which takes longest, while everything else is made."""
        from xorsweep.reporting.figures.catalog import FIGURES, submit_figures
        from xorsweep.reporting.figures.data import Tables
        from xorsweep.reporting.report import Report

        folder, workers = self.store.folder, local_workers(self.settings.parallel)
        tables = Tables.of(results, summary, LearningCurves(grid, self.store))
        figures = submit_figures(tables, folder / FIGURES, workers)
        return Report(folder, manifest, tables, figures, drawing)

    def _conclude(self, counts: Mapping[str, int], report: Path | None) -> SweepResult:
        folder = self.store.folder
        result = SweepResult(folder, counts, folder / "results.csv", folder / "summary.csv", report)
        paths = (result.results, result.summary, result.report)
        self.terminal.paths([path for path in paths if path])
        self.terminal.log(count_line(counts))
        return result


@dataclass(frozen=True)
class _Work:
    """What was trained in one round or in several, and how long it took."""

    trajectories: int
    batches: int
    net_epochs: int
    seconds: float

    def __add__(self, other: _Work) -> _Work:
        return _Work(
            self.trajectories + other.trajectories,
            self.batches + other.batches,
            self.net_epochs + other.net_epochs,
            self.seconds + other.seconds,
        )


def plan_line(grid: Grid, plan: Plan, workers: int) -> str:
    """Return the grid, and how it is to be trained, in a line."""
    parts = [
        grid.text,
        count_text(plan.trajectories, "trajectory", "trajectories"),
        count_text(len(plan.batches), "batch", "batches"),
        count_text(workers, "worker"),
    ]
    return ", ".join(parts)


def found_line(reused: int, missing: int, added: int, failed: int) -> str:
    """Return what a folder held and what is trained now, and why."""
    if not missing:
        return f"found all {reused:,} points finished: there is nothing to train"
    kinds = ((added, "new to the grid"), (failed, "failed before"))
    why = ", ".join(f"{count:,} of them {kind}" for count, kind in kinds if count)
    return (
        f"found {reused:,} finished points, which are reused; {missing:,} are trained now"
        f"{why and f' ({why})'}"
    )
