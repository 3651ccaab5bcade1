"""Where runs go: a fresh folder each, and `latest` beside them pointing to the newest."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

from xorsweep.hints import folder_hint
from xorsweep.rules import ConfigError, brief

OUTPUTS = Path("outputs")
LATEST = "latest"


def make_free_folder(folder: Path) -> Path:
    """Make the folder, or one with a number behind its name where it exists; return its path."""
    candidate, number = folder, 1
    while True:
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            number += 1
            candidate = folder.with_name(f"{folder.name}-{number}")
        else:
            return candidate


def point_latest(folder: Path) -> None:
    """Let `outputs/latest` point to a folder, if that is outputs/<date>/<time>."""
    root = folder.absolute().parent.parent
    if root.name != OUTPUTS.name:
        return
    link, temporary = root / LATEST, root / f".{LATEST}.{os.getpid()}"
    if link.exists() and not link.is_symlink():
        return
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(folder.absolute().relative_to(root))
    temporary.replace(link)


def cache_folder() -> Path:
    """Return where sweeps live that were given no folder, such as ~/.cache/xorsweep/sweeps."""
    from platformdirs import user_cache_path

    return user_cache_path("xorsweep", appauthor=False) / "sweeps"


def named_folder(name: object, key: str = "folder") -> Path:
    """Return the folder of a sweep by its path, or the newest by the name `latest`.

    Raises ConfigError for what is no path, and for no folder where `latest` is likely to be meant.
    """
    if name == LATEST:
        return (OUTPUTS / LATEST).resolve()
    folder = read_folder(key, name)
    if (hint := folder_hint(str(name))) and not folder.exists():
        raise ConfigError(f"{key}={name}: there is no such folder{hint}")
    return folder


def read_folder(key: str, value: object) -> Path:
    """Return the path of a folder that a caller gives; raises ConfigError for what is no path."""
    path = os.fspath(value) if isinstance(value, str | PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise ConfigError(f"{key}={brief(value)}: must be the path of a folder")
    return Path(path)
