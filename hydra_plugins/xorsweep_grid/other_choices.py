"""Choices of other packages, and other words for choices, as config files that Hydra reads."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

SCHEME = "xorsweep"


class OtherChoices(ConfigSource):
    """A config group's choices beyond xorsweep's own: each a file made of its class's defaults."""

    @staticmethod
    def scheme() -> str:
        """Return the text before `://` in Hydra's search path."""
        return SCHEME

    def available(self) -> bool:
        """Tell that there is nothing to be missing."""
        return True

    def load_config(self, config_path: str) -> ConfigResult:
        """Return a choice with its defaults; raises ConfigError where it is broken."""
        from xorsweep.networks.schema import COMPONENTS
        from xorsweep.registry import defaults_of

        group, word = _parts(config_path)
        name = COMPONENTS[group].canonical(word)
        values = {"name": name, **defaults_of(COMPONENTS[group][name])}
        return ConfigResult(
            self.provider, self.full_path(), OmegaConf.create(values), {"package": None}
        )

    def is_group(self, config_path: str) -> bool:
        """Tell whether a config group has choices beyond xorsweep's own."""
        return bool(_others(config_path))

    def is_config(self, config_path: str) -> bool:
        """Tell whether a path is that of such a choice, or of another word for any."""
        group, name = _parts(config_path)
        return name in _others(group) or _is_alias(group, name)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the names of such choices, without importing them."""
        return [] if results_filter is ObjectType.GROUP else sorted(_others(config_path))


class OtherChoicesPath(SearchPathPlugin):
    """Puts them on the search path of xorsweep, behind its own files; other programs' stays."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the scheme where the main folder is that of xorsweep's files."""
        main = [each.path or "" for each in search_path.get_path() if each.provider == "main"]
        if any(map(_is_ours, main)):
            search_path.append(SCHEME, f"{SCHEME}://choices")


def _is_ours(path: str) -> bool:
    folder = Path(path.removeprefix("file://"))
    found = find_spec("xorsweep")  # without importing it: other programs come by here
    package = Path((found and found.origin) or "").parent
    return folder.name == "conf" and folder.parent in (package, package.parent)


def _parts(config_path: str) -> tuple[str, str]:
    group, _, name = config_path.removesuffix(".yaml").rpartition("/")
    return group, name


def _is_alias(group: str, name: str) -> bool:
    from xorsweep.networks.schema import COMPONENTS

    return group in COMPONENTS and name in COMPONENTS[group].aliases


def _others(group: str) -> tuple[str, ...]:
    from xorsweep.networks.schema import COMPONENTS

    return COMPONENTS[group].others if group in COMPONENTS else ()
