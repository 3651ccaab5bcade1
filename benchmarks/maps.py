"""A map of initial weights, a network a pixel, by the whole program: processor time and memory.

python -m benchmarks.maps [--pixels 512] [OVERRIDE ...]

Overrides such as `parallel.n_jobs=2` go to the sweep. Compile the engine first, by a run with
`--pixels 8`.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from time import perf_counter

PLANE = ("init=plane", "init.center=3", "init.x=w1_0_0", "init.y=w1_1_1")
SETTING = ("lr=10", "hidden=2", "epochs=1000", "seed=0", "engine=numba", "report=false")


def main() -> None:
    """Run the sweep in a process of its own and print time and memory, workers included."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=512)
    parser.add_argument("overrides", nargs="*")
    given = parser.parse_args()
    axes = [f"init.{key}=linspace(-10,10,{given.pixels})" for key in "ab"]
    command = [sys.executable, "-m", "xorsweep", "-m", *PLANE, *axes, *SETTING, *given.overrides]
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        subprocess.run([*command, f"hydra.sweep.dir={folder}/map"], check=True)
        seconds = perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{given.pixels} x {given.pixels} networks: {seconds:.1f} s, "
        f"{used.ru_utime + used.ru_stime:.1f} s of processors, the largest process "
        f"{used.ru_maxrss / 1024:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
