"""A job of another sweeper: the value of an objective, in one line and one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from xorsweep.analysis.objective_values import ObjectiveValue, estimate_objective
from xorsweep.fields import Scalar
from xorsweep.networks.engines import Engine
from xorsweep.networks.objectives import train_seeds
from xorsweep.networks.single_run import headline
from xorsweep.reporting.console import Console
from xorsweep.settings import ObjectiveSettings
from xorsweep.storage.atomic import write_atomically


def run_objective(
    point: Mapping[str, Scalar],
    engine: Engine,
    settings: ObjectiveSettings,
    folder: Path,
) -> float:
    """Train a checked point with its seeds, say and write its objective, and return it."""
    terminal, count = Console(), settings.objective_seeds
    seeds = range(count) if count is not None else [int(point["seed"] or 0)]
    found = estimate_objective(settings.objective, train_seeds(point, seeds, engine, terminal.log))
    data = _as_data(point, engine, settings, found)
    text = json.dumps(data, indent=2, allow_nan=False) + "\n"
    write_atomically(folder / "run.json", text.encode("utf-8"))
    terminal.log(f"{settings.objective} {_value_text(found)}: {headline(point, count)}")
    return found.value


def _value_text(found: ObjectiveValue) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.6g}"
    return f"{found.value:.6g} (95 % interval {found.low:.6g} to {found.high:.6g})"


def _as_data(
    point: Mapping[str, Scalar], engine: Engine, settings: ObjectiveSettings, found: ObjectiveValue
) -> dict[str, object]:
    """Return the record of a job for JSON: None for an infinite number."""
    has_one_seed = settings.objective_seeds is None
    limits = [] if found.low is None or found.high is None else [found.low, found.high]
    return {
        "point": {key: value for key, value in point.items() if has_one_seed or key != "seed"},
        "objective": settings.objective,
        "objective_seeds": settings.objective_seeds,
        "value": _finite(found.value),
        "interval": [_finite(limit) for limit in limits] or None,
        "engine": dict(vars(engine)),
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
