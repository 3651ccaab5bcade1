"""Runs rows of a sweep again, each alone, and compares them with the stored ones."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, TextIOWrapper
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from xorsweep.execution.interface import Executor
from xorsweep.execution.loky import run_loky
from xorsweep.execution.serial import run_serial
from xorsweep.experiment import FAILED, Experiment, ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console
from xorsweep.storage.bitwise_diff import differences, ended_rows
from xorsweep.storage.parts import table_of
from xorsweep.storage.plain_files import is_there, open_file
from xorsweep.storage.results import ResultTable, assemble, write_results
from xorsweep.storage.store import Store, reading
from xorsweep.storage.table_writer import CSV, PARQUET, digest_of
from xorsweep.sweeps.folders import check_undamaged, difference_text, open_runnable
from xorsweep.text import count_text, duration_text

Compared = Callable[[BufferedReader, BufferedReader], Iterable[str]]


@dataclass(frozen=True)
class Limits:
    """The numbers of rows and seconds by which a check proceeds.

    Attributes:
        at_once: Rows that are run before they are compared, so that memory stays bounded.
        read_at_once: Rows that are read from the parts together, a multiple of `at_once`: each
            time the identities in all parts are read.
        worth_a_word: Seconds from which on the duration of a check is printed beforehand.
        worth_processes: Seconds from which on other processes help, whose start takes a while.
    """

    at_once: int = 4096
    read_at_once: int = 16 * 4096
    worth_a_word: float = 5.0
    worth_processes: float = 10.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Verified:
    """The numbers of compared and excluded rows, and the differences.

    `again` is false where the points can't be run again here.
    """

    rows: int
    compared: int
    failed: int
    absent: int
    tables: Sequence[str]
    wrong: Sequence[str]
    again: bool = True

    @property
    def text(self) -> str:
        """Return the comparison in one line, where nothing differs."""
        excluded = [
            f"{count_text(count, 'row')} {one if count == 1 else several}"
            for count, one, several in (
                (self.failed, "failed and holds no numbers", "failed and hold no numbers"),
                (self.absent, "is still to be run", "are still to be run"),
            )
            if count
        ]
        match = "match" if len(self.tables) > 1 else "matches"
        tables = [f"{' and '.join(self.tables)} {match} the parts"] if self.tables else []
        compared = f"{self.compared:,} of {self.rows:,} rows run again alone: the same bits"
        if not self.again:
            there = count_text(self.rows - self.absent, "row")
            compared = f"{there}, seals and digests are right; nothing was run again"
        return "; ".join([compared, *tables, *excluded])


def verify(
    folder: str,
    sample: int | None = 100,
    seed: int = 0,
    workers: int = 1,
    terminal: Console | None = None,
    experiment: Experiment[Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Verified:
    """Run rows of a sweep again, each as a batch of one, and compare everything stored of them.

    `sample` rows are drawn by `seed`, or all are taken where it is None. Compares the tables of
    a finished sweep with its parts, too. Changes nothing in the folder. Raises StoreError where
    the folder holds no sweep that can be run again. Where its experiment can't be run here, seals,
    digests and tables are compared and nothing else.
    """
    opened = open_runnable(folder, experiment)
    store, grid = opened.store, opened.grid
    check_undamaged(store)
    terminal = terminal or Console.silent()
    for line in store.experiment.notes(grid):
        terminal.log(line)
    table = store.experiment.tabulate(grid, assemble(grid, store.measurements()))
    again = store.experiment.can_run
    ended = np.flatnonzero(table.present & (table.status != FAILED))
    rows = _drawn(ended, sample, seed) if again else ended[:0]
    finished = opened.manifest.state == "finished"
    tables = (*([CSV] if opened.manifest.csv else ()), PARQUET) if finished else ()
    wrong = [
        *_in_the_parts(store, grid, rows, workers, terminal, limits),
        *_in_the_tables(store.folder, grid, table, tables),
    ]
    return Verified(
        rows=len(grid),
        compared=len(rows),
        failed=int((table.status == FAILED).sum()),
        absent=int((~table.present).sum()),
        tables=tables,
        wrong=wrong,
        again=again,
    )


def _drawn(rows: NDArray[np.int64], sample: int | None, seed: int) -> NDArray[np.int64]:
    if sample is None or sample >= len(rows):
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))


def _in_the_parts(
    store: Store,
    grid: Grid,
    rows: NDArray[np.int64],
    workers: int,
    terminal: Console,
    limits: Limits,
) -> Iterator[str]:
    """Yield the differences between the parts and the rows run alone."""
    if not len(rows):
        return
    experiment = store.experiment.for_grid(grid)
    stored = pa.table({})
    tables = _run_alone(grid, rows, experiment, workers, terminal, limits)
    for number, table in enumerate(tables):
        start = number * limits.at_once
        if start % limits.read_at_once == 0:
            points = grid.identities_of(rows[start : start + limits.read_at_once])
            stored = ended_rows(store.parts(points))
        for each in differences(stored, table, experiment):
            yield difference_text(grid, each, "in the sweep", "run again")


def _run_alone(
    grid: Grid,
    rows: NDArray[np.int64],
    experiment: Experiment[Any],
    workers: int,
    terminal: Console,
    limits: Limits,
) -> Iterator[pa.Table]:
    """Yield the rows as parts hold them, each run as a batch of one."""
    task = ExperimentTask(experiment)
    work = sum(experiment.batch_of_one(grid, int(row)).work for row in rows)
    seconds = work * _seconds_per_work(experiment.batch_of_one(grid, int(rows[0])), task)
    workers = workers if seconds > limits.worth_processes else 1
    if seconds > limits.worth_a_word:
        terminal.log(
            f"{len(rows):,} rows, each alone, {work:,} {experiment.work_unit} in all: "
            f"about {duration_text(seconds / workers)} on {count_text(workers, 'worker')}"
        )
    execute: Executor = run_serial if workers == 1 else partial(run_loky, workers=workers)
    with terminal.progress(work, experiment.work_unit) as advance:
        for start in range(0, len(rows), limits.at_once):
            done = []
            some = rows[start : start + limits.at_once]
            batches = [experiment.batch_of_one(grid, int(row)) for row in some]
            for batch, part in execute(batches, task):
                done.append(part)
                advance(batch.work)
            yield table_of(done)


def _seconds_per_work(batch: Any, task: ExperimentTask[Any]) -> float:
    """Return the seconds that a unit of work takes, once the experiment has warmed up."""
    task(batch)
    started = perf_counter()
    task(batch)
    seconds: float = (perf_counter() - started) / batch.work
    return seconds


def _in_the_tables(
    folder: Path, grid: Grid, table: ResultTable, tables: Sequence[str]
) -> Iterator[str]:
    """Yield the differences between the tables of a finished sweep and its parts."""
    if not tables:
        return
    absent = int((~table.present).sum())
    if absent:
        yield f"{absent:,} points of this finished sweep are missing in its parts"
        return
    with TemporaryDirectory() as made:
        write_results(grid, table, Path(made), CSV in tables)
        for name in tables:
            compared: Compared = _in_csv if name == CSV else _in_parquet
            yield from (f"{name}{line}" for line in _in_table(folder / name, made, compared))


def _in_table(path: Path, made: str, compared: Compared) -> list[str]:
    """Return the differences between a table and the one made from the parts."""
    with reading(path):
        if not is_there(path):
            return [" is missing"]
        with open_file(path) as found, open_file(Path(made) / path.name) as wanted:
            if digest_of(found) == digest_of(wanted):
                return []
            try:
                lines = [f": {line}" for line in compared(found, wanted)]
            except (csv.Error, pa.ArrowException, OSError, ValueError) as error:
                return [f": can't be read ({str(error).splitlines()[0]})"]
    return lines or [
        ": its bytes differ from those made from the parts, though every field is the same"
    ]


def _in_csv(found: BufferedReader, wanted: BufferedReader) -> Iterator[str]:
    """Yield the fields that differ."""
    with (
        # "replace", as somebody may have written anything into the file; the other one is ours.
        TextIOWrapper(found, "utf-8", "replace", newline="") as one,
        TextIOWrapper(wanted, "utf-8", newline="") as other,
    ):
        # zip would pass over rows that one of them has behind the end of the other.
        lines = zip_longest(csv.reader(one), csv.reader(other))
        head, names = next(lines)
        if head != names:
            yield "its columns aren't those of this sweep"
            return
        for row, (has, wants) in enumerate(lines):
            if has != wants:
                yield from _in_fields(row, names or [], has, wants)


def _in_fields(
    row: int, names: list[str], has: list[str] | None, wants: list[str] | None
) -> Iterator[str]:
    if has is None or wants is None or len(has) != len(wants):
        yield f"row {row} isn't one of this sweep" if wants is None else f"row {row} isn't whole"
        return
    for name, text, wanted in zip(names, has, wants, strict=True):
        if text != wanted:
            yield f"row {row}: {name} is {text!r}, and {wanted!r} in the parts"


def _in_parquet(found: BufferedReader, wanted: BufferedReader) -> Iterator[str]:
    """Yield the values that differ."""
    files = [pyarrow.parquet.ParquetFile(file) for file in (found, wanted)]
    one, other = ((each.schema_arrow, each.metadata.num_rows) for each in files)
    if one != other:
        yield "its columns or its number of rows aren't those of this sweep"
        return
    for name in files[0].schema_arrow.names:
        # A column at a time, and value by value only where it has to be.
        here, there = (each.read([name])[name] for each in files)
        if here.equals(there):
            continue
        pairs = zip(here.to_pylist(), there.to_pylist(), strict=True)
        for row, pair in enumerate(pairs):
            # By their texts: NaN, which isn't equal to itself, is the same in both.
            has, wants = map(repr, pair)
            if has != wants:
                yield f"row {row}: {name} is {has}, and {wants} in the parts"
