"""A sweep from its grid to its report: the way of the data, one way only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from xorsweep.again import resume_command
from xorsweep.atomic import write_atomically
from xorsweep.config import Sweep
from xorsweep.engines import load_capacity
from xorsweep.execute import choose_execute, is_in_process, workers_of
from xorsweep.grid import Axis, Grid, extended
from xorsweep.interrupts import raise_if_heard
from xorsweep.manifest import changed_files, describe_run, now
from xorsweep.parts import memory_given_back
from xorsweep.plan import Plan, make_plan
from xorsweep.results import assemble, read_courses, read_results, write_results
from xorsweep.store import Store, StoreError, locked, read_manifest, refuse_used
from xorsweep.terminal import Terminal, count_line
from xorsweep.worker import FAILED, Rows


@dataclass(frozen=True)
class SweepResult:
    """What a finished sweep left: its folder, its files, and how many points ended how."""

    folder: Path
    counts: Mapping[str, int]
    results: Path
    summary: Path
    report: Path | None


class StoppedError(RuntimeError):
    """A sweep that was to stop at its first failure; the message says what failed."""


def run_sweep(
    grid: Grid,
    settings: Sweep,
    folder: Path,
    provenance: Mapping[str, object],
    notes: Sequence[str] = (),
    terminal: Terminal | None = None,
    documents: Mapping[str, str] | None = None,
) -> SweepResult:
    """Train every point of the grid and leave rows, tables, pictures and a report in the folder.

    `provenance` goes into the manifest as it is, `documents`, texts by file name, into the folder;
    `notes` are said before the sweep begins. Raises StoreError where the folder holds a sweep
    already or can't be written, or where the sweep was to stop at a failure.
    """
    terminal = terminal or Terminal.silent()
    for note in notes:
        terminal.say(note)
    store = Store.create(folder, settings.engine)
    with store.locked():
        refuse_used(folder)  # now that no other process can begin one
        run = _Run(store, grid, settings, provenance, terminal)
        return run.finish(documents or {})


def resume_sweep(
    folder: Path,
    settings: Sweep,
    more: Sequence[Axis],
    provenance: Mapping[str, object],
    terminal: Terminal | None = None,
    keep_engine: bool = False,
) -> SweepResult:
    """Train what a sweep's folder lacks, with further levels of its axes where `more` has any.

    With `keep_engine` it is trained by the engine that began it, whatever the settings say. Raises
    StoreError where the folder can't be used, or where the sweep was to stop at a failure, and
    ConfigError where the grid can't be extended.
    """
    terminal = terminal or Terminal.silent()
    read_manifest(folder)  # so that nothing is put into a folder without a sweep
    with locked(folder):
        store, grid, manifest = Store.open(folder)
        if keep_engine:
            settings = replace(settings, engine=store.engine)
        _refuse_other(store, settings, manifest)
        wanted = extended(grid, more) if more else grid
        store.remove_leftovers()
        for line in store.set_aside_damaged():
            terminal.say(line)
        earlier = [*manifest.get("earlier", []), _one_run(manifest)]
        known = {**provenance, "earlier": earlier}
        return _Run(store, wanted, settings, known, terminal, len(grid)).finish({})


def _refuse_other(store: Store, settings: Sweep, manifest: Mapping[str, Any]) -> None:
    """Raise StoreError where other numbers would come out than those that the folder holds."""
    if settings.engine != store.engine:
        raise StoreError(
            f"engine={settings.engine}: {store.folder} was trained by engine={store.engine}, and a "
            "sweep never mixes engines; resume it with the same, or start another sweep"
        )
    for path in changed_files(manifest):
        raise StoreError(
            f"init.path={path}: the file isn't what it was when {store.folder} was begun; put the "
            "old one back, or start another sweep"
        )


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
    points_before: int | None = None
    """How many points the grid had where the sweep was begun earlier."""

    def finish(self, documents: Mapping[str, str]) -> SweepResult:
        """Run the sweep to its end; whatever ends it earlier, say how to go on."""
        try:
            with memory_given_back():
                return self._finish(documents)
        except (OSError, MemoryError, StoppedError) as error:
            raise StoreError(f"{self._reason(error)}{self._how_to_go_on()}") from error
        except KeyboardInterrupt:
            self.terminal.say(f"interrupted{self._how_to_go_on()}")
            raise

    def _reason(self, error: Exception) -> str:
        if not isinstance(error, OSError):
            return str(error) or "there isn't enough memory"
        reason = os.strerror(error.errno) if error.errno else str(error)
        return f"{error.filename or self.store.folder} can't be written: {reason}"

    def _how_to_go_on(self) -> str:
        if not self.store.holds_manifest:
            return ""
        command = resume_command(self.store.folder)
        return f"; the batches that were finished before are kept, go on with {command}"

    def _finish(self, documents: Mapping[str, str]) -> SweepResult:
        for name, text in documents.items():
            write_atomically(self.store.folder / name, text.encode(errors="backslashreplace"))
        found = assemble(self.grid, self.store.parts())
        plan = self._plan(found.pending())
        manifest = describe_run(self.grid, plan, self.settings, self.provenance)
        self._announce(plan, found.counts()["failed"])
        del found
        self.store.write_manifest(manifest)
        with self._recorded(manifest):
            seconds = self._train(plan)
            counts = self._write_rows()
            manifest |= _measured(plan, seconds, counts)
            report = self._show(manifest)
            self.store.write_manifest(manifest)
        return self._conclude(counts, report)

    @contextmanager
    def _recorded(self, manifest: Mapping[str, Any]) -> Iterator[None]:
        """Let the manifest say where something ended the run before its end."""
        try:
            yield
        except BaseException:
            with suppress(OSError):
                self.store.write_manifest({**manifest, "state": "interrupted", "finished": now()})
            raise

    def _plan(self, pending: Any) -> Plan:
        capacity = load_capacity(self.settings.engine)
        return make_plan(self.grid, capacity, workers_of(self.settings.parallel), pending)

    def _announce(self, plan: Plan, failed: int) -> None:
        alone = is_in_process(self.settings.parallel, plan.net_epochs)
        workers = 1 if alone else workers_of(self.settings.parallel)
        parts = [
            self.grid.text,
            _count(plan.trajectories, "trajectory", "trajectories"),
            _count(len(plan.batches), "batch", "batches"),
            _count(workers, "worker", "workers"),
        ]
        self.terminal.say(", ".join(parts))
        if self.points_before is not None:
            self.terminal.say(self._found(plan, failed))

    def _found(self, plan: Plan, failed: int) -> str:
        reused = len(self.grid) - plan.points
        if not plan.points:
            return f"found all {reused:,} points finished: there is nothing to train"
        added = len(self.grid) - (self.points_before or 0)
        kinds = ((added, "new to the grid"), (failed, "failed before"))
        why = ", ".join(f"{count:,} of them {kind}" for count, kind in kinds if count)
        return (
            f"found {reused:,} finished points, which are reused; {plan.points:,} are trained now"
            f"{why and f' ({why})'}"
        )

    def _train(self, plan: Plan) -> float:
        """Return the seconds it took until every batch was on disk."""
        started = perf_counter()
        execute = choose_execute(self.settings.parallel, plan.net_epochs)
        with (
            self.terminal.progress(plan.net_epochs) as advance,
            closing(execute(plan.batches, self.settings.engine)) as finished,
        ):
            for batch, rows in finished:
                self.store.add(rows)
                advance(batch.net_epochs)
                if self.settings.on_failure == "stop":
                    _stop_if_failed(rows)
                raise_if_heard()
        return perf_counter() - started

    def _write_rows(self) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        assembled = assemble(self.grid, self.store.parts())
        write_results(self.grid, assembled, self.store.folder)
        return assembled.counts()

    def _show(self, manifest: Mapping[str, Any]) -> Path | None:
        # pandas, SciPy and seaborn are imported here, once there are rows to show.
        from xorsweep.failures import failures_of
        from xorsweep.summary import point_columns, summarise, swept_columns, write_summary

        folder = self.store.folder
        results = read_results(folder)
        summary = summarise(results)
        write_summary(summary, folder)
        self.terminal.rates(summary, swept_columns(summary))
        self.terminal.failures(failures_of(results, point_columns(results)))
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


def _stop_if_failed(batch: Sequence[Rows]) -> None:
    """Raise StoppedError where points of a batch failed."""
    for rows in batch:
        failed = np.flatnonzero(rows.status == FAILED)
        if len(failed):
            count = _count(len(failed), "point", "points")
            raise StoppedError(f"on_failure=stop: {count} failed: {rows.message[failed[0]]}")


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
