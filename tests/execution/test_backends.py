"""The choice of an executor and of its number of workers, and the choices that are refused."""

import sys
from functools import partial

import joblib
import pytest

from xorsweep.errors import ConfigError
from xorsweep.execution.backends import choose_executor, resolve_workers, run_serial, workers_of
from xorsweep.execution.loky import run_loky
from xorsweep.execution.settings import ExecutionSettings


@pytest.mark.parametrize(
    ("parallel", "count"),
    [
        (ExecutionSettings("serial", 1), 1),
        (ExecutionSettings("serial", 8), 1),
        (ExecutionSettings("loky", 3), 3),
        (ExecutionSettings("loky", -1), joblib.cpu_count()),
    ],
)
def test_the_number_of_processes_is_the_requested_one(
    parallel: ExecutionSettings, count: int
) -> None:
    assert workers_of(parallel) == count


@pytest.mark.parametrize(
    ("parallel", "is_quick", "serial"),
    [
        (ExecutionSettings("loky", 4), True, True),
        (ExecutionSettings("loky", 4), False, False),
        (ExecutionSettings("loky", 1), False, True),
        (ExecutionSettings("serial", 4), False, True),
    ],
)
def test_processes_are_started_where_they_are_worth_it(
    parallel: ExecutionSettings, is_quick: bool, serial: bool
) -> None:
    assert (choose_executor(parallel, is_quick) is run_serial) is serial


def test_a_large_sweep_gets_as_many_processes_as_were_asked_for() -> None:
    execute = choose_executor(ExecutionSettings("loky", 3), is_quick=False)
    assert isinstance(execute, partial)
    assert (execute.func, execute.keywords) == (run_loky, {"workers": 3})


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_every_core_is_settled_as_a_number(backend: str) -> None:
    assert resolve_workers(ExecutionSettings(backend, -1)) == ExecutionSettings(
        backend, joblib.cpu_count()
    )
    assert resolve_workers(ExecutionSettings(backend, 3)) == ExecutionSettings(backend, 3)


def test_a_missing_package_is_reported_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"^parallel=dask: .*; pip install 'xorsweep\[dask\]'$"):
        resolve_workers(ExecutionSettings("dask"))
