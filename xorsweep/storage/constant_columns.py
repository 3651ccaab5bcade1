"""Columns of a table with one value in all rows, such as keys that aren't swept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

NULLS_AT_ONCE = 32_768


def compact(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column that, if it is constant, has its value in memory once."""
    import pandas as pd

    array: Any = column.array
    strings: Any = pd.arrays.ArrowStringArray
    if len(column) and isinstance(array, strings) and column.isna().all():
        nulls = pa.nulls(NULLS_AT_ONCE, pa.large_string())
        chunks = [nulls] * (len(column) // NULLS_AT_ONCE) + [nulls[: len(column) % NULLS_AT_ONCE]]
        array = strings(pa.chunked_array(chunks), dtype=column.dtype)
    elif not is_constant(column):
        return column
    elif isinstance(array, pd.Categorical):
        codes = _repeated(array.codes)
        array = pd.Categorical.from_codes(codes, dtype=array.dtype, validate=False)
    else:
        array = _repeated(column.to_numpy())
    return pd.Series(array, column.index, copy=False)


def is_constant(column: pd.Series[Any]) -> bool:
    """Tell, for numbers, booleans and categories, whether all values have the same bits."""
    import pandas as pd

    array: Any = column.array
    if isinstance(array, pd.Categorical):
        bits = array.codes
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        bits = column.to_numpy().view(f"u{column.dtype.itemsize}")
    else:
        return False
    return bits.strides == (0,) or bool((bits == bits[:1]).all())


def _repeated(values: NDArray[Any]) -> NDArray[Any]:
    return np.broadcast_to(values[:1].copy(), values.shape)
