"""Values that a column can hold as they are, and those that it can't."""

import math
from collections import UserList
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.errors import FunctionError, PointError
from xorsweep.functions.values import column_of

MASKED = np.ma.masked_array([1.0, 2.0], [False, True])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([1, 2**63], np.uint64), "y=9223372036854775808, which its column of whole"),
        ([1, 2**63], "y=9223372036854775808, which its column of whole numbers can't hold"),
        ([-1, 2**64], "y=18446744073709551616, which its column of whole numbers can't hold"),
        ([np.uint64(2**63), np.int8(1)], "y=9223372036854775808, which its column of whole"),
        ([2**53 + 1, 0.5], "y=9007199254740993, which its column of numbers can't hold exactly"),
        ([np.int64(2**53 + 1), 0.5], "y=9007199254740993, which its column of numbers"),
        ([10**9999, 0.5], "y=a whole number of 33,216 bits, which its column"),
        ([np.longdouble(1) + np.longdouble(2) ** -60] * 2, "y=1.0000000000000000009, which"),
        (MASKED, "y masked; use NaN for a missing number"),
        ([1.0, np.ma.masked], "y masked; use NaN for a missing number"),
        (
            [1.0, np.ma.masked_array(2.0, True)],
            "y masked; use NaN for a missing number",
        ),
        ([*MASKED], "y masked; use NaN for a missing number"),
        (["a", "b\ud800"], r"y with '\ud800', which isn't UTF-8"),
        (np.array(["a", "\udcff"]), r"y with '\udcff', which isn't UTF-8"),
        (["a", "b\0"], "y, a text that ends in a null character"),
    ],
)
def test_a_value_that_would_be_altered_is_refused_at_its_point(values: Any, message: str) -> None:
    if isinstance(values[0], np.longdouble) and np.finfo(np.longdouble).nmant < 60:
        pytest.skip("this machine has no longer floats")
    with pytest.raises(PointError) as told:
        column_of("y", values, 2)
    assert str(told.value).startswith(f"returned {message}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([True, 2], "true and false and whole numbers"),
        ([1, "a"], "texts and whole numbers"),
        ([0.5, "a"], "texts and numbers"),
        (UserList([True, "a"]), "texts and true and false"),
    ],
)
def test_kinds_that_numpy_would_make_one_are_refused(values: Any, words: str) -> None:
    with pytest.raises(FunctionError, match=f"returned y with {words} in one column"):
        column_of("y", values, 2)


def test_a_masked_array_without_masked_entries_is_accepted() -> None:
    assert column_of("y", np.ma.masked_array([1, 2], [False, False]), 2).tolist() == [1, 2]


NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([2**53, 2**63 - 1]))


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_a_list_of_numbers_comes_back_exactly_or_not_at_all(numbers: list[Any]) -> None:
    try:
        found = column_of("y", numbers, len(numbers)).tolist()
    except PointError:
        return
    for one, other in zip(numbers, found, strict=True):
        assert one == other or (math.isnan(one) and math.isnan(other))
        # A float of Python equals a whole number only where it is that number.


@given(st.lists(st.text(st.characters(), max_size=5), min_size=1, max_size=4))
def test_texts_come_back_or_are_refused(texts: list[str]) -> None:
    try:
        assert column_of("y", texts, len(texts)).tolist() == texts
    except PointError:
        assert any(not _is_utf8(text) or text.endswith("\0") for text in texts)


def _is_utf8(text: str) -> bool:
    return text.encode(errors="replace") == text.encode(errors="surrogatepass")
