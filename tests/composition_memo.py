"""Hydra's reading of the files of `conf/`, remembered: it takes most of a command's time.

Which files are merged follows from the config groups that are chosen; all other overrides are
applied to a copy of what was merged. Where other files may take part, nothing is remembered.
"""

from copy import deepcopy
from typing import Any

from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import IConfigRepository
from hydra._internal.defaults_list import DefaultsList
from hydra.core.default_element import ResultDefault
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig

from xorsweep.cli.defaults import config_folder
from xorsweep.networks.schema import COMPONENTS

LASTING = {
    "pkg://hydra.conf",
    f"file://{config_folder()}",
    "xorsweep://choices",
    "structured://",
}
"""The sources that are the same for each test, while no other package has choices."""

list_defaults = config_loader_impl.create_defaults_list
merge = ConfigLoaderImpl._compose_config_from_defaults_list
listed: dict[tuple[object, ...], DefaultsList] = {}
merged: dict[tuple[object, ...], DictConfig] = {}


def begin_to_remember() -> None:
    """Remember from now on what Hydra merges in this process."""
    config_loader_impl.create_defaults_list = _list_defaults_once
    ConfigLoaderImpl._compose_config_from_defaults_list = _merge_once  # type: ignore[method-assign]


def _list_defaults_once(
    repo: IConfigRepository, config_name: str | None, overrides_list: list[Override], **how: Any
) -> DefaultsList:
    values = [each for each in overrides_list if _sets_value(repo, each)]
    if not _is_lasting(repo):
        return list_defaults(repo, config_name, overrides_list, **how)
    choices = [
        each for each in overrides_list if each not in values and not each.is_sweep_override()
    ]
    key = (config_name, *(each.input_line for each in choices), *how.items())
    if key not in listed:
        listed[key] = list_defaults(repo, config_name, choices, **how)
    return DefaultsList(**{**vars(listed[key]), "config_overrides": values})


def _sets_value(repo: IConfigRepository, override: Override) -> bool:
    """Tell whether an override neither chooses from a config group nor is an axis, as Hydra does."""
    if override.is_sweep_override():
        return False
    return isinstance(override.value(), dict) or not repo.group_exists(override.key_or_group)


def _merge_once(
    loader: ConfigLoaderImpl, defaults: list[ResultDefault], repo: IConfigRepository
) -> DictConfig:
    if not _is_lasting(repo):
        return merge(loader, defaults, repo)
    key = tuple((each.config_path, each.package, each.is_self) for each in defaults)
    if key not in merged:
        merged[key] = merge(loader, defaults, repo)
    return deepcopy(merged[key])


def _is_lasting(repo: IConfigRepository) -> bool:
    sources = {f"{each.scheme()}://{each.path}" for each in repo.get_sources()}
    return sources <= LASTING and not any(each.others for each in COMPONENTS.values())
