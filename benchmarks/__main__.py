"""Measure everything and write docs/performance.md and, on a GPU, docs/gpu.md.

python -m benchmarks [--quick] [--docs docs]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")

from benchmarks.compare import compare  # noqa: E402
from benchmarks.cuda import measure_gpu  # noqa: E402
from benchmarks.growth import ENGINES, Curve, growth, overhead  # noqa: E402
from benchmarks.page import Measured, write_page  # noqa: E402
from benchmarks.program import (  # noqa: E402
    SECONDS_OF_TRAINING,
    Line,
    stock_hydra,
    whole_program,
    workers,
)
from benchmarks.sweepers import sweepers  # noqa: E402
from benchmarks.verdicts import verdicts  # noqa: E402


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute or two, for a first look")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args()
    quick, points = given.quick, 100_000 if given.quick else 1_000_000
    training = 3.0 if quick else SECONDS_OF_TRAINING
    comparison = compare(2 if quick else 5, 0.2 if quick else 1.0, _say)
    _say("the whole program")
    program = whole_program(2 if quick else 5, quick)
    stock = [] if quick else stock_hydra()
    _say("one worker and two")
    pairs = {engine: workers(engine, training) for engine in ENGINES}
    _say("overhead")
    beside = (points, overhead(points))
    _say("a function, and other sweepers")
    others = sweepers(10_000 if quick else 100_000, 1 if quick else 3)
    _say("verdicts")
    found = verdicts(100 if quick else 1_000)
    curves = [*growth(quick, _say), *by_workers(pairs)]
    measure_gpu(given.docs, _say)
    page = write_page(
        Measured(comparison, program, stock, [*pairs.values()], beside, others, found, curves),
        given.docs,
    )
    _say(str(page))


def by_workers(pairs: Mapping[str, tuple[Line, Line]]) -> list[Curve]:
    """Return how the seconds of a sweep fall with its workers, by engine."""
    return [
        Curve("workers", engine, (1, 2), (one.median, two.median))
        for engine, (one, two) in pairs.items()
    ]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
