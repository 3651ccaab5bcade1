"""Classes of experiments by the names that a person types."""

from __future__ import annotations

from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.experiment import Experiment
from xorsweep.experiment.lookup import (
    EXPERIMENTS,
    experiment_class,
    offered_experiments,
    remember_class,
)
from xorsweep.functions.source import load_function
from xorsweep.text import shorten


def load_class(name: object) -> type[Experiment[Any]]:
    """Return the class of an experiment, by `module:class` or by the name that a package offers.

    This process opens folders of it from then on.

    Raises:
        ConfigError: There is no such class.
    """
    if not isinstance(name, str):
        raise ConfigError(f"experiment={shorten(name)}: must be a name, or module:class")
    found: Any = load_function(name) if ":" in name else experiment_class(name)
    if found is None:
        offered = ", ".join(offered_experiments()) or "none"
        raise ConfigError(
            f"experiment={name}: no package here offers it; there are: {offered}; a class of the "
            "current folder is named as module:class"
        )
    if not (isinstance(found, type) and issubclass(found, Experiment)) or name in EXPERIMENTS:
        raise ConfigError(f"experiment={name}: must be a class that derives from Experiment")
    remember_class(found)
    return found
