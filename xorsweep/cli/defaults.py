"""The YAML files of the package, read without Hydra."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from xorsweep.networks.schema import COMPONENTS


def config_folder() -> str:
    """Return the folder of the YAML files: the package's own, or the checkout's."""
    package = Path(__file__).parents[1]
    # A wheel has conf/ inside the package, a checkout beside it.
    packaged = package / "conf"
    return str(packaged if packaged.is_dir() else package.parent / "conf")


def default_file(name: str) -> Path:
    """Return the path of one of them, such as `config` or `parallel/loky`."""
    return Path(config_folder()) / f"{name}.yaml"


def choices_of(group: str) -> list[str]:
    """Return the names of a config group's choices, those of other packages included."""
    names = {path.stem for path in Path(config_folder(), group).glob("*.yaml")}
    return sorted(names | set(COMPONENTS[group].others if group in COMPONENTS else ()))


def read_defaults(name: str) -> dict[str, Any]:
    """Return the content of one of them, which the caller may change."""
    return deepcopy(_read_once(name))


@cache
def _read_once(name: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(default_file(name).read_text(encoding="utf-8"))
    return values
