"""Joins sweeps into one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from xorsweep.errors import StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import Experiment
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.atomic import sync, write_atomically
from xorsweep.storage.bitwise_diff import differences, ended_rows
from xorsweep.storage.manifest import Manifest, MergedSweep, describe_run
from xorsweep.storage.plain_files import is_there, read_bytes
from xorsweep.storage.results import assemble
from xorsweep.storage.store import MANIFEST, PARTS, Store, locked
from xorsweep.sweeps.folders import OpenedSweep, check_undamaged, difference_text, open_sweep
from xorsweep.sweeps.runner import end_sweep

MOST_SHOWN = 20
"""Values in conflict that are listed; the rest is counted."""
POINTS_AT_ONCE = 2**19
"""Points in two sweeps that are compared together, so that memory stays bounded."""


@dataclass(frozen=True)
class Merged:
    """The result of a merge: a folder, its number of points, and the number of missing ones."""

    folder: Path
    points: int
    absent: int


def merge(
    out: Path, folders: Sequence[Path], report: bool = True, terminal: Console | None = None
) -> Merged:
    """Join sweeps of one version in a new folder: the points of the first, then those it lacks.

    A point that failed in one sweep and ended in another is taken from there. results.csv is
    written unless each of them went without. Where no point is
    left to be run, writes the files of a finished sweep. Raises StoreError, and writes
    nothing, where `out` isn't free, a sweep can't be used, experiments differ, or a point has other
    bits in one sweep than in another.
    """
    terminal = terminal or Console.silent()
    _refuse_taken(out)
    sources = [_opened(folder) for folder in folders]
    _refuse_other_experiments(sources)
    # 1 in one sweep and 1.0 in another would be different points.
    sources = _of_one_type(sources)
    choices = _choices(sources)
    grid = concatenate([source.grid for source in sources])
    _refuse_conflicts(sources, grid)
    experiment = sources[0].store.experiment.for_grid(grid)
    csv = any(source.manifest.csv for source in sources)
    # Nothing is run here.
    settings = SweepSettings(ExecutionSettings("serial"), report=report, csv=csv)
    manifest = replace(_manifest(out, sources, grid, experiment, report), choices=choices)
    _write(out, sources, manifest)
    for line in (*experiment.notes(grid), f"{grid.text}, from {len(sources):,} sweeps"):
        terminal.log(line)
    return _ended(Store(out, experiment), grid, settings, manifest, terminal)


def _opened(folder: Path) -> OpenedSweep:
    source = open_sweep(folder)
    if source.manifest.rounds.precision is not None:
        raise StoreError(
            f"{folder}: its seeds were added in rounds, by precision, and another sweep's rounds "
            "would add others; only sweeps of the seeds that were given can be merged"
        )
    check_undamaged(source.store)
    return source


def _refuse_taken(out: Path) -> None:
    if is_there(out / MANIFEST) or is_there(out / PARTS):
        raise StoreError(f"{out}: already holds a sweep; choose another folder")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise StoreError(f"{out}: isn't an empty folder; choose another")


def _refuse_other_experiments(sources: Sequence[OpenedSweep]) -> None:
    first = sources[0].store
    for other in (source.store for source in sources[1:]):
        if other.experiment.fingerprint() != first.experiment.fingerprint():
            raise StoreError(
                f"{first.folder} was started with {first.experiment}, and {other.folder} with "
                f"{other.experiment}; a sweep never mixes two"
            )


def _of_one_type(sources: Sequence[OpenedSweep]) -> list[OpenedSweep]:
    """Return the sweeps with floats for a key that has floats in any of them."""
    experiment = sources[0].store.experiment
    for source in sources:
        columns = source.grid.columns
        experiment = experiment.widened({key: each.levels for key, each in columns.items()})
    return [
        replace(
            source,
            store=replace(source.store, experiment=experiment),
            grid=source.grid.read_again(experiment.schema),
        )
        for source in sources
    ]


def _choices(sources: Sequence[OpenedSweep]) -> dict[str, str]:
    """Return where the choices of all sweeps come from; raises StoreError where one has two."""
    first: dict[str, tuple[str, Path]] = {}
    for source in sources:
        for choice, origin in source.manifest.choices.items():
            known, folder = first.setdefault(choice, (origin, source.store.folder))
            if known != origin:
                raise StoreError(
                    f"{choice}: is of {known} in {folder}, and of {origin} in "
                    f"{source.store.folder}; a sweep never mixes them"
                )
    return {choice: origin for choice, (origin, _) in first.items()}


def _refuse_conflicts(sources: Sequence[OpenedSweep], grid: Grid) -> None:
    found = [line for pair in combinations(sources, 2) for line in conflicts(*pair, grid)]
    if not found:
        return
    shown = found[:MOST_SHOWN]
    if len(found) > MOST_SHOWN:
        shown.append(f"and {len(found) - MOST_SHOWN:,} more")
    raise StoreError("\n".join([*shown, "the same points with other bits: nothing is merged"]))


def conflicts(
    one: OpenedSweep, other: OpenedSweep, grid: Grid, at_once: int = POINTS_AT_ONCE
) -> Iterator[str]:
    """Yield the values of points in both sweeps that aren't the same.

    Args:
        one: A sweep.
        other: Another one.
        grid: The points of both.
        at_once: How many points are compared at a time.
    """
    identities = one.grid.identities
    shared = identities[other.grid.rows_of(identities) >= 0]
    for start in range(0, len(shared), at_once):
        points = shared[start : start + at_once]
        here, there = (ended_rows(source.store.parts(points)) for source in (one, other))
        for each in differences(here, there, one.store.experiment):
            places = (f"in {source.store.folder}" for source in (one, other))
            yield difference_text(grid, each, *places)


def _manifest(
    out: Path,
    sources: Sequence[OpenedSweep],
    grid: Grid,
    experiment: Experiment[Any],
    report: bool,
) -> Manifest:
    manifests = [source.manifest for source in sources]
    runs = [run for manifest in manifests for run in (manifest, *manifest.earlier)]
    folders = [str(folder) for folder in (out, *(source.store.folder for source in sources))]
    options = [] if report else ["--no-report"]
    provenance = {"command_line": ["python", "-m", "xorsweep", "merge", *folders, *options]}
    merged = tuple(
        MergedSweep(
            folder=str(source.store.folder.absolute()),
            earlier=source.manifest.earlier,
            **source.manifest.record,
        )
        for source in sources
    )
    plan, rounds = experiment.plan(grid, np.arange(len(grid)), workers=1), manifests[0].rounds
    return replace(
        describe_run(grid, plan, experiment, rounds, 1, provenance, merged_from=merged),
        seconds=sum(run.seconds or 0.0 for run in runs),
        work=sum(run.work or 0 for run in runs),
        # Points may be missing; `_ended` writes the manifest of a finished sweep where none is.
        state="unfinished",
    )


def _write(out: Path, sources: Sequence[OpenedSweep], manifest: Manifest) -> None:
    """Make the folder with its parts and its manifest, whole or not at all."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
            store = Store.create(Path(made) / out.name, sources[0].store.experiment)
            (store.folder / PARTS).mkdir()
            for source in sources:
                for part in source.store.part_files():
                    _linked(part, store.folder / PARTS / part.name)
            # Names of parts before the manifest that relies on them.
            sync(store.folder / PARTS)
            store.write_manifest(manifest)
            # A rename replaces an empty folder, and fails where something was put in since.
            store.folder.rename(out)
        sync(out.parent)
    except OSError as error:
        raise StoreError(f"{out} can't be written: {error.strerror}") from None


def _linked(part: Path, to: Path) -> None:
    """Let a part lie in another folder, too; the same name holds the same bytes."""
    try:
        # A part never changes, so the sweeps can share its bytes on disk.
        os.link(part, to)
    except FileExistsError:
        return
    except OSError:  # another file system, or one without links
        write_atomically(to, read_bytes(part))


def _ended(
    store: Store,
    grid: Grid,
    settings: SweepSettings,
    manifest: Manifest,
    terminal: Console,
) -> Merged:
    absent = int((~assemble(grid, store.measurements()).present).sum())
    if absent:
        terminal.log(f"{absent:,} points are still to be run; {store.resume_command} runs them")
    else:
        with locked(store.folder):
            end_sweep(store, grid, settings, manifest, terminal)
    return Merged(store.folder, len(grid), absent)
