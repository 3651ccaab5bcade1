"""Where runs go: a fresh folder each, and `latest` beside them, a link to the last one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from xorsweep.errors import ConfigError
from xorsweep.hints import folder_hint
from xorsweep.text import shorten

OUTPUTS = Path("outputs")
LATEST = "latest"

RUN_FILES = (
    "run.json",
    "learning_curve.csv",
    "hidden_outputs.csv",
    "weights.npz",
    "learning.gif",
    "run.html",
)
"""The files of a single run beside Hydra's."""
SWEEP_FILES = (
    "manifest.json",
    "parts",
    "results.csv",
    "results.parquet",
    "summary.csv",
    "report.html",
)
"""Files that only a sweep writes, and no other run may overwrite."""

Folder = str | PathLike[str]
"""A folder as a caller names it."""


def folder_of(value: object, key: str = "folder") -> Path:
    """Return the folder that a person or a caller names, `~` as the home folder.

    The path never begins with `~`, which some of the libraries that write files would expand.
    Raises ConfigError for a value that isn't a path.
    """
    text = os.fspath(value) if isinstance(value, str | PathLike) else None
    given = f"{key}={shorten(value)}"
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigError(f"{given}: must be the path of a folder")
    if "://" in text:
        raise ConfigError(f"{given}: is an address; must be the path of a folder on this machine")
    expanded = os.path.expanduser(text)
    if text.startswith("~") and expanded == text:
        raise ConfigError(f"{given}: no such home folder; ./{text} is a folder with that name")
    path = Path(expanded)
    # `./~x` has become `~x` as a Path.
    return path.absolute() if str(path).startswith("~") else path


def make_folder(folder: Path) -> None:
    """Make a folder unless it is there; raises ConfigError if something else has its name."""
    with _said_why(folder):
        folder.mkdir(parents=True, exist_ok=True)


def make_free_folder(folder: Path) -> Path:
    """Make the folder, or one with a number behind its name where it exists; return its path.

    Raises ConfigError where none can be made.
    """
    make_folder(folder.parent)
    candidate, number = folder, 1
    with _said_why(folder):
        while True:
            try:
                # To make it is to claim it: of two that start in the same second one fails here.
                candidate.mkdir()
            except FileExistsError:
                number += 1
                candidate = folder.with_name(f"{folder.name}-{number}")
            else:
                return candidate


@contextmanager
def _said_why(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        obstacles = (_obstacle(path) for path in (*reversed(folder.parents), folder))
        reasons = [str(error.strerror), *filter(None, obstacles)]
        raise ConfigError(f"{folder}: can't be made ({': '.join(reasons[:2])})") from None


def _obstacle(path: Path) -> str | None:
    """Return why a path can't hold a folder, None where it may."""
    if path.is_symlink() and not path.is_dir():
        return f"{path} is a link to {os.readlink(path)}, which isn't a folder"
    return f"{path} isn't a folder" if path.exists() and not path.is_dir() else None


def check_free(folder: Path, key: str) -> None:
    """Raise ConfigError where a folder holds a sweep, or files that a run would overwrite."""
    for name in (*SWEEP_FILES, *RUN_FILES):
        if os.path.lexists(folder / name):
            what = "a sweep's" if name in SWEEP_FILES else "a run's"
            raise ConfigError(f"{key}={folder}: already holds {what} {name}; choose another folder")


def point_latest(folder: Path) -> list[str]:
    """Let `outputs/latest` point to a folder, if that is outputs/<date>/<time>.

    Return a message where it can't.
    """
    root = folder.absolute().parent.parent
    if root.name != OUTPUTS.name:
        return []
    # With the number of the process, as two sweeps may end at once.
    link, temporary = root / LATEST, root / f".{LATEST}.{os.getpid()}"
    if link.exists() and not link.is_symlink():
        return []
    try:
        temporary.unlink(missing_ok=True)
        # Relative, so that `outputs` can be moved; and put in place by a move, so that it is always
        # there.
        temporary.symlink_to(folder.absolute().relative_to(root))
        temporary.replace(link)
    except OSError as error:
        return [f"{link} doesn't point to {folder}: {error.strerror}"]
    return []


def cache_folder() -> Path:
    """Return where sweeps live that were given no folder, such as ~/.cache/xorsweep/sweeps."""
    from platformdirs import user_cache_path

    return user_cache_path("xorsweep", appauthor=False) / "sweeps"


def named_folder(name: object, key: str = "folder") -> Path:
    """Return the folder of a sweep by its path, or by the name `latest`.

    `latest` is the sweep that the link `outputs/latest` leads to, or the newest one where that is
    a single run.

    Raises ConfigError for a value that names no folder.
    """
    if name != LATEST:
        folder = folder_of(name, key)
        if (hint := folder_hint(str(name))) and not folder.exists():
            raise ConfigError(f"{key}={name}: no such folder{hint}")
        return folder
    link = OUTPUTS / LATEST
    if link.is_symlink() and not link.exists():
        raise ConfigError(
            f"{LATEST}: {link} is a link to {os.readlink(link)}, which doesn't exist; name a folder"
        )
    target = Path(os.path.realpath(link))
    if not target.exists():
        raise ConfigError(f"{LATEST}: there is no {link} here; name a folder")
    if not _is_single_run(target):
        return target
    sweeps = [path.parent for path in OUTPUTS.glob(f"*/*/{SWEEP_FILES[0]}")]
    if not sweeps:
        raise ConfigError(
            f"{LATEST}: {link} is a single run, and {OUTPUTS} holds no sweep; name one"
        )
    return max(sweeps, key=_started).absolute()


def _is_single_run(folder: Path) -> bool:
    return (folder / RUN_FILES[0]).exists() and not (folder / SWEEP_FILES[0]).exists()


def _started(folder: Path) -> tuple[str, str, int]:
    """Return the sort key of folders from `make_free_folder`: their times and numbers."""
    stem, _, number = folder.name.rpartition("-")
    # The time itself is 14-05-59; with a third hyphen the last part is a number.
    is_numbered = stem.count("-") == 2 and number.isdigit()
    time = stem if is_numbered else folder.name
    return folder.parent.name, time, int(number) if is_numbered else 1
