"""The folder of a function's sweep: its parts, its manifest, and results.csv made of them."""

from __future__ import annotations

import hashlib
import inspect
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.csv_parquet import key_array, level_texts, write_table
from xorsweep.functions.contract import Function, Rows
from xorsweep.functions.points import grid_of
from xorsweep.grid import Grid
from xorsweep.manifest import git_state, machine, now, versions
from xorsweep.parts import packed, unpacked
from xorsweep.record import OF_A_FUNCTION, ManifestError, check_record
from xorsweep.rules import ConfigError
from xorsweep.store import MANIFEST, Folder, StoreError, read_manifest

FORMAT = 2
"""The version of this folder's layout."""
_FIXED = ("identity", "message")
_SEALED = ("function_format", "function", "source", "axes")


@dataclass(frozen=True)
class FunctionFolder(Folder[Rows]):
    """The folder of a sweep of a function, which `digest` tells from other sweeps."""

    digest: str

    def encoded(self, rows: Sequence[Rows]) -> tuple[str, bytes]:
        """Return the file name and the bytes of a part."""
        table = pa.concat_tables([_table(some) for some in rows], promote_options="default")
        return packed(table, self._stamp, ["message"])

    def decoded(self, path: Path) -> pa.Table:
        """Return the rows of a part; raises DamagedPartError."""
        return unpacked(path, self._stamp, _types)

    @property
    def resume_command(self) -> str:
        """Return the command that goes on with the sweep."""
        return shlex.join(["python", "-m", "xorsweep.map", "--resume", str(self.folder)])

    @property
    def _stamp(self) -> dict[bytes, bytes]:
        return {b"xorsweep function": self.digest.encode()}


def _types(columns: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the types of the columns that every part has; the others are the function's own."""
    return {"identity": pa.uint64(), "message": pa.string()}


def _table(rows: Rows) -> pa.Table:
    message = pa.array([rows.message] * len(rows.identities), pa.string())
    return pa.table({"identity": rows.identities, "message": message, **rows.columns})


def describe(
    function: Function, axes: Mapping[str, Any], command_line: Sequence[str]
) -> dict[str, Any]:
    """Return the manifest of a sweep that starts now."""
    content = {
        "function_format": FORMAT,
        "function": name_of(function),
        "source": source_digest(function),
        "axes": axes,
    }
    return {
        "state": "running",
        "command_line": list(command_line),
        **content,
        "digest": _digest(content),
        "git": git_state(),
        "versions": versions(),
        "machine": machine(),
        "started": now(),
    }


def opened(folder: Path) -> tuple[FunctionFolder, Grid, dict[str, Any]]:
    """Return a sweep that was begun, its grid and its manifest; raises StoreError."""
    manifest = read_manifest(folder)
    if manifest.get("function_format") != FORMAT:
        raise StoreError(f"{folder} holds no sweep of a function that this version can read")
    content = {key: manifest.get(key) for key in _SEALED}
    if manifest.get("digest") != _digest(content):
        raise StoreError(f"{folder}: the manifest was changed by hand")
    try:
        check_record(manifest, OF_A_FUNCTION, *_SEALED, "batch")
    except ManifestError as error:
        raise StoreError(f"{folder / MANIFEST} can't be used: {error}") from None
    return FunctionFolder(folder, manifest["digest"]), grid_of(manifest["axes"]), manifest


def load_function(name: str) -> Function:
    """Return the function that `package.module:function` names; raises ConfigError."""
    if ":" not in name:
        raise ConfigError(f"{name}: a function is named as package.module:function")
    try:
        found = resolve_name(name)
    except Exception as error:  # whatever the import of a stranger's module raises
        raise ConfigError(f"{name}: can't be imported ({type(error).__name__}: {error})") from error
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


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Assembled:
    """What became of the N points of a grid: which are there (N,), and a table of those, in order.

    The table has a column `message`, null where a point hasn't failed, and those returned.
    """

    present: NDArray[np.bool_]
    table: pa.Table

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Return which of the points that are there have failed."""
        failed: NDArray[np.bool_] = self.table["message"].is_valid().to_numpy()
        return failed

    def pending(self) -> NDArray[np.int64]:
        """Return the rows that are still to be computed: the absent ones and those that failed."""
        missing = ~self.present
        missing[np.flatnonzero(self.present)[self.failed]] = True
        return np.flatnonzero(missing)

    def counts(self) -> dict[str, int]:
        """Return how many points were planned and how many have each status."""
        failed = int(self.failed.sum())
        return {"planned": len(self.present), "ok": len(self.table) - failed, "failed": failed}


def assemble(grid: Grid, folder: FunctionFolder) -> Assembled:
    """Return what is on disk, each point once, one that failed only where it failed each time."""
    parts = [*folder.parts(), pa.table({"identity": np.empty(0, np.uint64), "message": _no_text()})]
    table = pa.concat_tables(parts, promote_options="default")
    rows = grid.rows_of(table["identity"].to_numpy())
    order = np.lexsort((table["message"].is_valid().to_numpy(), rows))
    found, first = np.unique(rows[order], return_index=True)
    known = found >= 0
    present = np.zeros(len(grid), bool)
    present[found[known]] = True
    return Assembled(present, table.take(order[first[known]]).combine_chunks())


def write_results(grid: Grid, assembled: Assembled, folder: Path) -> None:
    """Write results.csv and results.parquet of a sweep whose points are all there."""
    names = [name for name in assembled.table.column_names if name not in _FIXED]
    texts = [
        column.to_pylist()
        for column in assembled.table.itercolumns()
        if pa.types.is_string(column.type)
    ]
    write_table(
        folder,
        len(grid),
        lambda rows: _batch(grid, assembled.table, names, rows),
        few_values=[*grid.columns, "status", "message"],
        texts=(*level_texts(grid), *(text for column in texts for text in column if text)),
    )


def _batch(grid: Grid, table: pa.Table, names: Sequence[str], rows: slice) -> pa.RecordBatch:
    some = table.slice(rows.start, rows.stop - rows.start)
    failed = some["message"].is_valid().to_numpy()
    columns = {key: key_array(column, rows) for key, column in grid.columns.items()}
    columns |= {name: _one(some[name]) for name in names}
    columns["status"] = pa.array(np.where(failed, "failed", "ok").tolist(), pa.string())
    columns["message"] = _one(some["message"])
    return pa.record_batch(columns)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _no_text() -> pa.Array:
    return pa.array([], pa.string())
