"""How figures look: colours, fonts, and how a figure becomes files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import RLock
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from xorsweep.storage.atomic import atomic_path, write_atomically

GREY = "#595959"
INK = "#000000"
PLATEAU_LINE: dict[str, Any] = {
    "color": GREY,
    "linewidth": 0.6,
    "linestyle": (0, (4, 3)),
    "zorder": 0,
}

COLOURS = (
    "#0173b2",
    "#de8f05",
    "#029e73",
    "#d55e00",
    "#cc78bc",
    "#ca9161",
    "#fbafe4",
    "#949494",
    "#ece133",
    "#56b4e9",
)
"""Seaborn's palette `colorblind`, without the import of seaborn, which brings SciPy along."""

OUTCOME_COLOURS = {
    "solved": "#0173b2",
    "two_rows_at_half": "#ff8a14",
    "three_rows_share": "#55be6f",
    "all_at_half": "#990073",
    "constant_output": "#d452ff",
    "one_row_wrong": "#997300",
    "two_rows_wrong": "#d897d8",
    "unclassified": "#949494",
    "diverged": "#222222",
}
"""Of all runs that have an error. Found by a search for colours that lie far apart for readers with
each kind of colour vision, on the light page and on the dark one."""

DOTS_PER_INCH = 160

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # Else each title is placed anew, above ticks that are never there.
    "axes.titley": 1.0,
    "axes.axisbelow": True,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "xorsweep",
}

_DRAWING = RLock()


@contextmanager
def styled() -> Iterator[None]:
    """Have figures drawn in our style, which is the process's: threads take turns."""
    with _DRAWING, mpl.rc_context(STYLE):
        yield


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG, the same bytes for the same figure; return their paths."""
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    with styled():
        figure.set_dpi(DOTS_PER_INCH)
        # Each canvas draws once; savefig would lay the figure out anew before each file.
        raster: Any = FigureCanvasAgg(figure)
        with atomic_path(png) as file:
            raster.print_png(file)
        figure.set_layout_engine("none")
        write_atomically(svg, svg_of(figure).encode("utf-8"))
    return [png, svg]


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG text, the same for the same figure."""
    text = StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(text, metadata={"Date": None})
    return text.getvalue()
