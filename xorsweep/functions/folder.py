"""The folder of a function's sweep: its parts, its manifest, and results.csv made of them."""

from __future__ import annotations

import hashlib
import inspect
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xorsweep.errors import ConfigError, DamagedPartError, ManifestError, StoreError
from xorsweep.fields import Scalar
from xorsweep.functions.contract import Function, FunctionResults
from xorsweep.functions.points import grid_of
from xorsweep.functions.widening import RETURNED, TYPES, signature, stored_name, widen
from xorsweep.grid.grid import Grid
from xorsweep.storage.environment import git_state, machine, now, versions
from xorsweep.storage.manifest import SweepManifest, check_version
from xorsweep.storage.parts import decode_table, encode_table
from xorsweep.storage.store import Folder, read_manifest, using_manifest
from xorsweep.storage.table_writer import key_array, level_texts, write_table
from xorsweep.text import content_digest, exception_text, one_line

FORMAT = 4
"""The version of this folder's layout."""
READERS = {1: "b965f4d", 2: "83c2a38", 3: "4417bf9"}
"""The last commit that reads each older one."""
_OWN = {"point_id": pa.uint64(), "message": pa.string(), RETURNED: pa.string()}
"""The columns of a part that aren't the function's own, with their types."""
_SEALED = ("function_format", "function", "source", "axes")


@dataclass(frozen=True, kw_only=True)
class FunctionManifest(SweepManifest):
    """The manifest of a sweep of a function: what is called, with which levels, how many at once.

    `source` is a digest of the function's file, None where there is none.
    """

    function_format: int
    function: str
    source: str | None
    axes: Mapping[str, Sequence[Scalar]]
    batch: int
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionFolder(Folder[FunctionResults]):
    """The folder of a sweep of a function, which `digest` tells from other sweeps.

    `function` is the name of the one that is called; it comes from the caller, not from the folder.
    """

    digest: str
    function: str

    def encoded(self, rows: Sequence[FunctionResults]) -> tuple[str, bytes]:
        """Return the file name and the bytes of a part."""
        table = pa.concat_tables([_table(some) for some in rows], promote_options="default")
        return encode_table(table, self._stamp, ["message", RETURNED])

    def decoded(self, path: Path) -> pa.Table:
        """Return the rows of a part; raises DamagedPartError."""
        part = decode_table(path, self._stamp, _types)
        for text in part[RETURNED].drop_null().unique().to_pylist():
            if not {*text.split(",")} <= {*part.column_names} - _OWN.keys():
                raise DamagedPartError(f"its column {RETURNED} names columns that it hasn't got")
        return part

    @property
    def resume_command(self) -> str:
        """Return the command that goes on with the sweep, of the shell or of Python."""
        module, _, name = self.function.partition(":")
        if module == "__main__" or "<" in name:  # nothing that a command could name
            return f"xorsweep.functions.resume_function({str(self.folder)!r}, function)"
        command = ["python", "-m", "xorsweep", "function", self.function]
        return shlex.join([*command, "--resume", str(self.folder)])

    @property
    def _stamp(self) -> dict[bytes, bytes]:
        return {b"xorsweep function": self.digest.encode()}


def _types(columns: Sequence[str]) -> dict[str, pa.DataType | None]:
    """Return the types of a part's columns; one that isn't of this form has none that fits."""
    kinds = {name: name.rpartition(".")[2] for name in columns}
    return {name: TYPES.get(kind) for name, kind in kinds.items()} | _OWN


def _table(rows: FunctionResults) -> pa.Table:
    count, returned = len(rows.identities), signature(rows.columns) or None
    return pa.table(
        {
            "point_id": rows.identities,
            "message": pa.array([rows.message] * count, pa.string()),
            RETURNED: pa.array([returned] * count, pa.string()),
            **{
                stored_name(name, values.dtype.kind): values
                for name, values in rows.columns.items()
            },
        }
    )


def describe(
    function: Function, grid: Grid, batch: int, workers: int, command_line: Sequence[str]
) -> FunctionManifest:
    """Return the manifest of a sweep that starts now."""
    content: dict[str, Any] = {
        "function_format": FORMAT,
        "function": name_of(function),
        "source": source_digest(function),
        "axes": {key: list(column.levels) for key, column in grid.columns.items()},
    }
    return FunctionManifest(
        state="running",
        command_line=tuple(command_line),
        **content,
        digest=content_digest(content),
        batch=batch,
        workers=workers,
        git=git_state(),
        versions=versions(),
        machine=machine(),
        started=now(),
    )


