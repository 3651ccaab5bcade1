"""What the sweep costs beside training: 100,000 points of one epoch each, and the peak memory.

python -m benchmarks.overhead [--points 100000]
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from time import perf_counter

from benchmarks.points import point_of
from xorsweep.config import Parallel, Sweep
from xorsweep.engines import Engine, load_capacity, load_train
from xorsweep.grid import Axis, product_grid
from xorsweep.plan import make_plan
from xorsweep.sweep import run_sweep
from xorsweep.worker import build_training


def main() -> None:
    """Print the sweep's time over that of the engine alone, a point, and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    points = parser.parse_args().points
    axes = [
        Axis("lr", (0.1, 0.2, 0.3, 0.4, 0.5)),
        Axis("hidden", (2, 3)),
        Axis("seed", tuple(range(points // 10))),
    ]
    point = point_of(epochs=1)

    started = perf_counter()
    import_module("xorsweep.summary")
    imports = perf_counter() - started

    plan = make_plan(product_grid(axes, [point]), load_capacity(Engine()), 1)
    train = load_train(Engine())
    started = perf_counter()
    for batch in plan.batches:
        train(build_training(batch))
    engine = perf_counter() - started

    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        grid = product_grid(axes, [point])
        run_sweep(grid, Sweep(Parallel("serial"), report=False), Path(folder) / "sweep", {})
        sweep = perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(grid):,} points, {len(plan.batches)} batches, Python {sys.version.split()[0]}")
    print(f"draws and training alone {engine:.2f} s; the sweep {sweep:.2f} s")
    print(f"overhead {1e6 * (sweep - engine) / len(grid):.1f} us a point")
    print(f"once: import of pandas and SciPy {imports:.2f} s; peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
