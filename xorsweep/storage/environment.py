"""The environment of a run: versions, machine, commit, time."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from xorsweep.storage.records import Record
from xorsweep.versions import __version__

_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "joblib",
    "hydra-core",
    "seaborn",
    "matplotlib",
    "numba",
    "numba-cuda",
)


NO_COMMIT = "(initial)"
"""Git's name for the commit of a checkout that has none yet."""


@dataclass(frozen=True, kw_only=True)
class GitState(Record):
    """The commit of a checkout, and whether files that it has were changed."""

    commit: str
    dirty: bool


@dataclass(frozen=True, kw_only=True)
class Machine(Record):
    """A machine in a few words; its memory in GiB."""

    host: str
    system: str
    processor: str
    cores: int | None
    memory_gib: float


def now() -> str:
    """Return the local time with its offset, in ISO 8601."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Return the versions of Python, of xorsweep and of the packages that it builds on."""
    installed = {package: _version(package) for package in _PACKAGES}
    found = {package: each for package, each in installed.items() if each}
    return {"python": platform.python_version(), "xorsweep": __version__, **found}


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> Machine:
    """Return the machine that this process runs on."""
    return Machine(
        host=platform.node(),
        system=platform.platform(),
        processor=_processor(),
        cores=os.cpu_count(),
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
    )


def git_state() -> GitState | None:
    """Return the commit of the current folder and whether it is dirty; None outside a checkout."""
    # Untracked files, such as results, may be many and take long to list.
    status = _git("status", "--porcelain=v2", "--branch", "--untracked-files=no")
    lines = status.splitlines() if status else []
    heads = dict(line.removeprefix("# ").split(" ", 1) for line in lines if line.startswith("# "))
    commit = heads.get("branch.oid", NO_COMMIT)
    if commit == NO_COMMIT:
        return None
    return GitState(commit=commit, dirty=any(not line.startswith("# ") for line in lines))


def _git(*arguments: str) -> str | None:
    try:
        # On a slow network file system git may take minutes; a commit isn't worth that.
        done = subprocess.run(["git", *arguments], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
