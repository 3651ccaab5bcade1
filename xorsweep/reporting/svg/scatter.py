"""Two sweeps' rates against each other, as a small picture: a mark a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.reporting.svg.markup import (
    NEGATIVE,
    POSITIVE,
    SOFT,
    group,
    picture,
    place,
    quoted,
    text,
)

SIZE, LEFT, TOP = 360.0, 52.0, 22.0
"""Pixels: the side of the square, and what lies left of it and above it."""


def rates_against_each_other(
    a: FloatArray, b: FloatArray, differ: NDArray[np.bool_], names: Sequence[str]
) -> str:
    """Return rates a and b (n,) of the same cells as SVG text, those that differ as filled marks.

    `names` say which cell a mark stands for. Marks above the diagonal are cells in which b is
    higher.
    """
    alt = (
        f"Rates of {len(a):,} cells, a across and b upwards. {differ.sum():,} of them differ "
        f"beyond chance: {(differ & (b > a)).sum():,} lie above the diagonal, where b is higher, "
        f"{(differ & (b < a)).sum():,} below."
    )
    parts = chain(_axes(), _marks(a, b, differ, names))
    return picture(LEFT + SIZE + 16, TOP + SIZE + 44, alt, parts)


def _x(rate: float) -> float:
    return LEFT + SIZE * rate


def _y(rate: float) -> float:
    return TOP + SIZE * (1 - rate)


def _axes() -> Iterator[str]:
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    lines = [f'<path d="M{place(_x(0))} {place(_y(tick))}H{place(_x(1))}"/>' for tick in ticks]
    lines += [f'<path d="M{place(_x(tick))} {place(_y(0))}V{place(_y(1))}"/>' for tick in ticks]
    yield group(f"stroke:{SOFT};stroke-opacity:.25;stroke-width:1px", lines)
    diagonal = f'<path d="M{place(_x(0))} {place(_y(0))}L{place(_x(1))} {place(_y(1))}"/>'
    yield group(f"stroke:{SOFT};stroke-dasharray:4 3", [diagonal])
    names = [text(_x(tick), _y(0) + 16, f"{100 * tick:.0f} %", "middle") for tick in ticks]
    names += [text(_x(0) - 6, _y(tick) + 4, f"{100 * tick:.0f} %", "end") for tick in ticks]
    names.append(text(_x(0.5), _y(0) + 36, "converged in a", "middle"))
    names.append(text(4, 12, "converged in b"))
    yield group(f"fill:{SOFT}", names)


def _marks(
    a: FloatArray, b: FloatArray, differ: NDArray[np.bool_], names: Sequence[str]
) -> Iterator[str]:
    marks: dict[bool, list[str]] = {False: [], True: []}
    for one, other, apart, name in zip(a, b, differ, names, strict=True):
        said = quoted(f"{name}: {100 * one:.1f} % in a, {100 * other:.1f} % in b")
        marks[bool(apart)].append(
            f'<circle cx="{place(_x(one))}" cy="{place(_y(other))}" r="4">'
            f"<title>{said}</title></circle>"
        )
    yield group(f"fill:none;stroke:{POSITIVE};stroke-opacity:.7", marks[False])
    yield group(f"fill:{NEGATIVE};fill-opacity:.8", marks[True])
