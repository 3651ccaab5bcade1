"""Objectives: the number that another sweeper minimises, of one run or of many seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray, Scalar
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.planning import Batch
from xorsweep.networks.schema import NETWORK_SCHEMA, epochs_of, network_of, task_rows
from xorsweep.networks.single_run import SingleRun, exit_as_error
from xorsweep.networks.trainer import train_batch
from xorsweep.networks.warmup import warm_up


@dataclass(frozen=True)
class SeedRuns:
    """n trained networks that differ in their seeds alone.

    final_error (n,) float64 is half the sum of squared errors, infinite where a network diverged;
    converged (n,) bool; epochs_spent (n,) float64 are those until the criterion was first met, all
    of them where it never was.
    """

    final_error: FloatArray
    converged: NDArray[np.bool_]
    epochs_spent: FloatArray

    @classmethod
    def read(
        cls, final_error: FloatArray, converged_epoch: NDArray[np.int64], epochs: int
    ) -> SeedRuns:
        """Return the runs of which these are the columns of results (n,), -1 for never."""
        converged = converged_epoch >= 0
        return cls(
            # Not NaN: Hydra's Optuna sweeper ends its study at the first one.
            np.where(np.isfinite(final_error), final_error, np.inf),
            converged,
            np.where(converged, converged_epoch, epochs).astype(np.float64),
        )

    @classmethod
    def of_single(cls, run: SingleRun) -> SeedRuns:
        """Return one run that was looked at closely."""
        converged_epoch = np.array([-1 if run.converged_epoch is None else run.converged_epoch])
        return cls.read(np.array([run.final_error]), converged_epoch, epochs_of(run.point))


def check_seeds(point: Mapping[str, Scalar], seeds: Sequence[int]) -> None:
    """Raise ConfigError where a checked point can't have one of these seeds."""
    columns = {key: np.array([value]) for key, value in point.items()}
    NETWORK_SCHEMA.check_points({**columns, "seed": np.array(seeds)})


def train_seeds(
    point: Mapping[str, Scalar],
    seeds: Sequence[int],
    engine: Engine,
    log: Callable[[str], None],
) -> SeedRuns:
    """Train a point with each of several seeds, as many together as the engine takes.

    Args:
        point: A checked point, by flat keys; its own seed isn't read.
        seeds: The seeds (n,).
        engine: The engine that trains them.
        log: Is called with each line to be shown, such as that an engine is compiled.

    Returns:
        The runs, with the same bits as the rows of a sweep.
    """
    epochs = epochs_of(point)
    batch = Batch(
        fixed={key: value for key, value in point.items() if key not in ("epochs", "seed")},
        varying={"seed": np.array(seeds, np.uint32)},
        snapshots=(epochs,),
        rows=np.arange(len(seeds))[None, :],
        # These runs go into no part, so nothing asks for the identities of points.
        identities=np.zeros((1, len(seeds)), np.uint64),
    )
    warm_up([batch], engine, log)
    most = load_capacity(engine)(network_of(point), task_rows(point))
    parts = [batch.part(slice(start, start + most)) for start in range(0, len(seeds), most)]
    with exit_as_error():
        trained = [train_batch(part, engine) for part in parts]
    return SeedRuns.read(
        np.concatenate([each.final_error for each in trained]),
        np.concatenate([each.converged_epoch for each in trained]),
        epochs,
    )
