"""Where runs go: a fresh folder each, and `latest` beside them pointing to the newest."""

from __future__ import annotations

import os
from pathlib import Path

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


def named_folder(name: str) -> Path:
    """Return the folder of a sweep by its path, or the newest by the name `latest`."""
    return (OUTPUTS / LATEST).resolve() if name == LATEST else Path(name)
