"""How pictures look: colours, fonts, and how a figure becomes files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from xorsweep.atomic import replacing

BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#595959"
"""Colours that stay apart for the colour-blind (M. Okabe and K. Ito, 2002)."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": 160,
    "svg.hashsalt": "xorsweep",
}

LEVEL_TEXTS = {
    "all_at_half": "1/2: all rows at 1/2",
    "two_rows_at_half": "1/4: two rows at 1/2",
    "constant_output": "1: output constant",
    "three_rows_share": "1/3: three rows alike",
}
"""The levels at which runs get stuck, most common first: where they crowd, the first are named."""


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG, the same bytes for the same figure; return their paths."""
    paths = []
    with mpl.rc_context(STYLE):
        for suffix, metadata in ((".png", None), (".svg", {"Date": None})):
            paths.append(stem.with_suffix(suffix))
            with replacing(paths[-1]) as temporary:
                figure.savefig(temporary, format=suffix[1:], metadata=metadata)
    return paths
