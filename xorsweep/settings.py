"""How a sweep is run and what it leaves, as it is configured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xorsweep.execution.settings import Parallel
from xorsweep.fields import (
    Boolean,
    Choice,
    Integer,
    OrNull,
    Real,
    parameter,
    read_all,
    read_settings,
    refuse_unknown,
    rules_of,
)
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import POINT_KEYS


@dataclass(frozen=True)
class Rounds:
    """How sure each rate must be before no more seeds are added to its cell.

    `precision` is half the width of the 95 % interval, or null for the seeds that were given and
    no more; `max_seeds` ends a cell that isn't as sure as that, too.
    """

    precision: float | None = parameter(None, OrNull(Real(above=0.0, below=0.5)))
    max_seeds: int = parameter(10_000, Integer(1, 2**32))


@dataclass(frozen=True)
class Sweep:
    """How a sweep is run and what it leaves; of all this only engine and rounds touch numbers."""

    parallel: Parallel = Parallel()
    engine: Engine = Engine()
    rounds: Rounds = Rounds()
    report: bool = parameter(True, Boolean())
    on_failure: str = parameter("continue", Choice(("continue", "stop")))


SETTINGS: Mapping[str, type] = {"parallel": Parallel, "engine": Engine}
"""The config groups that say how a sweep is run."""


def read_sweep(config: Mapping[str, Any]) -> Sweep:
    """Return the checked settings of a sweep; raises ConfigError."""
    return Sweep(
        parallel=read_settings("parallel", config, Parallel),
        engine=read_settings("engine", config, Engine),
        rounds=Rounds(**read_all("", config, Rounds)),
        **read_all("", config, Sweep),
    )


def refuse_unknown_keys(config: Mapping[str, Any], others: Iterable[str] = ()) -> None:
    """Raise ConfigError for a top-level key that nothing reads, with the nearest that is read."""
    read_here = [*rules_of(Rounds), *rules_of(Sweep), *SETTINGS]
    refuse_unknown("", config, [*POINT_KEYS, *read_here, *others])
