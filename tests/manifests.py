"""Manifests as a sweep writes them when it begins."""

from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.planning import make_plan
from xorsweep.settings import AdaptiveSeeds
from xorsweep.storage.manifest import Manifest, describe_run


def new_manifest(grid: Grid, engine: Engine = Engine()) -> Manifest:
    """Return the manifest of a sweep that has trained nothing yet."""
    plan = make_plan(grid, load_capacity(Engine()), 1)
    return describe_run(grid, plan, NetworkExperiment(engine), AdaptiveSeeds(), 1, {})
