"""Before training: what has to be compiled, and what the reference engine takes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from xorsweep.networks.engines import Engine, load_compile, load_unsupported
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training


def warm_up(batches: Sequence[Batch], engine: Engine, say: Callable[[str], None]) -> list[str]:
    """Have the engine compiled, once and before workers start; return what it leaves to NumPy.

    Both are said, a line each.
    """
    compile_kernels, gap = load_compile(engine), load_unsupported(engine)
    if compile_kernels:
        compile_kernels(_samples(batches), say)
    gaps = Counter(reason for batch in batches if (reason := gap(batch.fixed)))
    lines = [
        f"{reason} isn't compiled: engine=numpy trains {count:,} of {len(batches):,} batches"
        for reason, count in gaps.items()
    ]
    for line in lines:
        say(line)
    return lines


def _samples(batches: Sequence[Batch]) -> Iterator[TrainingBatch]:
    """Return one network of each kind."""
    kinds = {tuple(batch.fixed.items()): batch for batch in batches}
    for batch in kinds.values():
        # What can't be built becomes failed rows when its batch is trained.
        with suppress(Exception):
            yield build_training(replace(batch.part(slice(1)), snapshots=(1,)))
