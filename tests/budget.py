"""What the quick tests start, counted: Python's processes, reports and compiled kernels.

They take longest. Kernels are compiled only where they aren't in the cache yet.

It is counted for each test, and for each fixture that tests share. A fixture that is made once in
each worker of pytest-xdist counts once, so that the total is the same for any number of workers.
"""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MOST = {"processes": 24, "reports": 28, "kernels": 0}
"""How many of each the quick tests may start in all."""

started: defaultdict[str, Counter[str]] = defaultdict(Counter)
"""What each test and each shared fixture has started."""

_starter: str | None = None


@contextmanager
def counted_for(starter: str | None) -> Iterator[None]:
    """Count what is started meanwhile for a test or fixture, or, for None, don't count it."""
    global _starter
    before, _starter = _starter, starter
    try:
        yield
    finally:
        _starter = before


def is_counting() -> bool:
    """Tell whether what is started now is counted."""
    return _starter is not None


def begin_to_count() -> None:
    """Count from now on what this process starts; it can't be undone."""
    sys.addaudithook(_count)


def _count(event: str, arguments: tuple[object, ...]) -> None:
    if _starter is None:
        return
    if event == "subprocess.Popen":
        # Others, such as git, take no time.
        name = Path(os.fsdecode(arguments[0])).name  # type: ignore[call-overload]
        started[_starter]["processes"] += name.startswith("python")
    elif event == "os.rename":
        name = os.fsdecode(arguments[1])  # type: ignore[call-overload]
        started[_starter]["reports"] += name.endswith("report.html")
        started[_starter]["kernels"] += name.endswith(".nbc")


def add_worker(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Add the counts of a worker of pytest-xdist."""
    for starter, each in counts.items():
        started[starter] |= Counter(each)


def total() -> Counter[str]:
    """Return how many of each were started."""
    return sum(started.values(), Counter())


def exceeded(counts: Counter[str]) -> list[str]:
    """Return a line for each limit that was exceeded."""
    return [
        f"the quick tests started {counts[what]} {what}, and at most {most} are allowed; "
        "see tests/budget.py"
        for what, most in MOST.items()
        if counts[what] > most
    ]
