"""Constant columns are equal to what they were, and have their value in memory once."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.storage.constant_columns import NULLS_AT_ONCE, compact, is_constant

pytestmark = pytest.mark.unit


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
    for column in (
        pd.Series(["a", "a"], dtype="str"),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, 2]),
        pd.Series(["a", "b"], dtype="category"),
    ):
        assert compact(column) is column
