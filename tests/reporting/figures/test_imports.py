"""The imports of other processes before they draw."""

import os
import signal
import sys

import pytest
from joblib import delayed

from xorsweep.execution.pool import pool_of, start_pool
from xorsweep.reporting.figures.catalog import MOST_ROWS_SENT
from xorsweep.reporting.figures.imports import FigureImports


def is_imported(name: str) -> bool:
    return name in sys.modules


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_nothing_is_imported_where_this_process_draws() -> None:
    assert FigureImports.of(1, 10) is None
    assert FigureImports.of(2, MOST_ROWS_SENT + 1) is None
    assert FigureImports.of(2, 10) == FigureImports(2)
    FigureImports(2).wait()


@pytest.mark.slow
def test_other_processes_import_seaborn_once_and_survive_a_death() -> None:
    imports = FigureImports(3)
    imports.start()
    imports.start()
    imports.wait()
    found = list(start_pool(pool_of(3), [delayed(is_imported)("seaborn")] * 3))
    assert any(found)
    dying = start_pool(pool_of(3), [delayed(die)()])
    doomed = FigureImports(3)
    doomed.start()
    doomed.wait()
    with pytest.raises(Exception, match="terminated"):
        list(dying)
