"""Compact columns are equal to the original ones, constant ones are in memory once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.storage import compact_columns
from xorsweep.storage.column_bits import is_constant
from xorsweep.storage.compact_columns import NULLS_AT_ONCE, select_rows

pytestmark = pytest.mark.unit


def compact(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column that is large, however short it is, in little memory."""
    return compact_columns.compact(column, in_memory=1)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([0.5] * 5),
        pd.Series([np.nan] * 5),
        pd.Series([7] * 5),
        pd.Series([True] * 5),
        pd.Series(["xor"] * 5, dtype="category"),
        pd.Series([None] * 5, dtype="str").astype("category"),
    ],
    ids=lambda column: f"{column.dtype} {column[0]}",
)
def test_the_value_of_a_constant_column_is_in_memory_once(column: "pd.Series[object]") -> None:
    found = compact(column)
    pd.testing.assert_series_equal(found, column)
    assert is_constant(found)
    array = found.array
    assert (array.codes if found.dtype == "category" else found.to_numpy()).strides == (0,)


@given(st.lists(st.floats(width=32) | st.sampled_from([0.0, -0.0, np.nan]), max_size=4))
def test_a_column_of_numbers_keeps_its_bits(values: list[float]) -> None:
    column = pd.Series(values, dtype=np.float64)
    bits = column.to_numpy().view(np.uint64)
    assert is_constant(column) == (len(set(bits.tolist())) <= 1)
    assert (compact(column).to_numpy().view(np.uint64) == bits).all()


@pytest.mark.parametrize("count", [1, NULLS_AT_ONCE, NULLS_AT_ONCE + 3])
def test_messages_of_no_failure_take_no_memory_per_row(count: int) -> None:
    column = pd.Series([None] * count, dtype="str")
    found = compact(column)
    assert found.dtype == column.dtype
    assert len(found) == count
    assert found.isna().all()


def test_other_columns_are_returned_as_they_are() -> None:
    for column in (pd.Series(["a", "a"], dtype="str"), pd.Series(["a", "b"], dtype="category")):
        assert compact(column) is column
    small = pd.Series([1.0] * 5)
    assert compact_columns.compact(small, in_memory=5 * 8 + 1) is small
    assert compact_columns.compact(small, in_memory=5 * 8) is not small


def test_chosen_rows_are_those_of_pandas_and_constant_columns_stay_constant() -> None:
    table = pd.DataFrame(
        {
            "task": pd.Series(["xor"] * 4, dtype="category"),
            "lr": [0.1, 0.1, 0.2, 0.2],
            "init.low": [-1.0] * 4,
            "converged_epoch": pd.Series([1, None, 3, None], dtype="Int64"),
            "message": pd.Series([None] * 4, dtype="str"),
        },
        index=[5, 6, 7, 9],
    )
    held = pd.DataFrame({name: compact(table[name]) for name in table}, copy=False)
    for chosen in ([False] * 4, [True, False, False, True]):
        mask = np.array(chosen)
        found = select_rows(held, mask)
        pd.testing.assert_frame_equal(found, table[mask])
        few = select_rows(held, mask, ["lr", "task", "lr"])
        pd.testing.assert_frame_equal(few, table.loc[mask, ["lr", "task"]])
    assert found["init.low"].to_numpy().strides == (0,)
