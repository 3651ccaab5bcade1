"""A sweep of a function."""

from pathlib import Path

import pytest

from .calls import TIMES, sweep


@pytest.fixture(scope="package")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished sweep, which no test changes."""
    folder = tmp_path_factory.mktemp("swept") / "sweep"
    sweep(folder, times=TIMES)
    return folder
