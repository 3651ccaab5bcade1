"""Which way of training is chosen, with how many workers, and what can't be had."""

from functools import partial

import joblib
import pytest

from xorsweep.errors import ConfigError
from xorsweep.execution.backends import SMALL_SWEEP, choose_execute, run_serial, settled, workers_of
from xorsweep.execution.loky import run_loky
from xorsweep.execution.settings import Parallel


@pytest.mark.parametrize(
    ("parallel", "count"),
    [
        (Parallel("serial", 1), 1),
        (Parallel("serial", 8), 1),
        (Parallel("loky", 3), 3),
        (Parallel("loky", -1), joblib.cpu_count()),
    ],
)
def test_the_number_of_processes_is_what_was_asked_for(parallel: Parallel, count: int) -> None:
    assert workers_of(parallel) == count


@pytest.mark.parametrize(
    ("parallel", "net_epochs", "serial"),
    [
        (Parallel("loky", 4), SMALL_SWEEP - 1, True),
        (Parallel("loky", 4), SMALL_SWEEP, False),
        (Parallel("loky", 1), 10 * SMALL_SWEEP, True),
        (Parallel("serial", 4), 10 * SMALL_SWEEP, True),
    ],
)
def test_processes_are_started_where_they_are_worth_it(
    parallel: Parallel, net_epochs: int, serial: bool
) -> None:
    assert (choose_execute(parallel, net_epochs) is run_serial) is serial


def test_a_large_sweep_gets_as_many_processes_as_were_asked_for() -> None:
    execute = choose_execute(Parallel("loky", 3), SMALL_SWEEP)
    assert isinstance(execute, partial)
    assert (execute.func, execute.keywords) == (run_loky, {"workers": 3})


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_every_core_is_settled_as_a_number(backend: str) -> None:
    assert settled(Parallel(backend, -1)) == Parallel(backend, joblib.cpu_count())
    assert settled(Parallel(backend, 3)) == Parallel(backend, 3)


def test_what_is_not_installed_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xorsweep.execution.backends.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"^parallel=dask: .*; pip install 'xorsweep\[dask\]'$"):
        settled(Parallel("dask"))
