"""The default sweep against Hydra's own sweeper with the joblib launcher.

python -m benchmarks.stock_hydra [--seeds 1]

Stock Hydra would need many minutes for the default grid, so it gets only its first seeds; the time
for all of it is extrapolated, and said to be.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from time import perf_counter

POINTS_A_SEED = 60
SEEDS = 100


def seconds(folder: str, *arguments: str) -> float:
    """Return how long a command line takes, start-up included."""
    command = [sys.executable, "-m", "xorsweep", "-m", *arguments]
    started = perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started


def main() -> None:
    """Print both times and what they mean for the whole default grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    few = f"seed=range(0,{seeds})"
    with tempfile.TemporaryDirectory() as folder:
        whole = seconds(folder)
        rows_only = seconds(folder, "report=false")
        ours = seconds(folder, few)
        stock = seconds(folder, "hydra/sweeper=basic", "hydra/launcher=joblib", few)
    points = seeds * POINTS_A_SEED
    print(f"default grid, {SEEDS * POINTS_A_SEED:,} points, with report: {whole:.1f} s")
    print(f"the same without the report: {rows_only:.1f} s")
    print(f"its first {points:,} points, with report: {ours:.1f} s")
    print(f"the same through hydra/sweeper=basic hydra/launcher=joblib: {stock:.1f} s")
    print(f"extrapolated to the default grid: {stock * SEEDS / seeds / 60:.0f} minutes")


if __name__ == "__main__":
    main()
