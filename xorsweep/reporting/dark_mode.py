"""Figures that are light on a light page and dark on a dark one: one file, two palettes."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb, rgb_to_hls

PAPER, DARK_PAPER, DARK_INK = "#ffffff", "#14181f", "#dfe4ec"
"""The background in both themes, and the colour of text in the dark one."""

NOTES = "#595959"
"""The grey of a figure's notes."""

LEAST_CONTRAST = 4.5
"""Contrast of a line: that which WCAG 2.2 requires of text, more than the 3 of graphics."""

# L with (L + 0.05) / 0.05 = 1.05 / (L + 0.05).
EQUAL_CONTRAST = 0.179
"""The relative luminance to which black and white have the same contrast (WCAG 2.2)."""

_STROKE = re.compile(r"stroke: (#[0-9a-f]{6})")
_GREYS = re.compile(r"#([0-9a-f]{2})\1\1")


def for_both_themes(svg: str) -> str:
    """Return Matplotlib's SVG with rules for a dark page: dark paper and lighter lines.

    Fields of a heat map keep their colours, which mean numbers; the colours of lines keep their
    hues and become as light as they must be to be seen.
    """
    strokes = set(_STROKE.findall(svg))
    rules = [
        # Matplotlib writes no fill where it is black: text and ticks inherit this one.
        f"svg{{fill:{DARK_INK}}}",
        _rule("fill", PAPER, DARK_PAPER, "path"),
        _rule("fill", NOTES, dark_counterpart(NOTES), "g"),
        _rule("fill", NOTES, dark_counterpart(NOTES), "text"),
    ]
    for colour in sorted(strokes):
        lighter = dark_counterpart(colour)
        if lighter != colour:
            rules.append(_rule("stroke", colour, lighter))
            # Marks have the colour of their line; a grey one may be a field of a heat map.
            if not _GREYS.fullmatch(colour):
                rules.append(_rule("fill", colour, lighter))
    # On screens alone: printed pages are light.
    media = f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"
    # Matplotlib's one style element stands at the start.
    return svg.replace("</style>", f"{media}</style>", 1)


def _rule(kind: str, colour: str, other: str, element: str = "") -> str:
    # Matplotlib's colours are in style attributes, over which only rules with !important win.
    return f'{element}[style*="{kind}: {colour}"]{{{kind}:{other}!important}}'


def dark_counterpart(colour: str) -> str:
    """Return the colour #rrggbb for the dark page that corresponds to one on the white page.

    White and greys change places with the page; other colours become lighter until they stand
    out as text does.
    """
    if colour == PAPER:
        return DARK_PAPER
    hue, lightness, saturation = rgb_to_hls(*_rgb(colour))
    if _GREYS.fullmatch(colour):
        # Black becomes as light as the ink of the dark page (0.9), and the lightest grey, at 0.15,
        # stays lighter than its paper (0.1).
        return _hex(hls_to_rgb(hue, 0.9 - 0.75 * lightness, saturation))
    while contrast(_hex(hls_to_rgb(hue, lightness, saturation)), DARK_PAPER) < LEAST_CONTRAST:
        lightness += 0.01
    return _hex(hls_to_rgb(hue, lightness, saturation))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG 2.2, between 1 and 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    # The 0.05 is for light that the screen reflects.
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour #rrggbb (WCAG 2.2), 0 of black and 1 of white."""
    linear = (
        # The inverse of sRGB's transfer function (IEC 61966-2-1), which is linear near black.
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _rgb(colour)
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def _hex(parts: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
