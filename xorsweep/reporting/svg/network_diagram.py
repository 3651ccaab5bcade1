"""A network as a figure: one line per weight, as wide as it is large, coloured by its sign."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from itertools import chain, pairwise

import numpy as np

from xorsweep.networks.architecture import Weights
from xorsweep.reporting.svg.markup import (
    NEGATIVE,
    PAPER,
    POSITIVE,
    SOFT,
    circle,
    group,
    number,
    place,
    svg_document,
    text,
)
from xorsweep.reporting.svg.network_layout import Layout, Link, Unit, lay_out
from xorsweep.text import count_text

MOST_LABELLED = 8
"""Links between two layers that are labelled."""
MOST_SPOKEN = 20
"""Weights that the alternative text names; of more, it says the range."""
WIDEST = 7.0
"""Pixels of the line for the largest weight."""


def network_diagram(weights: Weights, scale: float | None = None) -> str:
    """Return a network as SVG text: units from left to right, one line per weight.

    Positive weights are blue and solid, negative ones vermillion and dashed, those that aren't
    finite grey and dotted. Layers of up to MOST_UNITS units are drawn whole; of larger ones the
    first units, and how many more there are.

    Args:
        weights: Without a batch axis: w1 (inputs, hidden), b1 (hidden,), w2 (hidden, outputs), b2
            (outputs,), direct (inputs or 0, outputs).
        scale: The weight of the widest line, by default the largest; with `largest_weight` of
            several networks these are drawn alike.
    """
    layout = lay_out(weights)
    scale = scale or largest_weight(weights)
    parts = chain(_lines(layout, scale), _circles(layout, scale), _names(layout), _labels(layout))
    return svg_document(layout.width, layout.height, describe_network(weights), parts)


def largest_weight(*networks: Weights) -> float:
    """Return the largest size of a finite weight or bias of some networks; 1 if all are 0."""
    sizes = [np.abs(part).ravel() for weights in networks for part in weights]
    finite = np.concatenate(sizes)
    finite = finite[np.isfinite(finite)]
    return float(finite.max(initial=0)) or 1.0


def describe_network(weights: Weights) -> str:
    """Return the text alternative of `network_diagram`: shape and weights, or their range."""
    inputs, hidden = weights.w1.shape
    shape = (
        f"Network of {count_text(inputs, 'input')}, {count_text(hidden, 'hidden unit')} and "
        f"{count_text(len(weights.b2), 'output')}"
    )
    if len(weights.direct):
        shape += " with direct connections"
    size = sum(part.size for part in weights)
    if size > MOST_SPOKEN:
        return f"{shape}. {_range(weights)}"
    layout = lay_out(weights)
    spoken = [f"{link.spoken} {number(link.weight)}" for link in layout.links]
    spoken += [
        f"bias of {unit.spoken} {number(unit.bias)}"
        for unit in layout.units
        if unit.bias is not None
    ]
    return f"{shape}. {', '.join(spoken)}."


def _range(weights: Weights) -> str:
    values = np.concatenate([part.ravel() for part in weights])
    finite = values[np.isfinite(values)]
    lost = len(values) - len(finite)
    words = f"{len(values)} weights and biases"
    if len(finite):
        words += f" from {number(float(finite.min()))} to {number(float(finite.max()))}"
    return f"{words}, {lost} of them not finite." if lost else f"{words}."


def _color(weight: float) -> str:
    if not math.isfinite(weight):
        return SOFT
    return NEGATIVE if weight < 0 else POSITIVE


def _lines(layout: Layout, scale: float) -> Iterator[str]:
    for color, dashes in ((SOFT, "1 3"), (NEGATIVE, "6 2"), (POSITIVE, "none")):
        lines = (
            _line(link, layout, scale) for link in layout.links if _color(link.weight) == color
        )
        yield group(f"fill:none;stroke:{color};stroke-dasharray:{dashes}", lines)


def _line(link: Link, layout: Layout, scale: float) -> str:
    start, end = link.start, link.end
    way = f"M{place(start.x)} {place(start.y)}"
    if link.curved:
        x, y = _bend(link, layout)
        way += f"Q{place(x)} {place(y)} {place(end.x)} {place(end.y)}"
    else:
        way += f"L{place(end.x)} {place(end.y)}"
    words = escape(f"{link.spoken}: {number(link.weight)}")
    width = place(_thickness(link.weight, scale))
    return f'<path d="{way}" stroke-width="{width}"><title>{words}</title></path>'


def _bend(link: Link, layout: Layout) -> tuple[float, float]:
    """Return the control point of a direct connection, above the hidden units or below them."""
    is_above = link.start.y + link.end.y <= layout.height
    y = -0.25 * layout.height if is_above else 1.25 * layout.height
    return (link.start.x + link.end.x) / 2, y


def _thickness(weight: float, scale: float) -> float:
    """Return the width of a line; a line that isn't finite is drawn thin."""
    share = min(abs(weight) / scale, 1.0) if math.isfinite(weight) else 0.1
    return 0.4 + (WIDEST - 0.4) * share


