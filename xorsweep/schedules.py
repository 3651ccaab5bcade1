"""How much of the truth table an update sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """A way of going through the rows of a task; one epoch shows each of them once."""


class Batch(Schedule):
    """One update an epoch, from all rows together."""


SCHEDULES: dict[str, type[Schedule]] = {"batch": Batch}
