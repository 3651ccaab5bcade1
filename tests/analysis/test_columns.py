"""Columns of results, by their levels."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.analysis.columns import has_levels

LEVELS = st.lists(st.sampled_from([0.0, 1.0, 2.0, float("nan")]), max_size=40)


@given(LEVELS, st.integers(1, 5))
def test_a_column_has_as_many_levels_as_different_values(values: list[float], fewest: int) -> None:
    counted = len({value for value in values if value == value})
    assert has_levels(pd.Series(values, dtype=float), fewest) == (counted >= fewest)


def test_levels_count_that_come_late() -> None:
    assert has_levels(pd.Series([0] * 100 + [1]), 2)
    assert not has_levels(pd.Series([0] * 100 + [1]), 3)
