"""Points for the benchmarks, composed as the command line composes them."""

from __future__ import annotations

from hydra import compose, initialize_config_dir

from xorsweep.cli.defaults import config_folder
from xorsweep.cli.hydra_config import VERSION_BASE, plain
from xorsweep.grid.schema import Point
from xorsweep.networks.schema import NETWORK_SCHEMA


def point_of(**values: object) -> Point:
    """Return the default point with other values."""
    lines = [f"{key}={value}" for key, value in values.items()]
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        return NETWORK_SCHEMA.read_point(plain(compose("config", overrides=lines)))
