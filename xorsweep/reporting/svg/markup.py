"""How SVG figures on a page are written: numbers, texts, and the frame around them.

Figures take their colours from the page around them: `currentColor` for ink, and the CSS variables
`--soft`, `--paper`, `--positive` and `--negative`, each with a fallback for pages that set none.
They hold no identifiers, so that any number of them can stand in one page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

SOFT = "var(--soft,#6b7280)"
PAPER = "var(--paper,transparent)"
POSITIVE = "var(--positive,#0072b2)"
NEGATIVE = "var(--negative,#d55e00)"
"""Blue and vermillion stay apart for the colour-blind (M. Okabe and K. Ito, 2002)."""

FONT = "font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums"


def svg_document(width: float, height: float, alt: str, parts: Iterable[str]) -> str:
    """Return an SVG, sized in CSS pixels, that shrinks with the page and is read out as `alt`."""
    size = f"{place(width)} {place(height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {size}" width="{place(width)}" height="{place(height)}" '
        f'style="max-width:100%;height:auto;{FONT}" font-size="11" fill="currentColor">'
        f"{''.join(parts)}</svg>"
    )


def group(style: str, parts: Iterable[str]) -> str:
    """Return parts that share a style, or nothing where there are none."""
    inside = "".join(parts)
    return f'<g style="{style}">{inside}</g>' if inside else ""


def text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    """Return words at a place; `anchor` is start, middle or end, `more` further attributes."""
    anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{place(x)}" y="{place(y)}"{anchored}{more}>{escape(words)}</text>'


def circle(x: float, y: float, radius: float, words: str, more: str = "") -> str:
    """Return a circle that is read out as some words; `more` are further attributes."""
    return (
        f'<circle cx="{place(x)}" cy="{place(y)}" r="{place(radius)}"{more}>'
        f"<title>{escape(words)}</title></circle>"
    )


def place(coordinate: float) -> str:
    """Return a coordinate to a tenth of a pixel, as short as can be."""
    written = f"{coordinate:.1f}".removesuffix(".0")
    # -0.04 is rounded to it.
    return "0" if written == "-0" else written


def number(value: float, digits: int = 3) -> str:
    """Return a number to read, to some significant digits."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    written = f"{value:#.{digits}g}" if value else "0"
    # "#" keeps zeros, as in 0.500, but also the point of 123.
    return written.removesuffix(".")
