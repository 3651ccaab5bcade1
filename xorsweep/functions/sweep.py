"""A sweep of a function from its axes to its tables, and going on with one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np

from xorsweep.errors import ConfigError, FunctionError, PointError, StoreError
from xorsweep.execution.backends import executor_of, resolve_workers, workers_of
from xorsweep.execution.interface import Executor, FinishedBatches
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.execution.signals import raise_pending_interrupt
from xorsweep.fields import read_whole, shorten
from xorsweep.functions.contract import (
    Batch,
    Caller,
    Function,
    FunctionResults,
    call_batch,
)
from xorsweep.functions.folder import (
    FunctionColumns,
    FunctionFolder,
    FunctionManifest,
    assemble,
    describe,
    name_of,
    opened,
    write_results,
)
from xorsweep.functions.points import Levels, batches_of, grid_of
from xorsweep.functions.summary import write_summary
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console
from xorsweep.storage.environment import now
from xorsweep.storage.parts import release_arrow_memory
from xorsweep.storage.paths import folder_of
from xorsweep.storage.store import MANIFEST, PARTS, locked
from xorsweep.storage.writer import BatchWriter
from xorsweep.sweeps.interruption import mark_interrupted_on_error, resume_hint_on_error
from xorsweep.text import count_text, one_line

FIRST = 2
"""Points with which a function is tried before there is a folder."""
BATCH = 4096
"""Points that a function is given at a time, at most."""
MOST_REASONS = 5
"""Reasons for failures that are said, the most frequent first."""
WORTH_PROCESSES = 1.0
"""Seconds of work from which on other processes help, whose start takes a while."""


@dataclass(frozen=True)
class FunctionSweepResult:
    """What a finished sweep left: its folder, how many points ended how, and its tables.

    `summary` is there where a key `seed` has several levels.
    """

    folder: Path
    counts: Mapping[str, int]
    results: Path
    summary: Path | None


def sweep_function(
    function: Function,
    axes: Mapping[str, Levels],
    folder: str | Path,
    parallel: ExecutionSettings = ExecutionSettings(),
    batch: int = BATCH,
    terminal: Console | None = None,
    command_line: Sequence[str] = (),
) -> FunctionSweepResult:
    """Call a function with every point of the product of some axes, and leave tables in a folder.

    The function gets a dictionary of arrays (n,), a key each, and returns one of arrays (n,); n is
    `batch` at most and depends on the row, not on the workers. Points for which it raises are rows
    with the status `failed`. Raises ConfigError for axes that aren't any and where the function
    doesn't return columns for the first batch, StoreError where the folder isn't free.
    """
    if not callable(function):
        raise ConfigError(
            f"function={shorten(function)}: must be a function of a dictionary of arrays"
        )
    if not isinstance(parallel, ExecutionSettings):
        raise ConfigError(
            f"parallel={shorten(parallel)}: must be a xorsweep.networks.schema.ExecutionSettings"
        )
    batch = read_whole("batch", batch, at_least=1)
    grid, folder, parallel = grid_of(axes), folder_of(folder), resolve_workers(parallel)
    manifest = describe(function, grid, batch, workers_of(parallel), command_line)
    store = FunctionFolder(folder, manifest.digest, name_of(function))
    _refuse_used(store)
    _refuse_unfit(function, grid, batch)
    folder.mkdir(parents=True, exist_ok=True)
    with store.locked():
        _refuse_used(store)  # now that no other process can begin one
        return _Run(store, grid, function, manifest, parallel, terminal).finish()


def resume_function(
    folder: str | Path,
    function: Function,
    parallel: ExecutionSettings = ExecutionSettings(),
    terminal: Console | None = None,
) -> FunctionSweepResult:
    """Compute what a sweep's folder lacks and what failed in it, and make its tables again.

    The function is the one that the sweep was started with: a folder is data, and the name that it
    holds is compared and never imported. Raises StoreError where the folder holds no such sweep,
    or one of another function, or the function's file has changed.
    """
    folder = folder_of(folder)
    opened(folder, function)  # so that nothing is put into a folder without a sweep
    with locked(folder):
        store, grid, manifest = opened(folder, function)
        terminal = terminal or Console.silent()
        store.remove_leftovers()
        for line in store.quarantine_damaged_parts():
            terminal.log(line)
        return _Run(store, grid, function, manifest, resolve_workers(parallel), terminal).finish()


def _refuse_used(store: FunctionFolder) -> None:
    if (store.folder / MANIFEST).exists() or (store.folder / PARTS).exists():
        raise StoreError(
            f"{store.folder}: holds a sweep already; go on with it by {store.resume_command}, or "
            "choose another folder"
        )


def _refuse_unfit(function: Function, grid: Grid, size: int) -> None:
    """Raise ConfigError where a function returns something else than columns for the first points.

    What it raises by itself, and values that no column can hold, are left to the points.
    """
    first = next(batches_of(grid, np.arange(min(FIRST, len(grid))), size))
    try:
        call_batch(function, first)
    except (KeyboardInterrupt, PointError) as error:
        if isinstance(error, KeyboardInterrupt):
            raise
    except FunctionError as error:
        raise ConfigError(f"the function {error}") from None
    except BaseException:
        return


def _failures(assembled: FunctionColumns) -> Iterator[str]:
    """Yield a line for each of the most frequent reasons for which points failed."""
    messages = Counter(assembled.messages.drop_null().to_pylist())
    for message, count in messages.most_common(MOST_REASONS):
        yield f"{count_text(count, 'point')} failed: {one_line(message)}"
    if len(messages) > MOST_REASONS:
        yield f"and {len(messages) - MOST_REASONS:,} more reasons in results.csv"


@dataclass(frozen=True)
class _Run:
    """One go at a sweep, the first or a later one."""

    store: FunctionFolder
    grid: Grid
    function: Function
    manifest: FunctionManifest
    parallel: ExecutionSettings
    terminal_given: Console | None

    @property
    def terminal(self) -> Console:
        return self.terminal_given or Console.silent()

    def finish(self) -> FunctionSweepResult:
        with resume_hint_on_error(self.store, self.terminal), release_arrow_memory():
            found = assemble(self.grid, self.store)
            pending = found.pending()
            manifest = replace(self.manifest, state="running", workers=workers_of(self.parallel))
            self.store.write_manifest(manifest)
            with mark_interrupted_on_error(self.store, manifest):
                self._announce(len(found.present) - len(pending), len(pending))
                started = perf_counter()
                self._compute([*batches_of(self.grid, pending, manifest.batch)])
                return self._end(replace(manifest, seconds=perf_counter() - started))

    def _announce(self, reused: int, missing: int) -> None:
        found = f"; {reused:,} are found finished, {missing:,} are computed" if reused else ""
        self.terminal.log(f"{self.grid.text}{found}")

    def _compute(self, batches: Sequence[Batch]) -> None:
        points = sum(map(len, batches))
        with (
            self.terminal.progress(points, "points") as advance,
            closing(self._finished(batches)) as finished,
            BatchWriter(self.store, advance) as commit,
        ):
            for batch, rows in finished:
                commit.add(rows, len(batch))
                raise_pending_interrupt()

    def _finished(self, batches: Sequence[Batch]) -> FinishedBatches[Batch, FunctionResults]:
        """Yield the batches: here until the function has returned columns, the rest by workers."""
        caller, done, started = Caller(self.function), 0, perf_counter()
        for batch in batches:
            rows = caller(batch)
            yield batch, rows
            done += 1
            if any(some.message is None for some in rows):
                break
        seconds = (perf_counter() - started) / max(done, 1) * (len(batches) - done)
        yield from self._execute(seconds)(batches[done:], caller)

    def _execute(self, seconds: float) -> Executor:
        alone = self.parallel.address is None and seconds < WORTH_PROCESSES
        return run_serial if alone else executor_of(self.parallel)

    def _end(self, manifest: FunctionManifest) -> FunctionSweepResult:
        assembled = assemble(self.grid, self.store)
        folder, counts = self.store.folder, assembled.counts()
        write_results(self.grid, assembled, folder)
        summary = write_summary(self.grid, assembled, folder)
        self.store.write_manifest(
            replace(manifest, state="finished", finished=now(), counts=counts)
        )
        result = FunctionSweepResult(folder, counts, folder / "results.csv", summary)
        for line in _failures(assembled):
            self.terminal.log(line)
        self.terminal.paths([path for path in (result.results, result.summary) if path])
        self.terminal.log(
            f"planned {counts['planned']:,} = ok {counts['ok']:,} + failed {counts['failed']:,}"
        )
        return result
