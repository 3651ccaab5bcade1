"""Chooses where batches run; each backend has a file, which is imported when it is chosen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from joblib import cpu_count

from xorsweep.errors import ConfigError
from xorsweep.execution.interface import Executor
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings

SMALL_SWEEP = 2_000_000
"""Net-epochs that one process trains in less time than other processes take to start."""


def resolve_workers(parallel: ExecutionSettings) -> ExecutionSettings:
    """Return the settings with a number of workers in place of -1.

    Raises:
        ConfigError: The backend isn't installed, can't be reached or has no worker.
    """
    if parallel.backend == "dask" and not find_spec("distributed"):
        raise ConfigError("parallel=dask: Dask isn't installed; pip install 'xorsweep[dask]'")
    if parallel.address is None:
        return replace(parallel, n_jobs=workers_of(parallel))
    found = _dask_cluster().count_workers(parallel.address)
    return replace(parallel, n_jobs=found if parallel.n_jobs == -1 else parallel.n_jobs)


def workers_of(parallel: ExecutionSettings) -> int:
    """Return how many processes run batches at a time; of a cluster elsewhere, as resolved."""
    if parallel.backend == "serial":
        return 1
    return int(cpu_count()) if parallel.n_jobs == -1 else parallel.n_jobs


def local_workers(parallel: ExecutionSettings) -> int:
    """Return how many processes of this machine may work at the same time."""
    return min(workers_of(parallel), int(cpu_count()))


def is_in_process(parallel: ExecutionSettings, net_epochs: int) -> bool:
    """Tell whether the batches run in this process, as those of small sweeps do."""
    if parallel.address is not None:
        return False
    return workers_of(parallel) == 1 or net_epochs < SMALL_SWEEP


def choose_executor(parallel: ExecutionSettings, net_epochs: int) -> Executor:
    """Return what runs batches: this process alone where other processes wouldn't be quicker.

    Args:
        parallel: The settings, with their workers resolved.
        net_epochs: The work of all batches, in epochs of one network.
    """
    return run_serial if is_in_process(parallel, net_epochs) else executor_of(parallel)


def executor_of(parallel: ExecutionSettings) -> Executor:
    """Return what runs batches in as many processes as the settings say."""
    workers = workers_of(parallel)
    if parallel.backend == "dask":
        return partial(_dask_cluster().run_dask, workers=workers, address=parallel.address)
    return partial(import_module("xorsweep.execution.loky").run_loky, workers=workers)


def _dask_cluster() -> Any:
    return import_module("xorsweep.execution.dask")
