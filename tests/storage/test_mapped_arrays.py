"""Large arrays lie in files without names, and hold the same values as other arrays."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from xorsweep.storage.compact_columns import compact
from xorsweep.storage.mapped_arrays import IN_MEMORY, full, release_pages

pytestmark = pytest.mark.unit


def is_mapped(array: NDArray[Any]) -> bool:
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else base.base
    return base is not None


def test_large_arrays_lie_in_a_file_and_small_ones_in_memory(tmp_path: Path) -> None:
    small, large = (full(count, np.nan, np.float64, tmp_path) for count in (5, IN_MEMORY // 8 + 3))
    assert (is_mapped(small), is_mapped(large)) == (False, True)
    assert np.isnan(small).all()
    assert np.isnan(large).all()
    large[[0, -1]] = 1.5, -2.0
    release_pages()
    assert large[[0, 1, -1]].tolist() == pytest.approx([1.5, np.nan, -2.0], nan_ok=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        full(IN_MEMORY, 0, np.int64, tmp_path / "nowhere")


@pytest.mark.parametrize("dtype", ["float64", "int64", "float32", "Int64"])
def test_numbers_in_a_file_are_the_same_column(dtype: str, tmp_path: Path) -> None:
    column = pd.Series([3, None if dtype[0] in "fI" else 4, 5], dtype=dtype)
    found = compact(column, tmp_path, in_memory=1)
    assert found is not column
    pd.testing.assert_series_equal(found, column)
