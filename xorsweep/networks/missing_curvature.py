"""Which points have no curvature that is computed, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.grid.columns import combined_codes
from xorsweep.grid.grid import Grid
from xorsweep.networks.curvature import missing_for
from xorsweep.networks.schema import component_of, network_of
from xorsweep.text import format_value


def missing_at(point: Mapping[str, Any]) -> str | None:
    """Return why the network of a point has no curvature, None where it has one."""
    is_batch = point["schedule"] == "batch"
    return missing_for(network_of(point), is_batch, component_of("activation", point))


def check_curvature(point: Mapping[str, Any], curvature: bool | str) -> None:
    """Raise ConfigError where a curvature is asked for that the network of a point hasn't."""
    if curvature and (reason := missing_at(point)):
        raise ConfigError(f"curvature={format_value(curvature)}: {reason}")


def missing_curvature(grid: Grid) -> dict[str, int]:
    """Return the reasons for which points of a grid have no curvature, with how many points."""
    groups = ("task", "hidden", "skip", "schedule", "activation")
    keys = [key for key in grid.columns if key.split(".")[0] in groups]
    # One point for each combination of these keys, since a grid may have millions of points.
    codes = combined_codes(grid.columns, keys, np.arange(len(grid)))
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    found: dict[str, int] = {}
    # By the first point that has each reason.
    for place in np.argsort(first):
        if reason := missing_at(grid.point(int(first[place]))):
            found[reason] = found.get(reason, 0) + int(counts[place])
    return found
