"""Compiles an engine before training, and reports the batches left to the reference engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from xorsweep.networks.engines import Engine, load_compile, load_unsupported
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training


def warm_up(batches: Sequence[Batch], engine: Engine, log: Callable[[str], None]) -> list[str]:
    """Compile the engine, once and before workers start; `log` gets each line to be shown.

    Returns a line for each component that isn't compiled, so that NumPy trains its batches.
    """
    compile_kernels, unsupported = load_compile(engine), load_unsupported(engine)
    if compile_kernels:
        compile_kernels(_samples(batches), log)
    counts = Counter(found for batch in batches if (found := unsupported(batch.fixed)))
    lines = [
        f"{component} isn't compiled: engine=numpy trains {count:,} of {len(batches):,} batches"
        for component, count in counts.items()
    ]
    for line in lines:
        log(line)
    return lines


def _samples(batches: Sequence[Batch]) -> Iterator[TrainingBatch]:
    """Yield a training of one network for each set of components, which compiles its kernels."""
    kinds = {tuple(batch.fixed.items()): batch for batch in batches}
    for batch in kinds.values():
        # A batch that can't be built becomes failed rows later, when it is trained.
        with suppress(Exception):
            yield build_training(replace(batch.part(slice(1)), snapshots=(1,)))
