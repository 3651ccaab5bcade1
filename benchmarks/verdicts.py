"""How many verdicts, converged or not, an engine or a precision changes on 10,000 networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.points import point_of
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training

RATES = (0.1, 0.5, 1.0, 5.0, 20.0)
HIDDEN = (2, 4)
EPOCHS = 2_000
OTHERS = (Engine("numba"), Engine("numpy", "float32"), Engine("numba", "float32"))


@dataclass(frozen=True)
class Verdicts:
    """How many networks converged under the reference; how many verdicts others change."""

    rate: float
    networks: int
    converged: int
    changed: tuple[int, ...]


def verdicts(seeds: int = 1_000) -> list[Verdicts]:
    """Return a line for each learning rate."""
    return [_line(rate, seeds) for rate in RATES]


def _line(rate: float, seeds: int) -> Verdicts:
    reference = _converged(Engine(), rate, seeds)
    changed = tuple(int((_converged(engine, rate, seeds) != reference).sum()) for engine in OTHERS)
    return Verdicts(rate, len(reference), int(reference.sum()), changed)


def _converged(engine: Engine, rate: float, seeds: int) -> np.ndarray:
    train = load_train(engine)
    return (
        np.concatenate(
            [
                train(build_training(_batch(hidden, rate, seeds))).converged_epoch
                for hidden in HIDDEN
            ]
        )
        >= 0
    )


def _batch(hidden: int, rate: float, seeds: int) -> Batch:
    point = point_of(hidden=hidden, lr=rate)
    fixed = {key: value for key, value in point.items() if key not in ("epochs", "seed")}
    rows = np.arange(seeds)[None]
    return Batch(fixed, {"seed": rows[0]}, (EPOCHS,), rows, rows.astype(np.uint64))
