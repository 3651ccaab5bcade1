"""Files of a sweep besides its rows: further tables, and failures by reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from xorsweep.storage.atomic import atomic_path
from xorsweep.storage.csv_lines import CsvLines
from xorsweep.storage.table_writer import CHUNK


def write_csv(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Write a table as CSV, its values as results.csv has them, and return it."""
    columns = {name: _arrow(column) for name, column in table.items()}
    found = pa.Table.from_pydict(columns)
    texts = [text for column in found.columns for text in _texts(column)]
    with atomic_path(path) as file:
        file.write(f"{','.join(found.column_names)}\n".encode())
        for _, lines in CsvLines.of((), texts).beside(found.to_batches(CHUNK)):
            file.write(lines.result())
    return table


def _arrow(column: pd.Series[Any]) -> pa.Array:
    """Return a column as Arrow has it; the levels of several keys in one column are texts."""
    try:
        return pa.Array.from_pandas(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        missing = column.isna()
        texts = [
            None if no else pa.scalar(value).cast(pa.string())
            for value, no in zip(column, missing, strict=True)
        ]
        return pa.array(texts, pa.string())


def _texts(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return []
    texts: list[str] = column.unique().drop_null().to_pylist()
    return texts


def write_further(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write tables by the names of their files; of one without rows there is no file."""
    for name, table in tables.items():
        if table.empty:
            (folder / name).unlink(missing_ok=True)  # of fewer points there may have been one
        else:
            write_csv(table, folder / name)


@dataclass(frozen=True)
class Failure:
    """A reason, the number of runs that it took, and the command for one of them."""

    reason: str
    runs: int
    command: str


def failures_of(
    results: pd.DataFrame, keys: Sequence[str], command: Callable[[Mapping[Any, Any]], str]
) -> list[Failure]:
    """Return the failures by reason, in the order of rows.

    `command` returns the command that runs the point with some keys alone.
    """
    failed = results[results["status"] == "failed"]
    groups = failed.groupby("message", sort=False, observed=True)
    return [
        Failure(
            str(reason),
            len(rows),
            command(rows[[*keys]].astype(object).iloc[0].to_dict()),
        )
        for reason, rows in groups
    ]
