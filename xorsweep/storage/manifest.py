"""What manifest.json records of a run: command, configuration, versions, machine, times."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from stat import S_ISREG
from typing import Any, TypeVar

from xorsweep._version import FORMAT, NUMERICS, READERS, __version__
from xorsweep.errors import ManifestError
from xorsweep.fields import fields_of, read_value
from xorsweep.grid.grid import Grid
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.networks.engines import Engine
from xorsweep.networks.planning import Plan
from xorsweep.networks.plugins import extensions_of, missing_plugins
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.storage.provenance import OF_NETWORKS, check_record

_SEALED = ("format", "numerics", "engine", "points", "rounds")
"""What a sweep must be resumed with; the digest is over all of it."""


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
)


def describe_run(
    grid: Grid, plan: Plan, settings: SweepSettings, workers: int, provenance: Mapping[str, object]
) -> dict[str, Any]:
    """Return the manifest of a sweep that starts now, asked for as `provenance` says."""
    return {
        "state": "running",
        "command_line": [],
        **provenance,
        **seal(grid, settings.engine, settings.rounds),
        "grid": {
            "text": grid.text,
            "points": len(grid),
            "trajectories": plan.trajectories,
            "batches": len(plan.batches),
        },
        "files": input_files(grid),
        "choices": dict(extensions_of(grid).origins),
        "workers": workers,
        "git": git_state(),
        "versions": versions(),
        "machine": machine(),
        "started": now(),
    }


def seal(grid: Grid, engine: Engine, rounds: AdaptiveSeeds) -> dict[str, Any]:
    """Return what says which points a sweep has and what trains them, and a digest of it."""
    content = {
        "format": FORMAT,
        "numerics": NUMERICS,
        "engine": asdict(engine),
        "points": grid_to_data(grid),
        "rounds": asdict(rounds),
    }
    return {**content, "digest": _digest(content)}


def verify_seal(manifest: Mapping[str, Any]) -> tuple[Grid, Engine]:
    """Return the grid of a sweep's first round, and its engine, from its manifest.

    Raises ManifestError where it was written by another version or isn't as it was written.
    """
    try:
        content = {key: manifest[key] for key in _SEALED}
        digest = manifest["digest"]
    except KeyError as error:
        raise ManifestError(f"it has no {error}, so it isn't a manifest of xorsweep") from None
    check_format(manifest)
    check_version("numerics", content["numerics"], NUMERICS, {})
    if digest != _digest(content):
        raise ManifestError("its format, numerics, engine, rounds or points were changed by hand")
    check_record(manifest, OF_NETWORKS)
    rounds_of(manifest)
    _refuse_missing(manifest.get("choices", {}))
    return grid_from_data(NETWORK_SCHEMA, content["points"]), _settings(
        "engine.", Engine, content["engine"]
    )


def check_format(manifest: Mapping[str, Any]) -> None:
    """Raise ManifestError where the folder was written by a version with another layout."""
    if "format" not in manifest:
        raise ManifestError("it has no 'format', so it isn't a manifest of xorsweep")
    check_version("format", manifest["format"], FORMAT, READERS)


def check_version(key: str, found: object, mine: int, readers: Mapping[int, str]) -> None:
    """Raise ManifestError for another version than mine, with the commit that reads it."""
    if found != mine:
        commit = readers.get(found) if isinstance(found, int) else None
        reader = f"commit {commit}, the last that reads it" if commit else "the one that wrote it"
        raise ManifestError(
            f"its {key} is {found!r:.40} and this version of xorsweep has {key} {mine}: their "
            f"numbers can't be mixed; start a new sweep, or use {reader}"
        )


def _refuse_missing(origins: Mapping[str, str]) -> None:
    """Raise ManifestError for a choice without which the points mean nothing here."""
    for choice, origin in origins.items():
        group, _, name = choice.partition("=")
        if name not in COMPONENTS.get(group, ()):
            raise ManifestError(*missing_plugins({choice: origin}))


def rounds_of(manifest: Mapping[str, Any]) -> AdaptiveSeeds:
    """Return how sure a sweep has to be; raises ManifestError, ConfigError for what isn't that."""
    return _settings("", AdaptiveSeeds, manifest["rounds"])


Settings = TypeVar("Settings", Engine, AdaptiveSeeds)


def _settings(prefix: str, kind: type[Settings], values: Any) -> Settings:
    """Return settings from what JSON has of them; raises ManifestError, ConfigError."""
    rules = fields_of(kind)
    if not isinstance(values, Mapping) or set(values) != set(rules):
        raise ManifestError(f"its {kind.__name__.lower()} isn't one that this version has")
    checked: dict[str, Any] = {
        name: read_value(prefix + name, values[name], rule) for name, rule in rules.items()
    }
    return kind(**checked)


def input_files(grid: Grid) -> dict[str, str]:
    """Return a digest of the content of each file that the grid's initial weights come from."""
    return {path: _file_digest(path) for path in _input_paths(grid)}


def input_notes(grid: Grid) -> list[str]:
    """Return a line for each file outside a sweep's folder that its points are trained from."""
    return [f"init.path={path}: initial weights are read from there" for path in _input_paths(grid)]


def changed_files(manifest: Mapping[str, Any], grid: Grid) -> list[str]:
    """Return the paths of input files whose content isn't what it was when they were recorded.

    Those that the manifest names and the grid doesn't aren't looked at.
    """
    recorded: Mapping[str, str] = manifest.get("files", {})
    found = input_files(grid)
    return [path for path, digest in found.items() if recorded.get(path, digest) != digest]


def _input_paths(grid: Grid) -> list[str]:
    paths = grid.columns["init.path"].levels if "init.path" in grid.columns else ()
    return list(map(str, filter(None, paths)))


def _file_digest(path: str) -> str:
    try:
        if not S_ISREG(os.stat(path).st_mode):
            return "can't be read: it isn't a file"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        return f"can't be read: {error.strerror}"


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


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
