"""How a sweep is run and what it leaves, as it is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import (
    Boolean,
    BooleanOr,
    Choice,
    Integer,
    Nullable,
    Real,
    String,
    field,
    read_fields,
    read_settings,
)


@dataclass(frozen=True)
class AdaptiveSeeds:
    """How sure each rate must be before no more seeds are added to its cell.

    `precision` is half the width of the 95 % interval, or null for the seeds that were given and
    no more; `max_seeds` ends a cell that isn't as sure as that, too.
    """

    precision: float | None = field(None, Nullable(Real(above=0.0, below=0.5)))
    max_seeds: int = field(10_000, Integer(1, 2**32))


@dataclass(frozen=True)
class SweepSettings:
    """How a sweep is run and what it leaves; of all this only rounds touch its rows.

    `title` is that of the report, and `csv` whether results.csv is written beside results.parquet.
    """

    parallel: ExecutionSettings = ExecutionSettings()
    rounds: AdaptiveSeeds = AdaptiveSeeds()
    report: bool = field(True, Boolean())
    csv: bool = field(True, Boolean())
    on_failure: str = field("continue", Choice(("continue", "stop")))
    title: str | None = field(None, Nullable(String()))


@dataclass(frozen=True)
class NetworkSettings:
    """What is kept of networks beside their errors and outputs.

    `curvature` is true for the curvature of the loss after the last epoch, `learning_curve` for
    that at the epochs of the learning curve, too. `trainable` adds whether the loss came down.
    """

    curvature: bool | str = field(False, BooleanOr(("learning_curve",)))
    trainable: bool = field(False, Boolean())


ZOOM_FACTOR = Real(above=1.0)
"""How many times narrower than its map a window is."""
ZOOM_FRAMES = Integer(2, 100)
"""How many maps an animation from a map to a window shows."""

OBJECTIVE = Choice(("final_error", "failure_rate", "expected_running_time"))


@dataclass(frozen=True)
class ObjectiveSettings:
    """The objective of a job, and how many seeds it is measured over.

    With `objective_seeds` these are 0, 1, and so on; with null it is the one seed of the point.
    """

    objective: str = field("final_error", OBJECTIVE)
    objective_seeds: int | None = field(None, Nullable(Integer(1, 2**32)))


def read_sweep(config: Mapping[str, Any]) -> SweepSettings:
    """Return the checked settings of a sweep; raises ConfigError."""
    return SweepSettings(
        parallel=read_settings("parallel", config, ExecutionSettings),
        rounds=AdaptiveSeeds(**read_fields("", config, AdaptiveSeeds)),
        **read_fields("", config, SweepSettings),
    )
