"""The cost of an epoch: of the engine's array calls, and of each network; for `epoch_cost`.

python -m benchmarks.epoch_cost [numpy] [numba]

Processor seconds, each the least of several repeats, so that other load matters little. Constants
are medians over the shapes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import process_time

import numpy as np

from benchmarks.points import point_of
from xorsweep.networks.architecture import Network
from xorsweep.networks.engines import Engine, load_capacity, load_train
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy.engine import CALLS
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training

SHAPES: Sequence[Mapping[str, object]] = (
    *({"hidden": hidden} for hidden in (2, 4, 8, 32)),
    *({"task": "parity", "task.bits": bits, "hidden": 4} for bits in (3, 4, 6)),
    *({"task": "encoder", "hidden": hidden} for hidden in (3, 8)),
)
REPEATS = 7
FEW = {"numpy": 8, "numba": 64}
"""Networks of a small batch: those that fill a lane or a tile."""
SECONDS = 0.02
"""Of each measurement."""


@dataclass(frozen=True)
class Measured:
    """A network, the rows of its task, and the seconds of an epoch."""

    network: Network
    rows: int
    per_batch: float
    per_network: float


def measure(engine: Engine, values: Mapping[str, object]) -> Measured:
    """Return and print the seconds of an epoch, from those of a small batch and of a full one."""
    least = FEW[engine.name]
    training = _training(values, least)
    network, rows = training.network, len(training.inputs)
    most = load_capacity(engine)(network, rows)
    few, many = (_epoch(engine, _training(values, members)) for members in (least, most))
    per_network = (many - few) / (most - least)
    found = Measured(network, rows, few - least * per_network, per_network)
    print(
        f"{network.inputs}-{network.hidden}-{network.outputs}, {rows} rows: "
        f"{1e6 * found.per_batch:.1f} us a batch, {1e9 * per_network:.1f} ns a network"
    )
    return found


def _training(values: Mapping[str, object], members: int) -> TrainingBatch:
    point = point_of(**values)
    fixed = {key: value for key, value in point.items() if key not in ("epochs", "seed")}
    rows = np.arange(members)[None]
    return build_training(Batch(fixed, {"seed": rows[0]}, (1,), rows, rows.astype(np.uint64)))


def _epoch(engine: Engine, training: TrainingBatch) -> float:
    """Return the seconds of an epoch, without the fixed cost."""
    train = load_train(engine)

    def seconds(epochs: int) -> float:
        started = process_time()
        train(replace(training, snapshots=(epochs,), curve_epochs=()))
        return process_time() - started

    seconds(1)
    epochs = 1 + max(10, int(10 * SECONDS / (seconds(11) + 1e-6)))
    short = min(seconds(1) for _ in range(REPEATS))
    return (min(seconds(epochs) for _ in range(REPEATS)) - short) / (epochs - 1)


def main() -> None:
    """Print the measured costs of some engines, and the constants that fit them."""
    for name in sys.argv[1:] or FEW:
        print(f"engine={name}")
        found = [measure(Engine(name), values) for values in SHAPES]
        calls = median(each.per_batch / (CALLS + each.network.size) for each in found)
        weights = median(each.per_network / (each.rows * each.network.size) for each in found)
        print(f"a call {1e6 * calls:.2f} us, a weight at a row {1e9 * weights:.2f} ns", flush=True)


if __name__ == "__main__":
    main()
