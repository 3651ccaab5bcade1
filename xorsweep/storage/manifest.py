"""manifest.json: the points of a sweep, its commands, its experiment and its environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xorsweep.errors import ManifestError
from xorsweep.experiment import FAILED, OK, STATUSES, Experiment, Plan
from xorsweep.grid.grid import Grid
from xorsweep.grid.serialization import grid_to_data
from xorsweep.settings import AdaptiveSeeds
from xorsweep.storage.environment import GitState, Machine, git_state, machine, now, versions
from xorsweep.storage.records import WRITTEN, AnyText, Record
from xorsweep.text import content_digest
from xorsweep.versions import FORMAT, FUNCTION_READERS, READERS

_SEALED = ("format", "experiment", "points", "rounds")
"""The entries that must be the same when a sweep is resumed; the digest covers them."""

State = Literal["running", "unfinished", "interrupted", "finished"]


@dataclass(frozen=True, kw_only=True)
class RunRecord(Record):
    """The record of a run in later manifests."""

    state: State | None = None
    command_line: Sequence[AnyText] = ()
    merged_from: Sequence[MergedSweep] = ()
    started: str = ""
    finished: str = ""
    seconds: float | None = None
    work: int | None = None
    git: GitState | None = field(default=None, metadata=WRITTEN)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MergedSweep(RunRecord):
    """The record of a sweep in the manifest of a merged one: its folder and its runs."""

    folder: AnyText
    earlier: Sequence[RunRecord]


@dataclass(frozen=True, kw_only=True)
class GridSize(Record):
    """A grid in words and numbers, and the plan of the last run."""

    text: str
    points: int
    trajectories: int | None = None
    batches: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest(RunRecord):
    """The manifest of a sweep that has started.

    Attributes:
        format: The version of the folder's layout.
        experiment: The fingerprint of the experiment.
        points: The grid of the first round, for `grid_from_data`.
        rounds: How sure each rate must be.
        digest: Of the four above, which tell a sweep from others.
        files: Digests of input files, by path.
        choices: Where components of other packages come from.
        options: The options of the experiment's tables and report.
        warm_up: Messages of the experiment before its points were run.
        csv: Whether the rows are written as results.csv, too.
    """

    # A field that a base class has with a default is required by `field()` alone.
    state: State = field()
    command_line: Sequence[AnyText] = field()
    started: str = field()
    versions: Mapping[str, str] = field()
    format: int
    experiment: Mapping[str, Any]
    points: Any
    rounds: AdaptiveSeeds
    digest: str
    grid: GridSize
    machine: Machine
    workers: int
    config: Mapping[str, Any] = field(default_factory=dict)
    study: Mapping[str, Any] | None = None
    earlier: Sequence[RunRecord] = ()
    files: Mapping[str, str] = field(default_factory=dict, metadata=WRITTEN)
    choices: Mapping[str, str] = field(default_factory=dict, metadata=WRITTEN)
    options: Mapping[str, Any] = field(default_factory=dict)
    warm_up: Sequence[str] = ()
    csv: bool = True

    @property
    def record(self) -> dict[str, Any]:
        """Return the arguments of the `RunRecord` that a later manifest keeps of this one."""
        kept = RunRecord.__dataclass_fields__.keys() - {"extra"}
        return {name: getattr(self, name) for name in kept}


@dataclass(frozen=True, kw_only=True)
class FinishedManifest(Manifest):
    """The manifest of a finished sweep: `counts` by status, `tables` with their SHA-256."""

    seconds: float = field()
    work: int = field()
    throughput: float
    counts: Mapping[str, int]
    tables: Mapping[str, str]
    warm_up: Sequence[str] = field(default=(), metadata=WRITTEN)


def describe_run(
    grid: Grid,
    plan: Plan[Any],
    experiment: Experiment[Any],
    rounds: AdaptiveSeeds,
    workers: int,
    provenance: Mapping[str, Any],
    **runs: Any,
) -> Manifest:
    """Return the manifest of a sweep that starts now.

    `grid` is that of its first round, `provenance` has `command_line`, `config`, `study` and other
    entries to be recorded, and `runs` `earlier` and `merged_from`, the runs that this one resumes,
    and `csv`.
    """
    record: Mapping[str, Any] = experiment.record(grid)
    known = {key: provenance[key] for key in ("config", "study") if key in provenance}
    return Manifest(
        # Written before the first point is run: from then on a killed sweep can be resumed.
        state="running",
        command_line=tuple(map(str, provenance.get("command_line", ()))),
        **known,
        **runs,
        **seal(grid, experiment, rounds),
        grid=GridSize(
            text=grid.text,
            points=len(grid),
            trajectories=plan.counts.get("trajectories"),
            batches=len(plan.batches),
        ),
        **record,
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
    # dataclasses.asdict would make dicts of the records inside.
    entries = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    seconds, work = manifest.seconds or 0.0, manifest.work or 0
    finished = {
        "state": "finished",
        "finished": now(),
        "grid": grid,
        "seconds": seconds,
        "work": work,
        "throughput": throughput(work, seconds),
        "counts": counts,
        "tables": tables,
    }
    return FinishedManifest(**(entries | finished))


def seal(grid: Grid, experiment: Experiment[Any], rounds: AdaptiveSeeds) -> dict[str, Any]:
    """Return the entries for the points and the experiment of a sweep, and their digest."""
    content = {
        "format": FORMAT,
        "experiment": experiment.fingerprint(),
        "points": grid_to_data(grid),
        "rounds": rounds,
    }
    return {**content, "digest": content_digest(content)}


def read_sealed(data: Mapping[str, Any]) -> Manifest:
    """Return the manifest of a sweep that this version can resume.

    Raises:
        ManifestError: It was written by another version, or isn't as it was written.
        ConfigError: A value isn't allowed.
    """
    _check_format(data)
    for key in (*_SEALED, "digest"):
        if key not in data:
            raise ManifestError(f"it has no {key!r}, so it isn't a manifest of xorsweep")
    # Of the data as they are in the file: to read and write them again could repair a change.
    if data["digest"] != content_digest({key: data[key] for key in _SEALED}):
        raise ManifestError("its format, experiment, rounds or points were changed by hand")
    return Manifest.from_data(data)


def read_finished(data: Mapping[str, Any]) -> FinishedManifest:
    """Return the manifest of a finished sweep, also one of other numerics than this version's.

    Raises:
        ManifestError: An entry is missing, isn't of its form, or contradicts another.
        ConfigError: A setting isn't allowed.
    """
    _check_format(data)
    manifest = FinishedManifest.from_data(data)
    counts = manifest.counts
    if not {"planned", STATUSES[OK], STATUSES[FAILED]} <= counts.keys():
        raise ManifestError("its counts isn't a count for each status")
    if counts["planned"] != sum(counts.get(status, 0) for status in STATUSES):
        raise ManifestError("its counts don't add up")
    # The same division of the same numbers, so the floats are equal to the last bit.
    if manifest.throughput != throughput(manifest.work, manifest.seconds):
        raise ManifestError("its throughput isn't its work by its seconds")
    if "results.parquet" not in manifest.tables:
        raise ManifestError("its tables isn't a mapping of tables to digests")
    return manifest


def _check_format(data: Mapping[str, Any]) -> None:
    """Raise ManifestError for a manifest of another format than this version's."""
    if "function_format" in data:  # sweeps of functions had formats of their own
        check_version("function_format", data["function_format"], FORMAT, FUNCTION_READERS)
    if "format" not in data:
        raise ManifestError("it has no 'format', so it isn't a manifest of xorsweep")
    check_version("format", data["format"], FORMAT, READERS)


def throughput(work: int, seconds: float) -> float:
    """Return the work that was done in a second."""
    return work / seconds if seconds else 0.0


def check_version(key: str, found: object, mine: int, readers: Mapping[int, str]) -> None:
    """Raise ManifestError for another version than mine, with the commit that reads it."""
    if found != mine:
        commit = readers.get(found) if isinstance(found, int) else None
        reader = f"commit {commit}, the last that reads it" if commit else "the one that wrote it"
        raise ManifestError(
            f"its {key} is {found!r:.40} and this version of xorsweep has {key} {mine}: their "
            f"numbers can't be mixed; start a new sweep, or use {reader}"
        )
