"""Columns of large tables that take little memory: constant ones, and those in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.storage.column_bits import bits_of, is_constant
from xorsweep.storage.mapped_arrays import IN_MEMORY, full, release_pages

if TYPE_CHECKING:
    import pandas as pd

NULLS_AT_ONCE = 32_768


def compact(
    column: pd.Series[Any], folder: Path | None = None, in_memory: int = IN_MEMORY
) -> pd.Series[Any]:
    """Return a large column in little memory: a constant one, read-only, has its value there once.

    Others lie in temporary files of `folder` if they are numbers. Columns of fewer bytes than
    `in_memory` aren't changed.
    """
    import pandas as pd

    if len(column) * 8 < in_memory:
        return column
    strings: Any = pd.arrays.ArrowStringArray
    if isinstance(column.array, strings) and column.isna().all():
        nulls = pa.nulls(NULLS_AT_ONCE, pa.large_string())
        # The chunks are one array, which is in memory once.
        chunks = [nulls] * (len(column) // NULLS_AT_ONCE) + [nulls[: len(column) % NULLS_AT_ONCE]]
        array = strings(pa.chunked_array(chunks), dtype=column.dtype)
        return pd.Series(array, column.index, copy=False)
    if is_constant(column):
        return _repeated(column, column.index)
    return _mapped(column, folder, in_memory)


def select_rows(
    table: pd.DataFrame, chosen: NDArray[np.bool_], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return chosen rows (N,) of a table, with all or some of its columns, once each.

    Rows keep their index, and constant columns take as little memory as before.
    """
    import pandas as pd

    rows = np.flatnonzero(chosen)
    index = table.index[rows]

    def some(column: pd.Series[Any]) -> pd.Series[Any]:
        bits = bits_of(column)
        if bits is not None and len(bits) and bits.strides == (0,):
            return _repeated(column, index)
        return pd.Series(column.array.take(rows), index, copy=False)

    names = table.columns if columns is None else dict.fromkeys(columns)
    return pd.DataFrame({name: some(table[name]) for name in names}, index, copy=False)


def take_rows(
    table: pd.DataFrame, rows: NDArray[np.int64] | list[int], columns: Sequence[str]
) -> pd.DataFrame:
    """Return some columns of some rows (n,), which are given and indexed by their places."""
    import pandas as pd

    return pd.DataFrame({name: table[name].array.take(rows) for name in columns}, index=rows)


def _repeated(column: pd.Series[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    """Return the first value of a column in each row, in memory once."""
    import pandas as pd

    array: Any = column.array[:1]
    if isinstance(array, pd.Categorical):
        # A copy, since the slice would keep all of the old codes in memory.
        codes = np.broadcast_to(array.codes.copy(), len(index))
        array = pd.Categorical.from_codes(codes, dtype=array.dtype, validate=False)
    else:
        array = np.broadcast_to(np.array(array), len(index))
    return pd.Series(array, index, copy=False)


def _mapped(column: pd.Series[Any], folder: Path | None, in_memory: int) -> pd.Series[Any]:
    """Return a column whose values lie in a file if they are numbers."""
    import pandas as pd

    if isinstance(column.dtype, pd.Int64Dtype):
        array: Any = full(len(column), 0, np.int64, folder, in_memory)
        array[:] = column.to_numpy(np.int64, na_value=0)
        array = pd.arrays.IntegerArray(array, column.isna().to_numpy())
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        array = full(len(column), 0, column.dtype, folder, in_memory)
        array[:] = column.to_numpy()
    else:
        return column
    release_pages()
    return pd.Series(array, column.index, copy=False)
