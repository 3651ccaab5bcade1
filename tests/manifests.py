"""Manifests as a sweep writes them when it begins."""

from collections.abc import Mapping
from typing import Any

from planned_batches import plan_of

from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.settings import AdaptiveSeeds
from xorsweep.storage.manifest import Manifest, describe_run
from xorsweep.text import content_digest


def new_manifest(grid: Grid, engine: Engine = Engine()) -> Manifest:
    """Return the manifest of a sweep that has trained nothing yet."""
    plan = plan_of(grid)
    return describe_run(grid, plan, NetworkExperiment(engine), AdaptiveSeeds(), 1, {})


def resealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with the digest that its content ought to have."""
    sealed = ("format", "experiment", "points", "rounds")
    content = {key: manifest[key] for key in sealed if key in manifest}
    return {**manifest, "digest": content_digest(content)}