def _circles(layout: Layout, scale: float) -> Iterator[str]:
    """Return the units; a ring is as wide as the bias is large and coloured by its sign."""
    for unit in layout.units:
        bias = unit.bias
        if bias is None:
            color, width, words = SOFT, 1.0, unit.spoken
        else:
            color, width = _color(bias), 0.5 * _thickness(bias, scale) + 0.6
            words = f"{unit.spoken}, bias {number(bias)}"
        style = f' style="fill:var(--paper,#fff);stroke:{color}" stroke-width="{place(width)}"'
        yield circle(unit.x, unit.y, layout.radius, words, style)


def _names(layout: Layout) -> Iterator[str]:
    size = 13 if layout.roomy else 9
    names = (text(unit.x, unit.y + 0.35 * size, unit.name, "middle") for unit in layout.units)
    ink = "fill:var(--ink,#1c2330);pointer-events:none"
    yield group(f"font-size:{size}px;{ink}", names)
    for column, excluded in zip(layout.columns, layout.excluded, strict=True):
        if excluded:
            below = column[-1].y + 27.0
            yield text(column[-1].x, below, f"and {excluded:,} more", "middle")


def _labels(layout: Layout) -> Iterator[str]:
    if not layout.roomy:
        return
    halo = f"paint-order:stroke;stroke:{PAPER};stroke-width:3px;pointer-events:none"
    yield group(halo, chain(_biases(layout), _link_labels(layout), _direct_labels(layout)))


def _biases(layout: Layout) -> Iterator[str]:
    for unit in layout.units:
        if unit.bias is not None and math.isfinite(unit.bias):
            below = unit.y + layout.radius + 13
            yield text(unit.x, below, f"bias {number(unit.bias)}", "middle")


def _link_labels(layout: Layout) -> Iterator[str]:
    for starts, ends in pairwise(layout.columns):
        if len(starts) * len(ends) > MOST_LABELLED:
            continue
        along = _along(starts, ends)
        for link in layout.links:
            if link.start in starts and link.end in ends and math.isfinite(link.weight):
                yield _link_label(link, along)


def _along(starts: list[Unit], ends: list[Unit]) -> float:
    """Return how far along the links labels are drawn: where they are all equally far apart."""
    if len(starts) == 1 or len(ends) == 1:
        return 0.45
    # At the share a, labels of one start are a * other apart, and starts (1 - a) * step, which has
    # to be len(ends) times as much.
    step, other = starts[1].y - starts[0].y, ends[1].y - ends[0].y
    return step / (len(ends) * other + step)


def _direct_labels(layout: Layout) -> Iterator[str]:
    for link in layout.links:
        if link.curved and math.isfinite(link.weight):
            x, y = _bend(link, layout)
            # The middle of a quadratic Bezier curve: half its control point, a quarter of each end.
            middle = (link.start.y + 2 * y + link.end.y) / 4
            yield text(x, middle - 6, number(link.weight), "middle")


def _link_label(link: Link, along: float) -> str:
    start, end = link.start, link.end
    x, y = start.x + along * (end.x - start.x), start.y + along * (end.y - start.y)
    angle = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
    turned = f' transform="rotate({place(angle)} {place(x)} {place(y)})"' if angle else ""
    return text(x, y - 6, number(link.weight), "middle", turned)
