"""The rows of networks as Arrow has them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.networks.results import to_arrow

VALUES: dict[pa.DataType, tuple[st.SearchStrategy[Any], Any]] = {
    pa.float64(): (st.floats(), np.float64),
    pa.float32(): (st.floats(width=32), np.float32),
    pa.int64(): (st.integers(-(2**63), 2**63 - 1), np.int64),
    pa.int8(): (st.integers(-128, 127), np.int8),
    pa.uint64(): (st.integers(0, 2**64 - 1), np.uint64),
    pa.bool_(): (st.booleans(), np.bool_),
    pa.string(): (st.none() | st.text(), object),
}


@pytest.mark.parametrize("type_", VALUES, ids=str)
@given(data=st.data())
def test_values_are_converted_as_by_arrow(type_: pa.DataType, data: st.DataObject) -> None:
    strategy, dtype = VALUES[type_]
    values = np.array(data.draw(st.lists(strategy, max_size=20)), dtype)
    found, wanted = to_arrow(values[::2], type_), pa.array(values[::2], type_)
    found.validate(full=True)
    assert (found.type, found.null_count) == (wanted.type, wanted.null_count)
    assert found.equals(wanted) or np.isnan(values[::2].astype(float)).any()
    assert list(map(str, found.to_pylist())) == list(map(str, wanted.to_pylist()))
