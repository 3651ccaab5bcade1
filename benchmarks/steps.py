"""Processor seconds of each step of the default sweep, in one process.

python -m benchmarks.steps [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import reduce
from importlib import import_module
from io import StringIO
from statistics import median
from time import process_time
from typing import Any

from xorsweep.cli.main import main

STEPS = (
    ("training", "xorsweep.sweeps.runner", "_Run._run_plan"),
    ("results.csv, results.parquet", "xorsweep.sweeps.runner", "write_results"),
    ("summary.csv", "xorsweep.sweeps.outputs", "write_summary"),
    ("comparisons.csv and further tables", "xorsweep.sweeps.outputs", "write_comparisons"),
    ("drawings of runs", "xorsweep.reporting.run_drawings", "_draw_runs"),
    ("figures", "xorsweep.reporting.figures.catalog", "_write"),
    ("findings and page", "xorsweep.reporting.report", "ReportWriter.write"),
)
"""Functions whose time is a step's, without that of the steps that they call."""
IMPORTED = "`import hydra, numpy, pandas`"
LIBRARIES = "import of Matplotlib, seaborn and SciPy"
REST = "everything else"


class Clock:
    """Adds up the processor seconds of steps, each without those inside it."""

    def __init__(self) -> None:
        self.seconds = Counter[str]()
        self._now, self._open = 0.0, [REST]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step."""
        self._add()
        self._open.append(name)
        try:
            yield
        finally:
            self._add()
            self._open.pop()

    def _add(self) -> None:
        now = process_time()
        self.seconds[self._open[-1]] += now - self._now
        self._now = now

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose calls are a step; of a figure the step has its name."""

        def timed(*args: Any, **options: Any) -> Any:
            figure = f": {args[0].name}" if name == "figures" else ""
            with self.step(name + figure):
                return function(*args, **options)

        return timed


def _trace(folder: str) -> None:
    """Run the default sweep in a folder, and print the seconds of its steps as JSON."""
    clock = Clock()
    with clock.step(IMPORTED):
        for name in ("hydra", "numpy", "pandas"):
            import_module(name)
    with clock.step(LIBRARIES):
        import_module("xorsweep.reporting.figures.axes")
    for name, module, path in STEPS:
        *owners, last = path.split(".")
        owner = reduce(getattr, owners, import_module(module))
        setattr(owner, last, clock.around(name, getattr(owner, last)))
    with clock.step(REST), redirect_stdout(StringIO()):
        main(["-m", "parallel=serial", f"hydra.sweep.dir={folder}/sweep"])
    print(json.dumps(clock.seconds))


def steps(turns: int) -> Mapping[str, Sequence[float]]:
    """Return the processor seconds of each step, by turn."""
    found: list[dict[str, float]] = []
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.steps", "--trace", folder]
            done = subprocess.run(command, check=True, capture_output=True, timeout=900)
        found.append(json.loads(done.stdout))
    return {name: [turn[name] for turn in found] for name in found[0]}


def section(found: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the lines of a page with the time of each step."""
    totals = [sum(turn) for turn in zip(*found.values(), strict=True)]
    rows = sorted(found.items(), key=lambda each: -median(each[1]))
    return [
        "",
        "## Steps of the default sweep",
        "",
        "Processor seconds of `-m parallel=serial`, the default grid with its report in one "
        "process: the median over the turns, with the minimum and the maximum in brackets. With "
        "two workers, steps overlap.",
        "",
        "| step | seconds |",
        "| --- | ---: |",
        *(f"| {name} | {_times(seconds)} |" for name, seconds in rows),
        f"| all | {_times(totals)} |",
    ]


def _times(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--trace", metavar="FOLDER", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.trace:
        _trace(given.trace)
    else:
        print("\n".join(section(steps(given.turns))))
