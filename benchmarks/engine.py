"""The engine against the notebook's loop, on one core, both in the same run.

python -m benchmarks.engine [--networks 4096] [--repeats 5]
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.notebook_loop import seconds_a_net_epoch
from benchmarks.points import point_of
from xorsweep.engines import ENGINES, load_engine
from xorsweep.plan import Batch
from xorsweep.worker import build_training

EPOCHS = 10_000
"""The notebook's; both sides draw their weights before, and are charged for it."""


def batch_of(hidden: int, networks: int) -> Batch:
    """Return a batch of the notebook's networks, a seed each."""
    fixed = point_of(hidden=hidden, epochs=EPOCHS)
    del fixed["epochs"], fixed["seed"]
    rows = np.arange(networks)[None]
    return Batch(fixed, {"seed": rows[0]}, (EPOCHS,), rows, rows.astype(np.uint64))


def engine_seconds(hidden: int, networks: int, engine: str) -> float:
    """Return how long the engine takes for one epoch of one network, the draws included."""
    batch, train = batch_of(hidden, networks), load_engine(engine)
    started = perf_counter()
    train(build_training(batch))
    return (perf_counter() - started) / (networks * EPOCHS)


def main() -> None:
    """Print both, their ratio, and the ratio's spread over the repeats."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--engine", choices=tuple(ENGINES), default="numpy")
    given = parser.parse_args()
    table = Table(title=f"{given.engine}, {given.networks:,} networks, one core")
    for name in ("network", "notebook", "engine", "ratio", "ratios seen"):
        table.add_column(name, justify="right")
    for hidden in (2, 4, 8):
        pairs = [
            (
                seconds_a_net_epoch(hidden, EPOCHS),
                engine_seconds(hidden, given.networks, given.engine),
            )
            for _ in range(given.repeats)
        ]
        ratios = sorted(loop / engine for loop, engine in pairs)
        table.add_row(
            f"2-{hidden}-1",
            f"{1e9 * median(loop for loop, _ in pairs):,.0f} ns",
            f"{1e9 * median(engine for _, engine in pairs):.1f} ns",
            f"{median(ratios):.0f}",
            f"{ratios[0]:.0f} to {ratios[-1]:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
