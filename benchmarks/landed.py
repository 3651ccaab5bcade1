"""Ratios of times, beside those that the last commit has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

FILE = "performance.json"


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing takes as another; a value per turn."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median over the turns."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Return the largest value less the smallest."""
        return max(self.values) - min(self.values)

    def is_worse_than(self, before: Ratio) -> bool:
        """Tell whether the median grew by more than the larger of both spreads."""
        return self.median - before.median > max(self.spread, before.spread)

    def __str__(self) -> str:
        """Return the median, with the smallest and the largest value in brackets."""
        low, high = min(self.values), max(self.values)
        return f"{number(self.median)} ({number(low)} to {number(high)})"


def number(value: float) -> str:
    """Return a number with three digits, or as a whole one."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def beside(now: Ratio, landed: Mapping[str, Ratio]) -> str:
    """Return a ratio with the landed one, if there is one."""
    before = landed.get(now.name)
    return f"{now}, was {number(before.median)}" if before else str(now)


def worse(found: Iterable[Ratio], landed: Mapping[str, Ratio]) -> list[str]:
    """Return a line for each ratio that got worse by more than its spread."""
    return [
        f"{each.name}: {each}, was {landed[each.name]}"
        for each in found
        if each.name in landed and each.is_worse_than(landed[each.name])
    ]


def read_landed(docs: Path) -> dict[str, Ratio]:
    """Return the ratios of the last commit by name; none where it has none."""
    shown = subprocess.run(
        ["git", "show", f"HEAD:./{FILE}"], cwd=docs, capture_output=True, check=False
    )
    if shown.returncode:
        return {}
    return {name: Ratio(name, tuple(v)) for name, v in json.loads(shown.stdout).items()}


def write_ratios(found: Iterable[Ratio], docs: Path) -> None:
    """Write ratios to where the next commit has them."""
    lines = [f"  {json.dumps(each.name)}: {json.dumps(each.values)}" for each in found]
    (docs / FILE).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
