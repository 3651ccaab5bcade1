"""Figures on a page: captions, text alternatives, and images that are part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xorsweep.reporting.dark_mode import for_both_themes
from xorsweep.reporting.rendering import data_uri
from xorsweep.reporting.selection import BEST

if TYPE_CHECKING:
    from xorsweep.reporting.figures.catalog import WrittenFigure

PNG_START = b"\x89PNG"


@dataclass(frozen=True)
class PageFigure:
    """A figure on a page: its name, title, caption, text alternative and data."""

    name: str
    title: str
    caption: str
    alt: str
    source: str


def page_figure(written: WrittenFigure) -> PageFigure:
    """Return a figure as a page has it."""
    spec, excluded = written.spec, excluded_text(written.note)
    if written.image.startswith(PNG_START):
        source = data_uri("image/png", written.image)
    else:
        source = svg_source(written.image.decode("utf-8"))
    caption, alt = (f"{text} {excluded}".rstrip() for text in (spec.caption, written.alt))
    return PageFigure(spec.name, spec.title, caption, alt, source)


def svg_source(svg: str) -> str:
    """Return Matplotlib's SVG as the source of an image that is light or dark like its page."""
    return data_uri("image/svg+xml", for_both_themes(svg).encode())


def caption_text(written: WrittenFigure) -> str:
    """Return the caption of a figure for a paper, with its name and title."""
    spec = written.spec
    text = f"{spec.name}. {spec.title}. {spec.caption} {excluded_text(written.note)}"
    return text.rstrip()


def excluded_text(note: str) -> str:
    """Return a sentence about data that a figure doesn't show, or nothing."""
    if not note:
        return ""
    best = "; of equally good ones, the cheapest per solution"
    which = f" The best setting is the one with the highest rate{best}." if BEST in note else ""
    every = "summary.csv has all settings, results.parquet all runs"
    return f"Not all is shown: {note}; {every}.{which}"