def opened(folder: Path, function: Function) -> tuple[FunctionFolder, Grid, FunctionManifest]:
    """Return a sweep that was started, its grid and its manifest.

    Raises StoreError where the folder holds no such sweep, or one of another function. What the
    manifest says of that is compared and nothing else: no name in it is imported.
    """
    data = read_manifest(folder)
    if "function_format" not in data:
        raise StoreError(f"{folder} holds no sweep of a function")
    with using_manifest(folder):
        check_version("function_format", data["function_format"], FORMAT, READERS)
        if data.get("digest") != content_digest({key: data.get(key) for key in _SEALED}):
            raise ManifestError("it was changed by hand")
        manifest = FunctionManifest.from_data(data)
        if not manifest.batch:
            raise ManifestError("its batch isn't a whole number from 1")
    _refuse_other(function, folder, manifest)
    store = FunctionFolder(folder, manifest.digest, name_of(function))
    return store, grid_of(manifest.axes), manifest


def _refuse_other(function: Function, folder: Path, manifest: FunctionManifest) -> None:
    """Raise StoreError for another function, or another file of it, than the sweep's.

    A file may be imported by another name than before, or be run as a script.
    """
    name, was, source = name_of(function), manifest.function, manifest.source
    one, other = (each if source is None else each.partition(":")[2] for each in (name, was))
    if one != other:
        raise StoreError(
            f"{name}: {folder} was started with {one_line(was)}, and a sweep never mixes two "
            "functions; give that one, or start another sweep"
        )
    if source not in (None, source_digest(function)):
        raise StoreError(
            f"{name}: its file isn't what it was when {folder} was started, and a sweep never "
            "mixes two functions; put the old one back, or start another sweep"
        )


def load_function(name: str) -> Function:
    """Return the function that `package.module:function` names; raises ConfigError."""
    if ":" not in name:
        raise ConfigError(f"{name}: a function is named as package.module:function")
    try:
        found = resolve_name(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the import of a stranger's module raises
        raise ConfigError(
            f"{name}: can't be imported ({one_line(exception_text(error))})"
        ) from error
    if not callable(found):
        raise ConfigError(f"{name}: isn't a function")
    function: Function = found
    return function


def name_of(function: Function) -> str:
    """Return a function's name as `load_function` takes it."""
    module = getattr(function, "__module__", None)
    return f"{module}:{getattr(function, '__qualname__', type(function).__qualname__)}"


def source_digest(function: Function) -> str | None:
    """Return a digest of the file that a function is defined in; None where there is none."""
    try:
        path = inspect.getsourcefile(inspect.unwrap(function))
        data = Path(path or "").read_bytes()
    except (TypeError, OSError):
        return None
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True)
class FunctionColumns:
    """What is on disk of the N points of a grid: which are there (N,), and n rows of those.

    `columns` are what was returned for the n points, in the order of the grid, and `messages` (n,)
    why points have failed, null for those that haven't.
    """

    present: NDArray[np.bool_]
    columns: pa.Table
    messages: pa.Array

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Return which of the points that are there have failed."""
        failed: NDArray[np.bool_] = self.messages.is_valid().to_numpy(zero_copy_only=False)
        return failed

    def pending(self) -> NDArray[np.int64]:
        """Return the rows that are still to be computed: the absent ones and those that failed."""
        missing = ~self.present
        missing[np.flatnonzero(self.present)[self.failed]] = True
        return np.flatnonzero(missing)

    def counts(self) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        failed = int(self.failed.sum())
        ok = len(self.messages) - failed
        return {"planned": len(self.present), "ok": ok, "failed": failed}


def assemble(grid: Grid, folder: FunctionFolder) -> FunctionColumns:
    """Return what is on disk, each point once, one that failed only where it failed each time."""
    table = pa.concat_tables([*folder.parts(), _nothing()], promote_options="default")
    rows = grid.rows_of(table["point_id"].to_numpy())
    order = np.lexsort((table["message"].is_valid().to_numpy(), rows))
    found, first = np.unique(rows[order], return_index=True)
    known = found >= 0
    present = np.zeros(len(grid), bool)
    present[found[known]] = True
    return FunctionColumns(present, *widen(table.take(order[first[known]])))


def write_results(grid: Grid, assembled: FunctionColumns, folder: Path) -> None:
    """Write results.csv and results.parquet of a sweep whose points are all there."""
    columns = [*assembled.columns.itercolumns(), assembled.messages]
    texts = [column.to_pylist() for column in columns if pa.types.is_string(column.type)]
    write_table(
        folder,
        len(grid),
        lambda rows: _batch(grid, assembled, rows),
        few_values=[*grid.columns, "status", "message"],
        texts=(*level_texts(grid), *(text for column in texts for text in column if text)),
    )


def _batch(grid: Grid, assembled: FunctionColumns, rows: slice) -> pa.RecordBatch:
    some, messages = assembled.columns[rows], assembled.messages[rows]
    columns = {key: key_array(column, rows) for key, column in grid.columns.items()}
    columns |= {name: _one(some[name]) for name in some.column_names}
    columns["status"] = pc.if_else(messages.is_valid(), "failed", "ok")
    columns["message"] = messages
    return pa.record_batch(columns)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _nothing() -> pa.Table:
    return pa.schema(_OWN).empty_table()
