"""The bits of a table's column: whether they are the same everywhere, and where they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def bits_of(column: pd.Series[Any]) -> NDArray[Any] | None:
    """Return the bits of numbers and booleans, and the codes of categories (N,); None of others."""
    import pandas as pd

    if isinstance(column.array, pd.Categorical):
        return column.array.codes
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return column.to_numpy().view(f"u{column.dtype.itemsize}")
    return None


def is_constant(column: pd.Series[Any]) -> bool:
    """Tell, for numbers, booleans and categories, whether all values have the same bits."""
    bits = bits_of(column)
    if bits is None:
        return False
    # A stride of 0 is that of one value, broadcast; `compact` makes such columns. Most others
    # differ at their end.
    return bits.strides == (0,) or bool((bits[-1:] == bits[:1]).all() and (bits == bits[:1]).all())


def changes(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Tell which values (N - 1,) but the first have other bits than the one before."""
    import pandas as pd

    bits = bits_of(column)
    if bits is None:
        bits = pd.factorize(column.array)[0]
    if bits.strides == (0,):
        return np.zeros(max(0, len(bits) - 1), bool)
    changed: NDArray[np.bool_] = bits[1:] != bits[:-1]
    return changed
