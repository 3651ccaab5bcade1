"""How much of a sweep is done, and at which rate: in words, as a line or a column of a bar."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from rich.progress import ProgressColumn, Task
from rich.text import Text

TRAINING = "net-epochs"
"""The unit of work where networks are trained."""


class RateColumn(ProgressColumn):
    """Work a second, over the whole of the run."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Return the rate, nothing before it is known."""
        # rich keeps the rate of the end in a place of its own.
        speed = task.finished_speed or task.speed
        return Text(rate_text(speed, self._unit) if speed else "")


class LineMeter:
    """Reports as a line of text how much work is done, at most once in `every` seconds."""

    def __init__(self, report: Callable[[str], None], total: int, unit: str, every: float) -> None:
        self._report, self._total, self._unit, self._every = report, total, unit, every
        self._done = 0
        self._started = self._reported = monotonic()

    def __call__(self, work: int) -> None:
        """Count further work as done."""
        self._done += work
        now = monotonic()
        # The end is no progress: other lines report it.
        if now - self._reported < self._every or self._done == self._total:
            return
        self._reported = now
        did = "trained" if self._unit == TRAINING else "done"
        rate = self._done / (now - self._started)
        left = (self._total - self._done) / rate
        share = f"{100 * self._done / self._total:.0f} % {did}"
        self._report(f"{share}, {rate_text(rate, self._unit)}, {left:.0f} s left")


def rate_text(work_a_second: float, unit: str = TRAINING) -> str:
    """Return a rate in units a second, in thousands or in millions of them."""
    if work_a_second < 1e2:
        return f"{work_a_second:,.1f} {unit}/s"
    if work_a_second < 1e5:
        return f"{work_a_second / 1e3:,.1f} k {unit}/s"
    return f"{work_a_second / 1e6:,.1f} M {unit}/s"
