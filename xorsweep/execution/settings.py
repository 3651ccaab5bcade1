"""Where batches are trained, as it is configured."""

from __future__ import annotations

from dataclasses import dataclass

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Integer, Nullable, String, field


@dataclass(frozen=True)
class ExecutionSettings:
    """Where batches are trained.

    `n_jobs` counts processes, -1 stands for every core; with the `address` of a Dask scheduler it
    counts the workers to make batches for, and -1 stands for those that it has. `shards` counts
    the jobs that a launcher of Hydra is given; None stands for as many as this machine has cores.
    """

    backend: str = field("loky", Choice(("serial", "loky", "dask")))
    n_jobs: int = field(-1, Integer(-1, 4096))
    address: str | None = field(None, Nullable(String()))
    shards: int | None = field(None, Nullable(Integer(1, 100_000)))

    def check(self) -> None:
        """Raise ConfigError where there would be no worker, or an address that nobody calls."""
        if self.n_jobs == 0:
            raise ConfigError("parallel.n_jobs=0: must be -1 (every core) or at least 1")
        if self.address is not None and self.backend != "dask":
            raise ConfigError(
                f"parallel.address={self.address}: is where a Dask scheduler listens, so it needs "
                f"parallel=dask and not parallel={self.backend}"
            )
