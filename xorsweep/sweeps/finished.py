"""A finished sweep in its folder: its manifest and its rows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from xorsweep.errors import StoreError, TableMismatchError
from xorsweep.experiment import MESSAGE, STATUS, Experiment
from xorsweep.experiment.lookup import experiment_of
from xorsweep.grid.grid import Grid
from xorsweep.reporting.console import Console
from xorsweep.storage.manifest import FinishedManifest, read_finished
from xorsweep.storage.plain_files import is_there, open_file
from xorsweep.storage.results import ResultTable, assemble, frame_of, results_of
from xorsweep.storage.store import Store, read_manifest, reading, using_manifest
from xorsweep.storage.table_writer import PARQUET, digest_of
from xorsweep.sweeps.folders import open_sweep, open_with_rounds

if TYPE_CHECKING:
    import pandas as pd


def finished_manifest(folder: Path) -> FinishedManifest:
    """Return the manifest of a finished sweep, also one of other numerics than this version's.

    Raises StoreError where there is none, it isn't finished, or an entry isn't of its form.
    """
    data = read_manifest(folder)
    if data.get("state") != "finished":
        raise StoreError(f"{folder} isn't finished; {_ways_on(folder)}")
    with using_manifest(folder):
        return read_finished(data)


def _ways_on(folder: Path) -> str:
    """Return how the points of an unfinished sweep are run, and how those on disk are reported."""
    try:
        resume = open_sweep(folder).store.resume_command
    except StoreError:  # a manifest that can't be used names no function
        return f"resume={folder} runs the missing points"
    report = shlex.join(["python", "-m", "xorsweep", "report", str(folder), "--partial"])
    return f"{resume} runs the missing points, and {report} reports those so far"


def stored_results(
    folder: Path, manifest: FinishedManifest, terminal: Console, whole: bool = False
) -> pd.DataFrame:
    """Return the rows of a finished sweep, as `read_results` does.

    Where results.parquet isn't the one that the sweep wrote, a message says so, and they are made
    of the parts. Raises StoreError where these can't be used either.
    """
    try:
        return written_results(folder, manifest, whole)
    except TableMismatchError as error:
        terminal.warn(f"{folder / PARQUET} {error}; its rows are made from the parts again")
    opened = open_with_rounds(folder)
    store, grid = opened.store, opened.grid
    with reading(folder):
        return results_of(grid, complete_table(store, grid), store.experiment, whole)


def written_results(folder: Path, manifest: FinishedManifest, whole: bool = False) -> pd.DataFrame:
    """Return results.parquet as `read_results` does, if it is the one that the sweep wrote.

    Raises TableMismatchError if not, StoreError where that can't be determined.
    """
    path = folder / PARQUET
    with reading(path):
        if not is_there(path):
            raise TableMismatchError("isn't there")
        with open_file(path) as data:
            # The digest and the rows are read from one open file: it may be replaced in between.
            if digest_of(data) != manifest.tables[PARQUET]:
                raise TableMismatchError("has changed since it was written")
            return _frame(data, manifest, whole)


def _frame(data: Any, manifest: FinishedManifest, whole: bool) -> pd.DataFrame:
    """Return the rows of a file whose digest somebody may have made up."""
    experiment = experiment_of(manifest)
    try:
        file = pyarrow.parquet.ParquetFile(data)
        points = file.metadata.num_rows == manifest.counts["planned"]
        if points and _is_table_of(experiment, file.schema_arrow):
            return frame_of(file, experiment, whole)
    except (pa.ArrowException, ValueError) as error:
        # Arrow's own is an ArrowException and a MemoryError; the file may be right.
        if isinstance(error, MemoryError):
            raise
    raise TableMismatchError("isn't a table of this sweep")


def _is_table_of(experiment: Experiment[Any], schema: pa.Schema) -> bool:
    """Tell whether a table has the columns of every sweep, each with its type and once."""
    types = {
        # Arrow writes repeated texts as dictionaries, and reads them so.
        name: type_.value_type if pa.types.is_dictionary(type_) else type_
        for name, type_ in zip(schema.names, schema.types, strict=True)
    }
    required = {**_COLUMNS, **experiment.table_types()}
    # Fewer types than names: some column is there twice.
    return len(types) == len(schema.names) and all(
        name in types and is_so(types[name]) for name, is_so in required.items()
    )


_COLUMNS = dict.fromkeys((STATUS, MESSAGE), pa.types.is_string)


def complete_table(store: Store, grid: Grid) -> ResultTable:
    """Return the rows of a finished sweep; raises StoreError where its parts lack points."""
    stored = assemble(grid, store.measurements())
    absent = int((~stored.present).sum())
    if absent:
        raise StoreError(
            f"{store.folder}: {absent:,} of {len(grid):,} points are missing in its parts; "
            f"{store.resume_command} runs them"
        )
    return store.experiment.tabulate(grid, stored)
