"""The peak memory of a whole sweep of points that take no time to train, with or without a report.

python -m benchmarks.memory [--points 4000000] [--no-report] [--no-csv]
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

LIMIT_MIB, LIMIT_A_POINT = 768, 64
"""The allowed memory: 1,012 MiB of 4,000,000 points, 1,989 MiB of 20,000,000."""
SERIAL = ExecutionSettings("serial")


def main() -> None:
    """Run the sweep in a process of its own and print the highest memory of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=4_000_000)
    parser.add_argument("--report", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--csv", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        sweep(given.points, given.folder, SweepSettings(SERIAL, report=given.report, csv=given.csv))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.memory", *sys.argv[1:]]
        started = perf_counter()
        subprocess.run([*command, "--folder", f"{folder}/sweep"], check=True)
        seconds = perf_counter() - started
    # Of the processes that were waited for, the largest: the sweep's.
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak, limit = usage.ru_maxrss / 1024, LIMIT_MIB + given.points * LIMIT_A_POINT / 2**20
    print(
        f"{given.points:,} points in {seconds:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of "
        f"processor time: peak {peak:,.0f} MiB of {limit:,.0f} allowed"
    )
    sys.exit(peak > limit)


def sweep(points: int, folder: Path, settings: SweepSettings) -> None:
    """Train the points for one or two epochs, twenty cells of them, and write tables."""
    axes = [
        Axis("lr", (0.1, 0.2, 0.3, 0.4, 0.5)),
        Axis("hidden", (2, 3)),
        Axis("epochs", (1, 2)),
        Axis("seed", tuple(range(points // 20))),
    ]
    grid = product_grid(NETWORK_SCHEMA, axes, [point_of()])
    run_sweep(
        SweepRequest(NetworkExperiment(), grid, settings, folder, {"command_line": sys.argv}),
        Console(),
    )


if __name__ == "__main__":
    main()
