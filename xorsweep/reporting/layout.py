"""Which swept key goes where in a figure: x along the axis, hue as lines, col as panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from xorsweep.analysis.columns import is_numeric
from xorsweep.text import level_text, typeset

LONGEST_TEXT = 40
"""Characters of a label; of longer ones, which may be paths, the end is shown."""

LONGEST_TITLE = 34
"""Characters of a panel's title; longer ones omit the keys of names."""


@dataclass(frozen=True)
class Layout:
    """The swept keys of a summary, in seaborn's words; `x` and `hue` may be empty.

    `chosen` are the keys whose place somebody chose.
    """

    x: str
    hue: str
    col: tuple[str, ...]
    chosen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, summary: pd.DataFrame, swept: Sequence[str]) -> Layout:
        """Return learning rate across and hidden size as lines, where they are swept."""
        left = list(swept)
        numbers = [key for key in left if is_numeric(summary[key])]
        # The sort is stable: of two with as many levels the first one of the sweep stays first.
        numbers.sort(key=lambda key: -summary[key].nunique())
        x = _take(left, ["lr", *numbers, *left])
        hue = _take(left, ["hidden", *left])
        return cls(x, hue, tuple(left))

    @classmethod
    def by_levels(cls, cells: pd.DataFrame, swept: Sequence[str]) -> Layout:
        """Return the numbers with most levels across, and the key with fewest levels as lines."""
        by_count = sorted(swept, key=lambda key: cells[key].nunique())
        numbers = [key for key in by_count if is_numeric(cells[key])]
        x = (numbers or by_count or [""])[-1]
        hue = next((key for key in by_count if key != x), "")
        return cls(x, hue, tuple(key for key in swept if key not in (x, hue)))

    def with_axes(self, axes: Mapping[str, Sequence[str]]) -> Layout:
        """Return the layout with some keys where they are to be, the others in the places left.

        The `axes` are the keys by `x`, `hue` and `col`.
        """
        chosen = frozenset(key for keys in axes.values() for key in keys)
        left = [key for key in (self.x, self.hue, *self.col) if key and key not in chosen]
        # `col` may have several keys, `x` and `hue` have one each.
        (x,) = axes.get("x") or (_take(left, [self.x, *left]),)
        (hue,) = axes.get("hue") or (_take(left, [self.hue, *left]),)
        return Layout(x, hue, (*axes.get("col", ()), *left), chosen)

    @property
    def at_the_end(self) -> Layout:
        """Return the layout of rows that have no epochs axis, all being at their longest.

        A single key makes lines, which can be compared, rather than panels.
        """
        hue, x = ("" if key == "epochs" else key for key in (self.hue, self.x))
        if not hue:
            hue, x = x, hue
        return replace(self, x=x, hue=hue, col=tuple(key for key in self.col if key != "epochs"))

    def with_few_lines(self, summary: pd.DataFrame, most: int) -> Layout:
        """Return the layout whose lines are a key with at most `most` levels, or no key.

        The key that had too many takes the other's place, or makes panels. Where somebody chose a
        place, a key stays there.
        """
        if (
            not self.hue
            or self.hue in self.chosen
            or summary[self.hue].nunique(dropna=False) <= most
        ):
            return self
        candidates = (key for key in (self.x, *self.col) if key not in ("", "epochs", *self.chosen))
        few = next((key for key in candidates if summary[key].nunique(dropna=False) <= most), "")
        if few and few == self.x:
            return replace(self, x=self.hue, hue=self.x)
        others = tuple(key for key in self.col if key != few)
        return replace(self, hue=few, col=(self.hue, *others))

    @property
    def with_x(self) -> Layout:
        """Return the layout with a key along x, that of lines or panels if x is empty."""
        if self.x or not self.keys:
            return self
        x = self.hue or self.col[0]
        return replace(self, x=x, hue="", col=tuple(key for key in self.col if key != x))

    @property
    def keys(self) -> list[str]:
        """Return the keys that tell cells apart, lines first."""
        return [key for key in (self.hue, self.x, *self.col) if key]


def _take(left: list[str], wanted: Sequence[str]) -> str:
    """Take the first of the wanted keys that is left; epochs last of all."""
    # False is less than True, and the sort is stable.
    found = sorted((key for key in wanted if key in left), key="epochs".__eq__)
    if not found:
        return ""
    left.remove(found[0])
    return found[0]


def levels(frame: pd.DataFrame, key: str) -> list[Any]:
    """Return a key's levels in order, numbers ascending."""
    found = list(frame[key].unique())
    # Not where a level is missing, which has no order: `is_numeric` is false there.
    if is_numeric(frame[key]):
        found.sort()
    return found


Panel = tuple[str, pd.DataFrame]
"""A panel's title and its rows."""


def panels(frame: pd.DataFrame, keys: Sequence[str]) -> list[Panel]:
    """Return a panel for each combination of the keys' levels."""
    if not keys:
        return [("", frame)]
    # By default pandas drops rows without a level, those of another component than the key's.
    parts = list(frame.groupby(list(keys), sort=False, observed=True, dropna=False))
    titles = [_title(keys, values) for values, _ in parts]
    if max(map(len, titles), default=0) > LONGEST_TITLE and _are_distinct(frame, keys):
        titles = [_title(keys, values, is_short=True) for values, _ in parts]
    return [(title, part) for title, (_, part) in zip(titles, parts, strict=True)]


def _title(keys: Sequence[str], values: Sequence[Any], is_short: bool = False) -> str:
    """Return the levels with their keys, or without those of levels that are names."""
    return ", ".join(
        mpl_label(level if is_short and isinstance(level, str) else level_text(key, level))
        for key, level in zip(keys, values, strict=True)
        if not pd.isna(level)
    )


def _are_distinct(frame: pd.DataFrame, keys: Sequence[str]) -> bool:
    """Tell whether a name says which key it is a level of."""
    names = [level for key in keys for level in frame[key].unique() if isinstance(level, str)]
    return len({*names}) == len(names)


def mpl_label(text: str) -> str:
    """Return a label as Matplotlib takes it, of a long one the end."""
    return mpl_text(text if len(text) <= LONGEST_TEXT else f"…{text[1 - LONGEST_TEXT :]}")


def mpl_text(text: str) -> str:
    """Return a text as Matplotlib takes it: typeset, and dollars start no formula."""
    return typeset(text).replace("$", r"\$")
