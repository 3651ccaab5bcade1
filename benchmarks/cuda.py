"""The engine for GPUs, beside the compiled one on a processor; `make bench` runs it on a GPU.

python -m benchmarks.cuda [--docs docs]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.peers.ours import training_of
from benchmarks.points import point_of
from xorsweep.errors import ConfigError
from xorsweep.networks.engines import Engine, load_train
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training
from xorsweep.storage.environment import machine, now, versions

NETWORKS, EPOCHS, REPEATS = 2**18, 50_000, 5
"""Of a batch on the GPU; the seconds include the copies to and from it."""
FEW, FEW_EPOCHS = 4096, 2_000
"""Of a batch on one core."""
HIDDEN = (2, 4, 8)
AIMS = {"float64": 2e10, "float32": 5e10}
"""Epochs of 2-2-1 networks per second."""
MAP, MAP_EPOCHS, MAP_AIM = 4096, 1_000, 10.0
OTHERS: Mapping[str, Mapping[str, object]] = {
    "2-2-1, adam": {"optimizer": "adam", "lr": 0.01},
    "2-2-1, online": {"schedule": "online"},
    "2-4-1, tanh, momentum": {"activation": "tanh", "optimizer": "momentum", "hidden": 4},
    "4-8-1, parity": {"task": "parity", "task.bits": 4, "hidden": 8},
    "8-3-8, encoder": {"task": "encoder", "task.size": 8, "hidden": 3},
}
"""The networks that the kernel for any network trains."""


@dataclass(frozen=True)
class Speed:
    """Network epochs per second: of each repeat on the GPU, and on one core."""

    what: str
    dtype: str
    on_gpu: tuple[float, ...]
    on_core: float


def speeds(log: Callable[[str], None]) -> Iterator[Speed]:
    """Yield the speed of each kind of network, 2-2-1 first."""
    for dtype in AIMS:
        for hidden in HIDDEN:
            log(f"2-{hidden}-1, {dtype}")
            many, few = training_of(hidden, NETWORKS), training_of(hidden, FEW)
            yield speed(f"2-{hidden}-1", dtype, many, few, EPOCHS)
    for what, given in OTHERS.items():
        log(what)
        yield speed(what, "float64", other(given, NETWORKS), other(given, FEW), FEW_EPOCHS)


def other(given: Mapping[str, object], networks: int) -> TrainingBatch:
    """Return the training of networks with some settings, a seed each."""
    fixed = {k: v for k, v in point_of(**given).items() if k not in ("epochs", "seed")}
    rows = np.arange(networks)[None]
    return build_training(Batch(fixed, {"seed": rows[0]}, (1,), rows, rows.astype(np.uint64)))


def speed(what: str, dtype: str, many: TrainingBatch, few: TrainingBatch, epochs: int) -> Speed:
    """Return the speed of two batches of the same networks."""
    on_gpu, on_core = (Engine(name, dtype) for name in ("cuda", "numba"))
    seconds = [timed(many, on_gpu, epochs) for _ in range(REPEATS + 1)][1:]
    [_, alone] = [timed(few, on_core, FEW_EPOCHS // 10), timed(few, on_core, FEW_EPOCHS)]
    rates = tuple(NETWORKS * epochs / each for each in seconds)
    return Speed(what, dtype, rates, FEW * FEW_EPOCHS / alone)


def timed(training: TrainingBatch, engine: Engine, epochs: int) -> float:
    """Return the seconds of training, with everything kept that a sweep keeps."""
    curve = learning_curve_epochs(epochs)
    training = replace(training, snapshots=(epochs,), curve_epochs=curve)
    started = perf_counter()
    load_train(engine)(training)
    return perf_counter() - started


def map_seconds() -> float:
    """Return the seconds of training a square map, batch by batch."""
    batches, training = MAP * MAP // NETWORKS, training_of(2, NETWORKS)
    return sum(timed(training, Engine("cuda"), MAP_EPOCHS) for _ in range(batches))


def page(found: list[Speed], seconds: float) -> Iterator[str]:
    """Yield the lines of the document."""
    from numba import cuda

    name, known = cuda.get_current_device().name, versions()
    yield from ("# The engine for GPUs", "")
    yield (
        f"Measured by `python -m benchmarks.cuda` on {now()[:10]}: {name}, beside one core of "
        f"{machine().processor}, Python {known['python']}, NumPy {known['numpy']}, Numba "
        f"{known['numba']}, numba-cuda {known['numba-cuda']}."
    )
    yield ""
    yield (
        f"Network epochs per second, with batches of {NETWORKS:,} networks on the GPU and {FEW:,} "
        "on the core. Copies to and from the GPU are included. The GPU's values are the median of "
        f"{REPEATS} repeats, and the minimum and the maximum; the core's are of one repeat. The "
        f"2-H-1 networks of the first six rows train for {EPOCHS:,} epochs on the GPU, all others "
        f"for {FEW_EPOCHS:,}."
    )
    yield from ("", "| networks | precision | engine=cuda | engine=numba | times as fast |")
    yield "| --- | --- | ---: | ---: | ---: |"
    for each in found:
        least, middle, most = min(each.on_gpu), median(each.on_gpu), max(each.on_gpu)
        yield (
            f"| {each.what} | {each.dtype} | {middle:.2e} ({least:.2e} to {most:.2e}) | "
            f"{each.on_core:.2e} | {middle / each.on_core:,.0f} |"
        )
    yield from ("", "| quantity | aim | measured |", "| --- | ---: | ---: |")
    for each in found[:1] + [each for each in found if each.dtype == "float32"][:1]:
        yield (
            f"| {each.what}, {each.dtype}, network epochs per second | "
            f"at least {AIMS[each.dtype]:.0e} | {median(each.on_gpu):.2e} |"
        )
    yield (
        f"| training a map of {MAP:,} x {MAP:,} networks for {MAP_EPOCHS:,} epochs, float64 | "
        f"at most {MAP_AIM:.0f} s | {seconds:.1f} s |"
    )


def measure_gpu(docs: Path, log: Callable[[str], None]) -> None:
    """Write gpu.md into a folder; where there is no GPU, say so and leave the page as it is."""
    try:
        Engine("cuda").check()
    except ConfigError as error:
        log(str(error))
        return
    found = list(speeds(log))
    lines = [*page(found, map_seconds()), ""]
    (docs / "gpu.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    measure_gpu(parser.parse_args().docs, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
