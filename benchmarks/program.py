"""The whole program from the command line, start-up included, and two workers against one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

TWENTY_POINTS = ("lr=0.5,1", "hidden=2,3", "epochs=300", "seed=range(0,5)", "report=false")
FEW = "seed=range(0,1)"
POINTS_A_SEED = 60
LONG = ("lr=0.5", "hidden=8", "epochs=10000", "report=false")
SECONDS_OF_TRAINING = 60
PROBE = 4_000
"""Seeds of the sweep that tells how long others will train."""
MARGIN = 1.3
"""A sweep of few seeds is the slower one, seed by seed."""


@dataclass(frozen=True)
class Line:
    """What was run, how long it took each time, and what it is to stay below."""

    what: str
    seconds: tuple[float, ...]
    target: str = ""

    @property
    def median(self) -> float:
        """Return the median."""
        return median(self.seconds)


def whole_program(repeats: int, quick: bool) -> list[Line]:
    """Return the times of commands that people type."""
    lines = [
        Line("`python -m xorsweep`", _times(repeats), "1.5 s"),
        Line("`-m`, 20 points, no report", _times(repeats, "-m", *TWENTY_POINTS), "1.0 s"),
    ]
    if not quick:
        lines += [
            Line("`-m`, the default grid with its report", _times(3, "-m"), "8 s"),
            Line("the same with engine=numba", _times(3, "-m", "engine=numba")),
        ]
    return lines


def stock_hydra() -> list[Line]:
    """Return the default grid's first seed through Hydra's own sweeper, and through ours."""
    stock = ("hydra/sweeper=basic", "hydra/launcher=joblib")
    return [
        Line(f"{POINTS_A_SEED} points, Hydra's sweeper and joblib", _times(1, "-m", *stock, FEW)),
        Line(f"{POINTS_A_SEED} points, xorsweep's sweeper with the report", _times(3, "-m", FEW)),
    ]


def workers(engine: str, seconds: float) -> tuple[Line, Line]:
    """Return a sweep that trains for so many seconds, or a few more, in one process and in two."""
    probe = _trained(engine, 1, PROBE)
    seeds = int(PROBE * MARGIN * seconds / probe.training) + 1
    one, two = (
        Line(f"{count} workers, {engine}", (_trained(engine, count, seeds).whole,))
        for count in (1, 2)
    )
    return one, two


@dataclass(frozen=True)
class _Trained:
    """How long a sweep took: the whole program, and its training alone."""

    whole: float
    training: float


def _trained(engine: str, count: int, seeds: int) -> _Trained:
    given = (*LONG, f"engine={engine}", f"seed=range(0,{seeds})", f"parallel.n_jobs={count}")
    with tempfile.TemporaryDirectory() as folder:
        whole = _time(folder, "-m", *given, "hydra.sweep.dir=sweep")
        manifest = json.loads((Path(folder) / "sweep/manifest.json").read_text(encoding="utf-8"))
    return _Trained(whole, manifest["seconds"])


def _times(repeats: int, *arguments: str) -> tuple[float, ...]:
    """Return the seconds that a command line takes, each time in a fresh folder."""
    found = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            found.append(_time(folder, *arguments))
    return tuple(found)


def _time(folder: str, *arguments: str) -> float:
    command = [sys.executable, "-m", "xorsweep", *arguments]
    started = perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=1800)
    return perf_counter() - started
