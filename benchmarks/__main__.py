"""Measure everything and write docs/performance.md and, on a GPU, docs/gpu.md.

docs/performance.json keeps the ratios of times; one that got worse than in the last commit by more
than its spread ends this with an error.

python -m benchmarks [--quick] [--docs docs]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from statistics import median

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")

from benchmarks.compare import compare  # noqa: E402
from benchmarks.cuda import measure_gpu  # noqa: E402
from benchmarks.growth import ENGINES, Curve, growth, overhead  # noqa: E402
from benchmarks.landed import read_landed, worse, write_ratios  # noqa: E402
from benchmarks.page import Measured, others_ratios, own_ratios, write_page  # noqa: E402
from benchmarks.peers.numpy_exp import exp_time  # noqa: E402
from benchmarks.program import (  # noqa: E402
    COMMANDS,
    SECONDS_OF_TRAINING,
    SWEEPS,
    Workers,
    whole_program,
    workers,
)
from benchmarks.steps import steps  # noqa: E402
from benchmarks.sweepers import sweepers  # noqa: E402
from benchmarks.verdicts import verdicts  # noqa: E402


def main() -> None:
    """Measure, write the page, and fail where a ratio got worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes, for a first look")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args()
    quick = given.quick
    turns, points = (2, 100_000) if quick else (5, 1_000_000)
    exp = [exp_time() for _ in range(turns)]
    comparison = compare(turns, 0.2 if quick else 1.0, _say)
    _say("the whole program")
    program = whole_program(COMMANDS, turns)
    sweeps = None if quick else whole_program(SWEEPS, turns)
    _say("one worker and two")
    pairs = [workers(each, 3.0 if quick else SECONDS_OF_TRAINING, turns) for each in ENGINES]
    _say("overhead")
    beside_training = [overhead(points) for _ in range(turns)]
    _say("steps of the default sweep")
    by_step = steps(turns)
    _say("a function, and other sweepers")
    others = sweepers(10_000 if quick else 100_000, turns)
    _say("verdicts")
    found = verdicts(100 if quick else 1_000)
    curves = [*growth(quick, _say), *map(by_workers, pairs)]
    measure_gpu(given.docs, _say)
    measured = Measured(
        exp,
        comparison,
        program,
        sweeps,
        pairs,
        points,
        beside_training,
        by_step,
        others,
        found,
        curves,
    )
    landed, own = read_landed(given.docs), own_ratios(measured)
    _say(str(write_page(measured, landed, given.docs)))
    write_ratios([*own, *others_ratios(measured)], given.docs)
    if lines := worse(own, landed):
        sys.exit("\n".join(["slower than the last commit by more than the spread:", *lines]))


def by_workers(pairs: Workers) -> Curve:
    """Return how the seconds of a sweep fall with its workers."""
    return Curve("workers", pairs.engine, (1, 2), (median(pairs.one), median(pairs.two)))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
