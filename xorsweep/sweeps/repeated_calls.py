"""Sweeps of callers from Python: the same call again runs only the points that are missing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock, RLock
from weakref import WeakValueDictionary

import numpy as np

from xorsweep.reporting.console import Console
from xorsweep.settings import FIGURES, read_figures
from xorsweep.storage.manifest import seal
from xorsweep.storage.paths import cache_folder
from xorsweep.storage.store import read_manifest
from xorsweep.sweeps.finished import finished_manifest
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.sweep import Sweep, holds_sweep
from xorsweep.versions import __version__

_FINDING_TURN = Lock()
_TURNS: WeakValueDictionary[str, RLock] = WeakValueDictionary()
"""The lock of a thread that works in a folder; deleted with the last thread that needs it."""


def sweep_once(asked: SweepRequest, cached: bool, terminal: Console) -> Sweep:
    """Return a sweep, of which only the points are run that its folder lacks.

    With `cached` its folder is in the cache, named by the content of the sweep.
    """
    digest = str(seal(asked.grid, asked.experiment, asked.settings.rounds)["digest"])
    target = cache_folder() / _cache_name(asked, digest) if cached else asked.folder
    request = replace(asked, folder=target)
    # Threads take turns here; other processes are kept out by the lock of the folder.
    with _turn_at(target), _interruption_told(target, terminal):
        if not holds_sweep(target):
            run_sweep(request, terminal)
        elif not _has_all(target, digest, asked):
            resume_sweep(ResumeRequest.of(request), terminal)
    return Sweep.open(target, asked.experiment)


def resume_once(asked: ResumeRequest, terminal: Console) -> Sweep:
    """Return the sweep in a folder, with its missing points and further levels run."""
    with _turn_at(asked.folder), _interruption_told(asked.folder, terminal):
        resume_sweep(asked, terminal)
    return Sweep.open(asked.folder)


def _has_all(folder: Path, digest: str, asked: SweepRequest) -> bool:
    """Tell whether a folder has all requested points and files, and no failure to try again."""
    found = read_manifest(folder)
    if found.get("state") != "finished" or found.get("digest") != digest:
        return False
    manifest, settings = finished_manifest(folder), asked.settings
    options = asked.experiment.record(asked.grid).get("options", {})
    is_same = manifest.options == options and settings.title in (None, manifest.config.get("title"))
    # A resume tries failed points again, and writes files that are missing or have changed.
    if manifest.counts["failed"] or not is_same or (settings.csv and not manifest.csv):
        return False
    is_drawn_so = read_figures(manifest.config.get(FIGURES)) == settings.figures
    return not settings.report or (is_drawn_so and (folder / "report.html").exists())


def _cache_name(asked: SweepRequest, digest: str) -> str:
    """Return a name that depends on everything that determines the rows and the report."""
    parts = (
        digest,
        asked.experiment.record(asked.grid).get("files", {}),
        asked.provenance.get("study"),
        __version__,
        # Another NumPy may give other bits.
        np.__version__,
    )
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


@contextmanager
def _turn_at(folder: Path) -> Iterator[None]:
    """Let threads that request the sweep of the same folder take turns."""
    # Without it, two threads could each make a lock for the same folder.
    with _FINDING_TURN:
        turn = _TURNS.setdefault(os.path.realpath(folder), RLock())
    with turn:
        yield


@contextmanager
def _interruption_told(folder: Path, terminal: Console) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if holds_sweep(folder):
            terminal.warn(
                f"interrupted: trained points are kept in {folder}, the same call resumes the sweep"
            )
        raise
