"""How a sweep's time grows: a model of few constants, checked against measured sweeps.

python -m benchmarks.scaling [--points 10000 100000 1000000] [--memory-points 4000000 12000000]
    [--repeats 3] [--write docs/scaling.md]

Every constant is measured in the same run. Tables go between the markers of the document.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from pathlib import Path
from time import perf_counter

from joblib import cpu_count

from benchmarks.costs import Costs, bytes_of_a_part, grid_of, measure_costs
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import BYTES_A_POINT
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

EPOCHS = 300
"""Of the measured sweeps."""
FAR = 10**9
FAR_CORES = 1_000
FAR_EPOCHS = (300, 1_000, 10_000)
WORKERS = (1, 2)
MEMORY_GIB = 64
MEMORY_POINTS = (4_000_000, 12_000_000)
"""Points of the two sweeps, of one epoch, whose peaks of memory are compared."""


@dataclass(frozen=True)
class Measured:
    """One sweep, in a process of its own: rows and tables, without figures."""

    points: int
    workers: int
    seconds: float
    peak_bytes: int


def train_seconds(costs: Costs, points: int, epochs: int) -> float:
    """Return the core seconds of training, each point a trajectory."""
    return points * (costs.trajectory + epochs * costs.net_epoch)


def writer_seconds(costs: Costs, points: int, batches: int, row: float, batch: float) -> float:
    """Return the time in which one writer takes rows from processes and puts them on disk."""
    return points * (costs.row_store + row) + batches * (costs.batch_store + batch)


def predicted(costs: Costs, points: int, epochs: int, workers: int, cores: int) -> float:
    """Return the seconds of a sweep on one machine; one worker is this process itself.

    Training and writing overlap, in a thread or in other processes: the slower of the two decides,
    or the cores that both share.
    """
    batches = ceil(points / costs.capacity / workers) * workers
    train = train_seconds(costs, points, epochs)
    around = costs.start + points * (costs.row_plan + costs.row_finish)
    hands = workers > 1
    writer = writer_seconds(
        costs, points, batches, hands * costs.row_loky, hands * costs.batch_loky
    )
    overlapped = max(train / workers, writer, (train + writer) / cores)
    return around + hands * costs.start_loky + overlapped


def cores_fed(costs: Costs, epochs: int, row: float, batch: float) -> float:
    """Return how many cores train as fast as one writer takes their rows."""
    a_batch = writer_seconds(costs, costs.capacity, 1, row, batch)
    return train_seconds(costs, costs.capacity, epochs) / a_batch


def measured(points: int, workers: int, epochs: int = EPOCHS) -> Measured:
    """Run a sweep in a fresh interpreter."""
    given = [str(each) for each in (points, workers, epochs)]
    command = [sys.executable, "-m", "benchmarks.scaling", "--sweep", *given]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=3600)
    return Measured(points, workers, **json.loads(done.stdout))


def run_one(points: int, workers: int, epochs: int) -> None:
    """Run a sweep in this process and print its time and memory."""
    import xorsweep.analysis.export  # noqa: F401 - its imports are paid once, whatever the size

    parallel = (
        ExecutionSettings("serial", 1) if workers == 1 else ExecutionSettings("loky", workers)
    )
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        run_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid_of(points, epochs),
                SweepSettings(parallel, report=False),
                Path(folder) / "s",
            )
        )
        seconds = perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_bytes": _peak_bytes()}))


def _peak_bytes() -> int:
    """Return the most memory that this process has had; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


def bytes_in_memory(few: Measured, many: Measured) -> float:
    """Return the parent's memory a row: the slope between a large sweep and a larger one.

    Between small ones it is steeper, up to a peak that all large ones have.
    """
    return (many.peak_bytes - few.peak_bytes) / (many.points - few.points)


def tables(costs: Costs, sweeps: Sequence[Measured], memory: float) -> dict[str, str]:
    """Return the document's tables by the names of their markers."""
    return {
        "machine": _machine(),
        "constants": _constants(costs, memory),
        "checked": _checked(costs, sweeps),
        "writer": _writer(costs),
        "far": _far(costs, memory),
    }


def _machine() -> str:
    load = os.getloadavg()[1]
    return (
        f"Measured on {date.today().isoformat()} with Python {platform.python_version()} on a "
        f"machine with {cpu_count()} cores; its load average was {load:.1f}."
    )


