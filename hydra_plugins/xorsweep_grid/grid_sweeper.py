"""The sweeper class for Hydra's plugin scan; `_core` implements it."""

# No postponed annotations here: Hydra's scan executes this module before it is in sys.modules,
# where a dataclass couldn't look them up.
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class XorsweepGridConfig:
    """hydra.sweeper: `params` holds axes that are laid over those of `grid.axes`."""

    _target_: str = "hydra_plugins.xorsweep_grid.grid_sweeper.XorsweepGridSweeper"
    # Hydra asserts on `+hydra.sweeper.params.lr=...` where the default is None.
    params: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(
    group="hydra/sweeper", name="xorsweep_grid", node=XorsweepGridConfig, provider="xorsweep"
)


class XorsweepGridSweeper(Sweeper):
    """Expands a grid into columns and trains it as batches, where others launch a job a point."""

    def __init__(self, params: dict[str, Any]) -> None:
        """Take the axes of the configuration, by key."""
        self._params = params

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take Hydra's context and the composed configuration."""
        self._context = hydra_context
        self._config = config

    def sweep(self, arguments: list[str]) -> Any:
        """Run the sweep that `params` and the arguments of the command line describe."""
        # Hydra's scan runs this module at the start of every Hydra program.
        from hydra_plugins.xorsweep_grid._core import run

        return run(self._context, self._config, self._params, arguments)
