"""The keys that the command line and config files may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xorsweep import hints
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import fields_of
from xorsweep.fields.sections import check_known
from xorsweep.hints import Table
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, SCALAR_KEYS
from xorsweep.settings import (
    FIGURES,
    AdaptiveSeeds,
    FigureSettings,
    NetworkSettings,
    ObjectiveSettings,
    SweepSettings,
)

SETTINGS: Mapping[str, type] = {
    "parallel": ExecutionSettings,
    "engine": Engine,
    FIGURES: FigureSettings,
}
"""The config groups that say how a sweep is run, and how its figures look."""

OWN_KEYS = ("vectorized", "times", "rate")
"""Top-level keys of a sweep of a function or an experiment alone."""

RUN_KEYS = ("grid", "plan", "resume", "study", "function", "experiment", *OWN_KEYS)
"""Top-level keys that don't belong to a point."""

SWEEP_SETTINGS = (*fields_of(AdaptiveSeeds), *fields_of(SweepSettings), "parallel", FIGURES)
"""Top-level keys and config groups that say how a sweep is run, and have no meaning for a run."""

SETTING_KEYS = tuple(
    name
    for settings in (AdaptiveSeeds, SweepSettings, ObjectiveSettings, NetworkSettings)
    for name in fields_of(settings)
)
"""Top-level keys that say how a sweep is run and which files it writes."""

WORDS: Table = {**hints.KEYS, **NETWORK_SCHEMA.words}
"""Common mistakes for the keys of a sweep of networks."""


def check_known_keys(config: Mapping[str, Any]) -> None:
    """Raise ConfigError for a top-level key that nothing reads, with the nearest that is read."""
    known = [*NETWORK_SCHEMA.keys, *SETTING_KEYS, *SETTINGS, *RUN_KEYS]
    check_known("", config, known, words=WORDS)


def is_point_key(key: str) -> bool:
    """Tell whether a key belongs to a point, and not to the way it is run."""
    return key in SCALAR_KEYS or key.split(".")[0] in COMPONENTS


def canonical_level(key: str, level: Any) -> Any:
    """Return a level as it is, or the name of the component that it is another word for."""
    is_name = key in COMPONENTS and isinstance(level, str)
    return COMPONENTS[key].canonical(level) if is_name else level
