"""The processes of Python, reports and compiled kernels that the quick tests start, counted.

They take longest. Kernels are compiled only where they aren't in the cache yet.

It is counted for each test, and for each fixture that tests share. A fixture that is made in each
worker of pytest-xdist, or again after tests of another module, counts once, so that the total is
the same for any division of the tests.
"""

import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from xorsweep.reporting.drawing import LIBRARIES

MOST = {"processes": 12, "reports": 24, "kernels": 0}
"""How many of each the quick tests may start in all."""

started: defaultdict[str, Counter[str]] = defaultdict(Counter)
"""The starts of each test and each shared fixture, by kind."""

_starter: str | None = None

DRAWING = "the process that draws"
"""Whichever test of a worker draws first starts it, and the others share it."""


@contextmanager
def counted_for(starter: str | None) -> Iterator[None]:
    """Count the starts meanwhile for a test or fixture, or, for None, don't count them."""
    global _starter
    before, _starter = _starter, starter
    try:
        yield
    finally:
        _starter = before


@contextmanager
def counted_once_for(fixture: str) -> Iterator[None]:
    """Count the starts of a fixture meanwhile, once where it is made several times."""
    before = started.pop(fixture, Counter())
    with counted_for(fixture):
        yield
    started[fixture] |= before


def is_counting() -> bool:
    """Tell whether starts are counted now."""
    return _starter is not None


def begin_to_count() -> None:
    """Count the processes, reports and kernels of this process from now on; it can't be undone.

    An audit hook would be called for each `id()`, too, and OmegaConf's copies make millions.
    """
    start, move = subprocess.Popen.__init__, os.replace

    @wraps(start)
    def start_counted(self: Any, args: Any, *others: Any, **options: Any) -> None:
        program = args if isinstance(args, str | bytes | os.PathLike) else args[0]
        draws = LIBRARIES in str(args)
        with counted_for(DRAWING if draws and is_counting() else _starter):
            # Others, such as git, take no time.
            _count("processes", Path(os.fsdecode(program)).name.startswith("python"))
        start(self, args, *others, **options)

    @wraps(move)
    def move_counted(source: Any, target: Any, **options: Any) -> None:
        _count("reports", os.fsdecode(target).endswith("report.html"))
        _count("kernels", os.fsdecode(target).endswith(".nbc"))
        move(source, target, **options)

    subprocess.Popen.__init__ = start_counted  # type: ignore[method-assign]
    os.replace = move_counted


def _count(what: str, is_one: bool) -> None:
    if _starter is not None:
        started[_starter][what] += is_one


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
