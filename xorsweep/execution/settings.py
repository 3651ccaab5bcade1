"""The settings of the config group `parallel`."""

from __future__ import annotations

from dataclasses import dataclass

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Integer, Nullable, String, field
from xorsweep.hints import BACKENDS


@dataclass(frozen=True)
class ExecutionSettings:
    """Where batches run.

    Args:
        backend: `serial`, `loky` or `dask`.
        n_jobs: Processes, -1 for every core; with an `address`, workers to make batches for, -1
            for those that the cluster has.
        address: A Dask scheduler's, such as `tcp://10.0.0.1:8786`.
        shards: Jobs that a launcher of Hydra is given; None for one per core of this machine.
    """

    backend: str = field("loky", Choice(("serial", "loky", "dask"), words=BACKENDS))
    n_jobs: int = field(-1, Integer(-1, 4096))
    address: str | None = field(None, Nullable(String()))
    shards: int | None = field(None, Nullable(Integer(1, 100_000)))

    def check(self) -> None:
        """Raise ConfigError where there is no worker, or an address without Dask."""
        if self.n_jobs == 0:
            raise ConfigError("parallel.n_jobs=0: must be -1 (every core) or at least 1")
        if self.address is not None and self.backend != "dask":
            raise ConfigError(
                f"parallel.address={self.address}: is where a Dask scheduler listens, so it needs "
                f"parallel=dask and not parallel={self.backend}"
            )
