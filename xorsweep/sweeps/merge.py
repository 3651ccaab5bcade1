"""Joins sweeps into one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import StoreError
from xorsweep.execution.backends import workers_of
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.networks.engines import load_capacity
from xorsweep.networks.planning import make_plan
from xorsweep.networks.trainer import FAILED
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.atomic import sync, write_atomically
from xorsweep.storage.bitwise_diff import differences, of_points
from xorsweep.storage.manifest import Manifest, MergedSweep, describe_run, input_notes
from xorsweep.storage.plain_files import is_there, read_bytes
from xorsweep.storage.results import assemble
from xorsweep.storage.store import MANIFEST, PARTS, Store
from xorsweep.sweeps.runner import end_sweep
from xorsweep.sweeps.trainable import check_undamaged, point_text

MOST_SHOWN = 20
"""Values in conflict that are listed; the rest is counted."""


@dataclass(frozen=True)
class Source:
    """A sweep that is to be joined with others."""

    store: Store
    grid: Grid
    manifest: Manifest

    def trained(self, identities: NDArray[np.uint64]) -> pa.Table:
        """Return the rows of its parts that hold these points and haven't failed."""
        tables = [of_points(part, identities) for part in self.store.parts()]
        table = pa.concat_tables(tables, promote_options="default")
        return table.filter(pa.array(table["status"].to_numpy() != FAILED))


@dataclass(frozen=True)
class Merged:
    """What was joined: a folder, how many points it is to hold, how many it lacks."""

    folder: Path
    points: int
    absent: int


def merge(
    out: Path, folders: Sequence[Path], report: bool = True, terminal: Console | None = None
) -> Merged:
    """Join sweeps of one version in a new folder: the points of the first, then those it lacks.

    A point that failed in one sweep and is trained in another is taken from there. Where no point
    is left to be trained, leaves what a finished sweep leaves. Raises StoreError, and writes
    nothing, where `out` isn't free, a sweep can't be used, engines differ, or a point has other
    bits in one sweep than in another.
    """
    terminal = terminal or Console.silent()
    _refuse_taken(out)
    sources = [_opened(folder) for folder in folders]
    _refuse_other_engines(sources)
    choices = _choices(sources)
    grid = concatenate([source.grid for source in sources])
    _refuse_conflicts(sources, grid)
    settings = SweepSettings(
        ExecutionSettings("serial"), engine=sources[0].store.engine, report=report
    )
    manifest = replace(_manifest(out, sources, grid, settings), choices=choices)
    _write(out, sources, manifest)
    for line in (*input_notes(grid), f"{grid.text}, from {len(sources):,} sweeps"):
        terminal.log(line)
    return _ended(Store(out, settings.engine), grid, settings, manifest, terminal)


def _opened(folder: Path) -> Source:
    source = Source(*Store.open(folder))
    if source.manifest.rounds.precision is not None:
        raise StoreError(
            f"{folder}: its seeds were added in rounds, by precision, and another sweep's rounds "
            "would add others; only sweeps of the seeds that were given can be merged"
        )
    check_undamaged(source.store)
    return source


def _refuse_taken(out: Path) -> None:
    if is_there(out / MANIFEST) or is_there(out / PARTS):
        raise StoreError(f"{out}: holds a sweep already; choose another folder")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise StoreError(f"{out}: isn't an empty folder; choose another")


def _refuse_other_engines(sources: Sequence[Source]) -> None:
    first = sources[0].store
    for other in (source.store for source in sources[1:]):
        if other.engine != first.engine:
            raise StoreError(
                f"engine: {first.folder} was trained by {first.engine}, and {other.folder} by "
                f"{other.engine}; a sweep never mixes engines"
            )


def _choices(sources: Sequence[Source]) -> dict[str, str]:
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


def _refuse_conflicts(sources: Sequence[Source], grid: Grid) -> None:
    found = [line for pair in combinations(sources, 2) for line in _conflicts(*pair, grid)]
    if not found:
        return
    shown = found[:MOST_SHOWN]
    if len(found) > MOST_SHOWN:
        shown.append(f"and {len(found) - MOST_SHOWN:,} more")
    raise StoreError("\n".join([*shown, "the same points with other bits: nothing is merged"]))


def _conflicts(one: Source, other: Source, grid: Grid) -> Iterator[str]:
    """Yield the values of points in both sweeps that aren't the same."""
    shared = np.intersect1d(one.grid.identities, other.grid.identities)
    if not len(shared):
        return
    for each in differences(one.trained(shared), other.trained(shared)):
        (row,) = grid.rows_of(np.array([each.point_id], np.uint64))
        yield (
            f"{point_text(grid, int(row))}: {each.column} is {each.here} in {one.store.folder} "
            f"and {each.there} in {other.store.folder}"
        )


def _manifest(
    out: Path, sources: Sequence[Source], grid: Grid, settings: SweepSettings
) -> Manifest:
    manifests = [source.manifest for source in sources]
    runs = [run for manifest in manifests for run in (manifest, *manifest.earlier)]
    folders = [str(folder) for folder in (out, *(source.store.folder for source in sources))]
    options = [] if settings.report else ["--no-report"]
    provenance = {"command_line": ["python", "-m", "xorsweep", "merge", *folders, *options]}
    merged = tuple(
        MergedSweep(
            folder=str(source.store.folder.absolute()),
            earlier=source.manifest.earlier,
            **source.manifest.record,
        )
        for source in sources
    )
    plan = make_plan(grid, load_capacity(settings.engine), workers=1)
    workers = workers_of(settings.parallel)
    return replace(
        describe_run(grid, plan, settings, workers, provenance, merged_from=merged),
        seconds=sum(run.seconds or 0.0 for run in runs),
        net_epochs=sum(run.net_epochs or 0 for run in runs),
        state="unfinished",
    )


def _write(out: Path, sources: Sequence[Source], manifest: Manifest) -> None:
    """Make the folder with its parts and its manifest, whole or not at all."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as made:
            store = Store.create(Path(made) / out.name, sources[0].store.engine)
            (store.folder / PARTS).mkdir()
            for source in sources:
                for part in source.store.part_files():
                    _linked(part, store.folder / PARTS / part.name)
            sync(store.folder / PARTS)
            store.write_manifest(manifest)
            store.folder.rename(out)
        sync(out.parent)
    except OSError as error:
        raise StoreError(f"{out} can't be written: {error.strerror}") from None


def _linked(part: Path, to: Path) -> None:
    """Let a part lie in another folder, too; the same name holds the same bytes."""
    try:
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
        terminal.log(
            f"{absent:,} points are still to be trained; "
            f"go on with python -m xorsweep -m resume={store.folder}"
        )
    else:
        with store.locked():
            end_sweep(store, grid, settings, manifest, terminal)
    return Merged(store.folder, len(grid), absent)