def _constants(costs: Costs, memory: float) -> str:
    micro, milli = 1e6, 1e3
    rows = [
        ("a sweep with almost no rows", f"{costs.start:,.1f} s"),
        ("training, per core", f"{1 / costs.net_epoch / 1e6:,.1f} M net-epochs/s"),
        ("overhead per training: initial weights and metrics", _us(costs.trajectory)),
        ("planning, per row: grid, identifiers, batches", _us(costs.row_plan)),
        ("assembling, per row: parts to results and summary", _us(costs.row_finish)),
        ("writing a row to its part", _us(costs.row_store)),
        ("writing a batch, synced to the disk", f"{milli * costs.batch_store:,.1f} ms"),
        ("receiving a row from loky", _us(costs.row_loky)),
        ("sending a batch to loky and receiving it", f"{milli * costs.batch_loky:,.2f} ms"),
        ("starting loky", f"{costs.start_loky:,.1f} s"),
        ("receiving a row from Dask", _us(costs.row_dask)),
        ("sending a batch to Dask and receiving it", f"{milli * costs.batch_dask:,.2f} ms"),
        ("starting Dask", f"{costs.start_dask:,.1f} s"),
        ("sending a row to a shard, and reading it there", f"{micro * costs.row_shard:,.2f} µs"),
        ("size of a row in a shard's file", f"{costs.bytes_handed:,.0f} bytes"),
        ("size of a row in a part, after 1 epoch", f"{costs.bytes_part:,.0f} bytes"),
        *((f"after {e:,} epochs", f"{bytes_of_a_part(e):,.0f} bytes") for e in FAR_EPOCHS[:2]),
        ("size of a row in results.csv", f"{costs.bytes_csv:,.0f} bytes"),
        ("peak memory of the parent, per row", f"{memory:,.0f} bytes"),
        ("networks in a full batch", f"{costs.capacity:,}"),
    ]
    return _table(("quantity", "value"), rows)


def _checked(costs: Costs, sweeps: Sequence[Measured]) -> str:
    rows = []
    for sweep in sweeps:
        guess = predicted(costs, sweep.points, EPOCHS, sweep.workers, int(cpu_count()))
        rows.append(
            (
                f"{sweep.points:,}",
                str(sweep.workers),
                f"{guess:,.1f} s",
                f"{sweep.seconds:,.1f} s",
                f"{sweep.seconds / guess:.2f}",
                f"{sweep.peak_bytes / 2**20:,.0f} MiB",
            )
        )
    head = ("points", "workers", "predicted", "measured", "measured / predicted", "peak memory")
    return _table(head, rows)


def _writer(costs: Costs) -> str:
    rows = [
        (
            f"{epochs:,}",
            f"{cores_fed(costs, epochs, costs.row_loky, costs.batch_loky):,.0f}",
            f"{cores_fed(costs, epochs, costs.row_dask, costs.batch_dask):,.0f}",
        )
        for epochs in FAR_EPOCHS
    ]
    return _table(("epochs", "cores that one writer supports: loky", "Dask"), rows)


def _far(costs: Costs, memory: float) -> str:
    batches = ceil(FAR / costs.capacity)
    rows = []
    for epochs in FAR_EPOCHS:
        train = train_seconds(costs, FAR, epochs) / FAR_CORES
        one = writer_seconds(costs, FAR, batches, costs.row_dask, costs.batch_dask)
        many = writer_seconds(costs, FAR, batches, 0, 0) / FAR_CORES
        around = FAR * (costs.row_plan + costs.row_finish)
        handed = FAR * costs.row_shard
        rows.append(
            (
                f"{epochs:,}",
                _hours(train),
                _hours(max(train, one)),
                _hours(train + many),
                _hours(around + handed),
            )
        )
    head = (
        "epochs",
        f"training on {FAR_CORES:,} cores",
        "trained and written by one writer",
        "trained and written by shards",
        "planned, sent and assembled by the parent",
    )
    at_once = MEMORY_GIB * 2**30 / 2 / BYTES_A_POINT
    return (
        _table(head, rows)
        + f"\n\nA billion rows would take {FAR * memory / 2**30:,.0f} GiB of the parent's memory, "
        f"{FAR * costs.bytes_part / 1e12:,.2f} TB of parts or more, and "
        f"{FAR * costs.bytes_csv / 1e12:,.2f} TB of results.csv. A sweep may fill half of the "
        f"memory, with {BYTES_A_POINT} bytes per point: a parent with {MEMORY_GIB} GiB takes "
        f"{at_once / 1e6:,.0f} million rows, so a billion are {ceil(FAR / at_once):,} sweeps."
    )


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:,.2f} µs"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def filled(document: str, found: Mapping[str, str]) -> str:
    """Return the document with each table between its two markers.

    Raises ValueError where the document's markers aren't those of the tables.
    """
    marked = re.findall(r"<!-- begin (\w+) -->", document)
    if sorted(marked) != sorted(found):
        raise ValueError(f"markers {sorted(marked)} for tables {sorted(found)}")
    for name, table in found.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, rest = document.split(begin)
        document = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return document


def main() -> None:
    """Measure, print the tables, and write them into a document if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--memory-points", type=int, nargs=2, default=MEMORY_POINTS)
    parser.add_argument("--sweep", type=int, nargs=3, metavar=("POINTS", "WORKERS", "EPOCHS"))
    given = parser.parse_args()
    if given.sweep:
        run_one(*given.sweep)
        return
    costs = replace(measure_costs(given.repeats), start=measured(100, 1).seconds)
    sweeps = [measured(points, workers) for points in given.points for workers in WORKERS]
    few, many = (measured(points, 1, epochs=1) for points in given.memory_points)
    found = tables(costs, sweeps, bytes_in_memory(few, many))
    for table in found.values():
        print(table, end="\n\n")
    if given.write:
        page = filled(given.write.read_text(encoding="utf-8"), found)
        given.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
