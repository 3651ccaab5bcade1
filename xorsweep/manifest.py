"""What manifest.json records of a run: command, configuration, versions, machine, times."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from xorsweep import __version__
from xorsweep.config import Sweep
from xorsweep.execute import workers_of
from xorsweep.grid import Grid
from xorsweep.plan import Plan

FORMAT = 1
"""The version of the folder's layout."""

_PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "joblib", "hydra-core", "seaborn", "matplotlib")


def describe_run(
    grid: Grid, plan: Plan, settings: Sweep, provenance: Mapping[str, object]
) -> dict[str, Any]:
    """Return the manifest of a sweep that starts now; `provenance` says who asked for it and how."""
    return {
        "format": FORMAT,
        "state": "running",
        **provenance,
        "grid": {
            "text": grid.text,
            "points": len(grid),
            "axes": {axis.key: list(axis.levels) for axis in grid.axes},
            "trajectories": plan.trajectories,
            "batches": len(plan.batches),
        },
        "engine": settings.engine,
        "workers": workers_of(settings.parallel),
        "git": git_state(),
        "versions": versions(),
        "machine": machine(),
        "started": now(),
    }


def now() -> str:
    """Return the local time with its offset, in ISO 8601."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Return the versions of Python, of xorsweep and of the packages that it builds on."""
    found = {"python": platform.python_version(), "xorsweep": __version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, object]:
    """Return the machine in a few words."""
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
    }


def git_state() -> dict[str, object] | None:
    """Return the commit of the current folder and whether it is dirty; None outside a checkout."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
