"""How a sweep is run and what it leaves, as it is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import (
    Boolean,
    Choice,
    Integer,
    Nullable,
    Real,
    check_known,
    field,
    fields_of,
    read_fields,
    read_settings,
)
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA


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
    """How a sweep is run and what it leaves; of all this only engine and rounds touch numbers."""

    parallel: ExecutionSettings = ExecutionSettings()
    engine: Engine = Engine()
    rounds: AdaptiveSeeds = AdaptiveSeeds()
    report: bool = field(True, Boolean())
    on_failure: str = field("continue", Choice(("continue", "stop")))


SETTINGS: Mapping[str, type] = {"parallel": ExecutionSettings, "engine": Engine}
"""The config groups that say how a sweep is run."""

RUN_KEYS = ("grid", "plan", "resume", "study")
"""Top-level keys that say what to do, or what for, rather than what to train."""


def read_sweep(config: Mapping[str, Any]) -> SweepSettings:
    """Return the checked settings of a sweep; raises ConfigError."""
    return SweepSettings(
        parallel=read_settings("parallel", config, ExecutionSettings),
        engine=read_settings("engine", config, Engine),
        rounds=AdaptiveSeeds(**read_fields("", config, AdaptiveSeeds)),
        **read_fields("", config, SweepSettings),
    )


def check_known_keys(config: Mapping[str, Any]) -> None:
    """Raise ConfigError for a top-level key that nothing reads, with the nearest that is read."""
    read_here = [*fields_of(AdaptiveSeeds), *fields_of(SweepSettings), *SETTINGS]
    check_known("", config, [*NETWORK_SCHEMA.keys, *read_here, *RUN_KEYS])
