"""What the quick tests start, counted: Python's processes, and reports, take longest in them."""

import os
import sys
from collections import Counter
from pathlib import Path

MOST = {"processes": 24, "reports": 26}
"""How many of each the quick tests may start in all, on every worker together."""

started: Counter[str] = Counter()


def _count(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        # Others, such as git, take no time.
        name = Path(os.fsdecode(arguments[0])).name  # type: ignore[call-overload]
        started["processes"] += name.startswith("python")
    elif event == "os.rename" and os.fsdecode(arguments[1]).endswith("report.html"):  # type: ignore[call-overload]
        started["reports"] += 1


def begin_to_count() -> None:
    """Count from now on what this process starts; it can't be undone."""
    sys.addaudithook(_count)


def exceeded(counts: Counter[str]) -> list[str]:
    """Return a line for each limit that was exceeded."""
    return [
        f"the quick tests started {counts[what]} {what}, and at most {most} are allowed; "
        "see tests/budget.py"
        for what, most in MOST.items()
        if counts[what] > most
    ]
