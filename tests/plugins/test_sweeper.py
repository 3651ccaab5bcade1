"""The Hydra sweeper: found where Hydra looks for plugins."""

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper


def test_hydra_finds_the_sweeper() -> None:
    names = [plugin.__name__ for plugin in Plugins.instance().discover(Sweeper)]
    assert "XorsweepGridSweeper" in names
