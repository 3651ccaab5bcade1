"""The peak memory of a whole sweep, report included, of points that take no time to train.

python -m benchmarks.memory [--points 2000000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.points import point_of
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

LIMIT_MIB = 1536


def main() -> None:
    """Run the sweep in a process of its own and print what the two of them took at most."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        sweep(given.points, given.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.memory", "--points", str(given.points)]
        started = perf_counter()
        subprocess.run([*command, "--folder", f"{folder}/sweep"], check=True)
        seconds = perf_counter() - started
    # Of the processes that were waited for, the largest: the sweep's.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{given.points:,} points in {seconds:.0f} s: peak {peak:,.0f} MiB of {LIMIT_MIB:,} allowed"
    )
    sys.exit(peak > LIMIT_MIB)


def sweep(points: int, folder: Path) -> None:
    """Train the points for one epoch each, twenty cells of them, with tables and report."""
    axes = [
        Axis("lr", (0.1, 0.2, 0.3, 0.4, 0.5)),
        Axis("hidden", (2, 3)),
        Axis("epochs", (1, 2)),
        Axis("seed", tuple(range(points // 20))),
    ]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    settings = SweepSettings(ExecutionSettings("serial"))
    run_sweep(
        SweepRequest(NetworkExperiment(), grid, settings, folder, {"command_line": sys.argv}),
        Console(),
    )


if __name__ == "__main__":
    main()
