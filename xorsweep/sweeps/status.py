"""The progress of a sweep by its manifest and its parts, while it runs or afterwards."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time

import numpy as np

from xorsweep.errors import ConfigError, StoreError
from xorsweep.experiment import FAILED, Rows
from xorsweep.reporting.console import count_line
from xorsweep.reporting.progress import rate_text
from xorsweep.storage.results import ResultTable, assemble
from xorsweep.storage.store import MANIFEST, is_held, read_manifest, reading
from xorsweep.sweeps.finished import finished_manifest
from xorsweep.sweeps.snapshot import Snapshot, take_snapshot
from xorsweep.text import count_text, duration_text, percent_text


@dataclass(frozen=True)
class Pace:
    """How quickly the latest run of a sweep has gone on.

    Attributes:
        points_per_second: The points that it has put on disk.
        work_per_second: Their work, in the experiment's unit.
        seconds_left: How long the points take that are still to be run, at that rate of work.
    """

    points_per_second: float
    work_per_second: float
    seconds_left: float


def sweep_status(folder: Path) -> list[str]:
    """Return lines about the state of a sweep, its progress, and the remaining time.

    Nothing is written, and a running sweep isn't disturbed.

    Raises:
        StoreError: The folder holds no sweep, or can't be read.
    """
    if not (folder / MANIFEST).exists() and is_held(folder):
        raise StoreError(f"{folder}: a sweep is being started, and has no {MANIFEST} yet")
    if read_manifest(folder).get("state") == "finished":
        manifest = finished_manifest(folder)
        counts, seconds = count_line(manifest.counts), f"{manifest.seconds:,.1f} s"
        return [f"{folder}: finished {manifest.finished}, {counts}, in {seconds}"]
    snapshot = take_snapshot(folder)
    experiment = snapshot.store.experiment
    stored = assemble(snapshot.planned, snapshot.store.measurements())
    table = experiment.tabulate(snapshot.planned, stored)
    pace = measure_pace(snapshot, table)
    lines = [f"{folder}: {_state_text(snapshot)}", f"  {snapshot.planned.text}"]
    if snapshot.latest:
        lines.append(f"  {snapshot.latest.cells_text}")
    lines.append(f"  {_progress_text(snapshot, table)}")
    if pace:
        lines.append(f"  {_pace_text(pace, experiment.work_unit)}")
    return [*lines, *(f"  {line}" for line in snapshot.damaged)]


def measure_pace(snapshot: Snapshot, table: ResultTable) -> Pace | None:
    """Return the rate of the latest run, given all planned rows; None where it has stored none."""
    started = _started(snapshot)
    times = [_modified(path) for path in snapshot.store.files]
    # Earlier runs have left their parts before this one started.
    is_new = snapshot.mask(
        # The start is cut off to seconds, so parts of this run are never older.
        rows
        for rows, written in zip(snapshot.rows, times, strict=True)
        if written >= started
    )
    # An interrupted run ended, as far as is known, with its last part.
    ended = time() if snapshot.manifest.state == "running" else max([started, *times])
    seconds = ended - started
    if not is_new.any() or seconds <= 0:
        return None
    # Points that failed in an earlier run are run again.
    waiting = ~table.present | ((table.status == FAILED) & ~is_new)
    done, left = (_work(snapshot, np.flatnonzero(rows)) for rows in (is_new, waiting))
    return Pace(int(is_new.sum()) / seconds, done / seconds, seconds * left / max(done, 1))


def _started(snapshot: Snapshot) -> float:
    try:
        return datetime.fromisoformat(snapshot.manifest.started).timestamp()
    except (ValueError, OverflowError):
        path = snapshot.folder / MANIFEST
        raise StoreError(f"{path} can't be used: its started isn't a time") from None


def _modified(path: Path) -> float:
    with reading(path):
        return path.stat().st_mtime


def _work(snapshot: Snapshot, rows: Rows) -> int:
    """Return the work of some points; their number where the experiment can't be planned here."""
    experiment = snapshot.store.experiment
    try:
        experiment.check()
    except ConfigError:
        return len(rows)
    return experiment.plan(snapshot.planned, rows, workers=1).work


def _state_text(snapshot: Snapshot) -> str:
    manifest, resume = snapshot.manifest, snapshot.store.resume_command
    if manifest.state == "running":
        workers = count_text(manifest.workers, "worker")
        return f"running since {manifest.started} with {workers}"
    if manifest.state == "interrupted":
        host = manifest.machine.host
        where = "" if host == platform.node() else f" on this machine; it was started on {host}"
        return f"interrupted, no process works on it{where}; {resume} resumes it"
    return f"{manifest.state}; {resume} runs the missing points"


def _progress_text(snapshot: Snapshot, table: ResultTable) -> str:
    counts = snapshot.counts(table)
    statuses = snapshot.store.experiment.statuses
    ended = ", ".join(f"{name} {counts[name]:,}" for name in statuses if counts[name])
    share = f"{snapshot.text}, {percent_text(snapshot.present.mean())} %"
    return f"{share} ({ended})" if ended else share


def _pace_text(pace: Pace, unit: str) -> str:
    rates = [f"{pace.points_per_second:,.1f} points/s"]
    if unit != "points":
        rates.append(rate_text(pace.work_per_second, unit))
    if pace.seconds_left:
        rates.append(f"about {duration_text(pace.seconds_left)} left")
    return ", ".join(rates)
