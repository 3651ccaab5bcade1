"""A function that returns at once, swept by xorsweep and by others in turn: the time that they add.

python -m benchmarks.sweepers [--points 100000] [--turns 3]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

Sweeper = Callable[[int, Path], object]
"""Runs a sweep with a number of points in a folder."""

LRS, WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.5), (2, 3)


def train(lr: float, width: int, seed: int) -> dict[str, Any]:
    """Return at once."""
    return {"loss": lr * seed, "solved": width > 2}


def _axes(points: int) -> dict[str, Any]:
    return {"lr": LRS, "width": WIDTHS, "seed": range(points // 10)}


def _plain(points: int, folder: Path) -> object:
    import xorsweep as xs

    return xs.sweep_function(train, _axes(points), folder / "sweep", parallel="serial")


def _vectorized(points: int, folder: Path) -> object:
    import xorsweep as xs

    axes = _axes(points)
    return xs.sweep_function(train, axes, folder / "sweep", parallel="serial", vectorized=True)


def _xyzpy_runner() -> Any:
    import xyzpy

    return xyzpy.Runner(lambda **point: tuple(train(**point).values()), ["loss", "solved"])


def _xyzpy_memory(points: int, folder: Path) -> object:
    return _xyzpy_runner().run_combos(_axes(points), verbosity=0)


def _xyzpy_disk(points: int, folder: Path) -> object:
    import xyzpy

    harvester = xyzpy.Harvester(_xyzpy_runner(), data_name=str(folder / "data.h5"))
    return harvester.harvest_combos(_axes(points), verbosity=0)


def _psweep(points: int, folder: Path) -> object:
    import psweep

    axes = _axes(points)
    plists = [psweep.plist(key, levels) for key, levels in axes.items()]
    params = psweep.pgrid(*plists)
    return psweep.run(
        lambda point: train(point["lr"], point["width"], point["seed"]),
        params,
        calc_dir=str(folder),
        verbose=False,
    )


SWEEPERS: Mapping[str, Sweeper] = {
    "xorsweep, a plain function, on disk": _plain,
    "xorsweep, vectorized, on disk": _vectorized,
    "xyzpy, Runner, in memory": _xyzpy_memory,
    "xyzpy, Harvester, on disk": _xyzpy_disk,
    "psweep, on disk": _psweep,
}


@dataclass(frozen=True)
class Overhead:
    """CPU seconds per point of each sweeper, by turn, and the sweepers that aren't installed."""

    points: int
    seconds: Mapping[str, list[float]]
    not_measured: Mapping[str, str]


def sweepers(points: int, turns: int) -> Overhead:
    """Return the time of each; a first small sweep of each does the imports."""
    seconds: dict[str, list[float]] = {}
    not_measured: dict[str, str] = {}
    for name, sweep in SWEEPERS.items():
        try:
            _measure(sweep, 1_000)
        except ImportError as error:
            not_measured[name] = str(error)
    for _ in range(turns):
        for name in SWEEPERS.keys() - not_measured:
            seconds.setdefault(name, []).append(_measure(SWEEPERS[name], points) / points)
    return Overhead(points, seconds, not_measured)


def _measure(sweep: Sweeper, points: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = process_time()
        sweep(points, Path(folder))
        return process_time() - started


def section(found: Overhead) -> list[str]:
    """Return the lines of a page with the time of each."""
    rows = [
        f"| {name} | {1e6 * median(seconds):.1f} ({1e6 * min(seconds):.1f} to "
        f"{1e6 * max(seconds):.1f}) |"
        for name in SWEEPERS
        if (seconds := found.seconds.get(name))
    ]
    return [
        "",
        "## A function that returns at once",
        "",
        f"CPU time per call that a sweep of {found.points:,} points adds to a Python function, in "
        "one process: the median over the turns, with the minimum and the maximum in brackets. "
        "xorsweep writes `results.csv` and `summary.csv`.",
        "",
        "| sweep | us per point |",
        "| --- | ---: |",
        *rows,
        *(f"| {name} | not measured: {why} |" for name, why in found.not_measured.items()),
    ]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    print("\n".join(section(sweepers(given.points, given.turns))))


if __name__ == "__main__":
    main()
