"""Processes that work on tasks, whatever these are."""

import warnings

import pytest
from joblib import delayed

from xorsweep.execution.pool import pool_of, start_pool


# Loky's own thread may look for a task that was taken back just then.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_stops_early_is_warned_of_nothing() -> None:
    tasks = (delayed(abs)(-number) for number in range(200))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        results = start_pool(pool_of(2), tasks)
        assert next(results) < 200
        results.close()  # type: ignore[attr-defined]
    assert [str(warning.message) for warning in told] == []
