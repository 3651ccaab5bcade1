"""What manifest.json records of a sweep: which points it has, who asked for it, what ran it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from stat import S_ISREG
from typing import Any, Literal

from xorsweep._version import FORMAT, NUMERICS, READERS
from xorsweep.errors import ManifestError
from xorsweep.grid.grid import Grid
from xorsweep.grid.serialization import grid_from_data, grid_to_data
from xorsweep.networks.engines import Engine
from xorsweep.networks.planning import Plan
from xorsweep.networks.plugins import extensions_of, missing_plugins
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.networks.trainer import STATUSES
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.storage.environment import GitState, Machine, git_state, machine, now, versions
from xorsweep.storage.records import WRITTEN, AnyText, Record
from xorsweep.text import content_digest

_SEALED = ("format", "numerics", "engine", "points", "rounds")
"""What a sweep must be resumed with; the digest is over all of it."""

State = Literal["running", "unfinished", "interrupted", "finished"]


@dataclass(frozen=True, kw_only=True)
class RunRecord(Record):
    """What later manifests keep of a run."""

    state: State | None = None
    command_line: Sequence[AnyText] = ()
    merged_from: Sequence[MergedSweep] = ()
    started: str = ""
    finished: str = ""
    seconds: float | None = None
    net_epochs: int | None = None
    git: GitState | None = field(default=None, metadata=WRITTEN)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MergedSweep(RunRecord):
    """What the manifest of merged sweeps keeps of each: its folder, its runs."""

    folder: AnyText
    earlier: Sequence[RunRecord]


@dataclass(frozen=True, kw_only=True)
class SweepManifest(RunRecord):
    """What is recorded of every sweep, of networks or of a function."""

    # A field that a base class has with a default is required by `field()` alone.
    state: State = field()
    command_line: Sequence[AnyText] = field()
    started: str = field()
    versions: Mapping[str, str] = field()
    digest: str
    machine: Machine
    workers: int


@dataclass(frozen=True, kw_only=True)
class GridSize(Record):
    """A grid in words and numbers, and of the last run how it was trained."""

    text: str
    points: int
    trajectories: int | None = None
    batches: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest(SweepManifest):
    """The manifest of a sweep of networks that has started; `points` is for `grid_from_data`."""

    format: int
    numerics: int
    engine: Engine
    rounds: AdaptiveSeeds
    points: Any
    grid: GridSize
    config: Mapping[str, Any] = field(default_factory=dict)
    study: Mapping[str, Any] | None = None
    earlier: Sequence[RunRecord] = ()
    files: Mapping[str, str] = field(default_factory=dict, metadata=WRITTEN)
    choices: Mapping[str, str] = field(default_factory=dict, metadata=WRITTEN)
    left_to_numpy: Sequence[str] = ()

    @property
    def record(self) -> dict[str, Any]:
        """Return the arguments of the `RunRecord` that a later manifest keeps of this one."""
        kept = RunRecord.__dataclass_fields__.keys() - {"extra"}
        return {name: getattr(self, name) for name in kept}


@dataclass(frozen=True, kw_only=True)
class FinishedManifest(Manifest):
    """The manifest of a finished sweep: `counts` by status, `tables` with their SHA-256."""

    seconds: float = field()
    net_epochs: int = field()
    throughput: float
    counts: Mapping[str, int]
    tables: Mapping[str, str]
    left_to_numpy: Sequence[str] = field(default=(), metadata=WRITTEN)


def describe_run(
    grid: Grid,
    plan: Plan,
    settings: SweepSettings,
    workers: int,
    provenance: Mapping[str, Any],
    **runs: Any,
) -> Manifest:
    """Return the manifest of a sweep that starts now, asked for as `provenance` says.

    Args:
        grid: The points of the sweep's first round.
        plan: How they are trained.
        settings: How the sweep is run.
        workers: How many processes train.
        provenance: `command_line`, `config` and `study`, and what else is to be recorded.
        runs: `earlier` and `merged_from`, the runs that this one goes on with.
    """
    known = {key: provenance[key] for key in ("config", "study") if key in provenance}
    return Manifest(
        state="running",
        command_line=tuple(map(str, provenance.get("command_line", ()))),
        **known,
        **runs,
        **seal(grid, settings.engine, settings.rounds),
        grid=GridSize(
            text=grid.text,
            points=len(grid),
            trajectories=plan.trajectories,
            batches=len(plan.batches),
        ),
        files=input_files(grid),
        choices=dict(extensions_of(grid).origins),
        workers=workers,
        git=git_state(),
        versions=versions(),
        machine=machine(),
        started=now(),
        extra={key: provenance[key] for key in provenance.keys() - {*known, "command_line"}},
    )


def finish(
    manifest: Manifest, grid: GridSize, counts: Mapping[str, int], tables: Mapping[str, str]
) -> FinishedManifest:
    """Return the manifest of a sweep whose rows are written."""
    entries = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    seconds, net_epochs = manifest.seconds or 0.0, manifest.net_epochs or 0
    finished = {
        "state": "finished",
        "finished": now(),
        "grid": grid,
        "seconds": seconds,
        "net_epochs": net_epochs,
        "throughput": throughput(net_epochs, seconds),
        "counts": counts,
        "tables": tables,
    }
    return FinishedManifest(**(entries | finished))


def seal(grid: Grid, engine: Engine, rounds: AdaptiveSeeds) -> dict[str, Any]:
    """Return what says which points a sweep has and what trains them, and a digest of it."""
    content = {
        "format": FORMAT,
        "numerics": NUMERICS,
        "engine": engine,
        "points": grid_to_data(grid),
        "rounds": rounds,
    }
    return {**content, "digest": content_digest(content)}


def read_sealed(data: Mapping[str, Any]) -> tuple[Manifest, Grid]:
    """Return the manifest of a sweep that this version can go on with, and its first grid.

    Raises:
        ManifestError: It was written by another version, or isn't as it was written.
        ConfigError: A value isn't allowed.
    """
    for key in (*_SEALED, "digest"):
        if key not in data:
            raise ManifestError(f"it has no {key!r}, so it isn't a manifest of xorsweep")
    check_version("format", data["format"], FORMAT, READERS)
    check_version("numerics", data["numerics"], NUMERICS, {})
    if data["digest"] != content_digest({key: data[key] for key in _SEALED}):
        raise ManifestError("its format, numerics, engine, rounds or points were changed by hand")
    manifest = Manifest.from_data(data)
    for choice, origin in manifest.choices.items():
        group, _, name = choice.partition("=")
        if name not in COMPONENTS.get(group, ()):
            raise ManifestError(*missing_plugins({choice: origin}))
    return manifest, grid_from_data(NETWORK_SCHEMA, manifest.points)


def read_finished(data: Mapping[str, Any]) -> FinishedManifest:
    """Return the manifest of a finished sweep, also one of other numerics than this version's.

    Raises:
        ManifestError: An entry is missing, isn't of its form, or contradicts another.
        ConfigError: A setting isn't allowed.
    """
    if "format" not in data:
        raise ManifestError("it has no 'format', so it isn't a manifest of xorsweep")
    check_version("format", data["format"], FORMAT, READERS)
    manifest = FinishedManifest.from_data(data)
    counts = manifest.counts
    if not {"planned", *STATUSES} <= counts.keys():
        raise ManifestError("its counts isn't a count for each status")
    if counts["planned"] != sum(counts[status] for status in STATUSES):
        raise ManifestError("its counts don't add up")
    if manifest.throughput != throughput(manifest.net_epochs, manifest.seconds):
        raise ManifestError("its throughput isn't its net_epochs by its seconds")
    if "results.parquet" not in manifest.tables:
        raise ManifestError("its tables isn't a mapping of tables to digests")
    return manifest


def throughput(net_epochs: int, seconds: float) -> float:
    """Return the epochs of one network that were trained in a second."""
    return net_epochs / seconds if seconds else 0.0


def check_version(key: str, found: object, mine: int, readers: Mapping[int, str]) -> None:
    """Raise ManifestError for another version than mine, with the commit that reads it."""
    if found != mine:
        commit = readers.get(found) if isinstance(found, int) else None
        reader = f"commit {commit}, the last that reads it" if commit else "the one that wrote it"
        raise ManifestError(
            f"its {key} is {found!r:.40} and this version of xorsweep has {key} {mine}: their "
            f"numbers can't be mixed; start a new sweep, or use {reader}"
        )


def input_files(grid: Grid) -> dict[str, str]:
    """Return a digest of the content of each file that the grid's initial weights come from."""
    return {path: _file_digest(path) for path in _input_paths(grid)}


def input_notes(grid: Grid) -> list[str]:
    """Return a line for each file outside a sweep's folder that its points are trained from."""
    return [f"init.path={path}: initial weights are read from there" for path in _input_paths(grid)]


def changed_files(manifest: Manifest, grid: Grid) -> list[str]:
    """Return the paths of input files whose content isn't what it was when they were recorded.

    Those that the manifest names and the grid doesn't aren't looked at.
    """
    found = input_files(grid)
    return [path for path, digest in found.items() if manifest.files.get(path, digest) != digest]


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
