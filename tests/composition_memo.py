"""Hydra's reading and merging of config files, remembered: it takes most of a command's time.

Which files are merged follows from the config groups that are chosen; all other overrides are
applied to a copy of the merged config. Files of a test are compared by their text. A merged config
is kept pickled, which copies it several times as fast as `deepcopy`.
"""

import pickle
from copy import copy
from pathlib import Path
from typing import Any

from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository, IConfigRepository
from hydra._internal.defaults_list import DefaultsList, Overrides
from hydra.core.default_element import ResultDefault
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult
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
Key = tuple[object, ...]

list_defaults = config_loader_impl.create_defaults_list
merge = ConfigLoaderImpl._compose_config_from_defaults_list
load = ConfigRepository.load_config
listed: dict[Key, DefaultsList] = {}
merged: dict[Key, bytes] = {}
loaded: dict[Key, bytes] = {}


def begin_to_remember() -> None:
    """Remember from now on the configs that Hydra merges in this process."""
    config_loader_impl.create_defaults_list = _list_defaults_once
    ConfigLoaderImpl._compose_config_from_defaults_list = _merge_once  # type: ignore[method-assign]
    ConfigRepository.load_config = _load_once  # type: ignore[method-assign]
    ConfigRepository.__deepcopy__ = _copy  # type: ignore[attr-defined]


def _copy(repo: ConfigRepository, memo: object) -> ConfigRepository:
    """Return a shallow copy: Hydra changes nothing within its copies of a repository."""
    return copy(repo)


def _load_once(repo: ConfigRepository, config_path: str) -> ConfigResult | None:
    read = _read_by(repo)
    if read is None:
        return load(repo, config_path)
    source = repo._find_object_source(config_path, ObjectType.CONFIG)
    place = source and f"{source.scheme()}://{source.path}"
    key = (place if place in LASTING else read, config_path)
    if key not in loaded:
        loaded[key] = pickle.dumps(load(repo, config_path))
    result: ConfigResult | None = pickle.loads(loaded[key])
    return result


def _list_defaults_once(
    repo: IConfigRepository, config_name: str | None, overrides_list: list[Override], **how: Any
) -> DefaultsList:
    read = _read_by(repo)
    if read is None:
        return list_defaults(repo, config_name, overrides_list, **how)
    values = Overrides(repo, overrides_list).config_overrides
    others = [each for each in overrides_list if each not in values]
    choices = [each for each in others if not each.is_sweep_override()]
    key = (read, config_name, *(each.input_line for each in choices), *how.items())
    if key not in listed:
        listed[key] = list_defaults(repo, config_name, choices, **how)
    return DefaultsList(**{**vars(listed[key]), "config_overrides": values})


def _merge_once(
    loader: ConfigLoaderImpl, defaults: list[ResultDefault], repo: IConfigRepository
) -> DictConfig:
    read = _read_by(repo)
    if read is None:
        return merge(loader, defaults, repo)
    key = (read, *((each.config_path, each.package, each.is_self) for each in defaults))
    if key not in merged:
        merged[key] = pickle.dumps(merge(loader, defaults, repo))
    config: DictConfig = pickle.loads(merged[key])
    return config


def _read_by(repo: IConfigRepository) -> Key | None:
    """Return the files of a test that may take part, None where more than files may."""
    if any(each.others for each in COMPONENTS.values()):
        return None
    sources = [f"{each.scheme()}://{each.path}" for each in repo.get_sources()]
    others = [each for each in sources if each not in LASTING]
    if not all(each.startswith("file://") for each in others):
        return None
    folders = [Path(each.removeprefix("file://")) for each in others]
    files = [sorted(folder.rglob("*.yaml")) for folder in folders]
    return (*sources, *((path, path.read_bytes()) for each in files for path in each))
