"""How figures look: colours, fonts, and how a figure becomes files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any

import matplotlib as mpl
from matplotlib.backend_bases import get_registered_canvas_class
from matplotlib.figure import Figure

from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.atomic import write_atomically

GREY = "#595959"
INK = "#000000"
BLACK = "#010101"
"""Of text on an area that has the same colour on a dark page, where INK is light."""
PLATEAU_LINE: dict[str, Any] = {
    "color": GREY,
    "linewidth": 0.6,
    "linestyle": (0, (4, 3)),
    "zorder": 0,
}

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

SMALL = 8
"""Points of the smallest text, which papers have throughout."""
DOTS_PER_INCH = 160
FORMATS = ("png", "svg", "pdf")
COMPRESSION = 3
"""Of PNG: 6 takes twice as long for a tenth of the size."""
LARGEST_SVG = 300_000
"""Bytes of a figure beyond which a page holds its PNG: pages stay below 5 MB."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titley": 1.0,  # else each drawing looks for ticks above the panel
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "xorsweep",
    "svg.fonttype": "none",  # texts stay texts
    "pdf.fonttype": 42,
}

PAPER: dict[Any, Any] = {
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize"), SMALL),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), SMALL),
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
"""Changes for a paper: all text has 8 points."""

_DRAWING = RLock()
_WIDTH: ContextVar[float | None] = ContextVar("width", default=None)


@contextmanager
def styled(looks: FigureSettings = DEFAULT_LOOKS) -> Iterator[None]:
    """Have figures drawn in our style, which is the process's: threads take turns."""
    with _DRAWING, mpl.rc_context({**STYLE, **(PAPER if looks.style == "paper" else {})}):
        before = _WIDTH.set(looks.width)
        try:
            yield
        finally:
            _WIDTH.reset(before)


def chosen_width() -> float | None:
    """Return how many inches wide figures are to be, None for as many as they need."""
    return _WIDTH.get()


def save(figure: Figure, stem: Path, formats: Collection[str] = ("png", "svg")) -> bytes:
    """Write a figure in some formats, the same bytes for the same figure.

    Files of other formats that an earlier figure of the same name left are removed.

    Returns:
        The figure for a page: SVG, or PNG where that would be large.
    """
    with styled():
        figure.set_dpi(DOTS_PER_INCH)
        # Each canvas draws once; savefig would lay the figure out anew before each file.
        contents = {"png": _bytes(figure, "png", pil_kwargs={"compress_level": COMPRESSION})}
        figure.set_layout_engine("none")
        contents["svg"] = svg_of(figure).encode("utf-8")
        if "pdf" in formats:
            contents["pdf"] = _bytes(figure, "pdf", metadata={"CreationDate": None})
    for name in FORMATS:
        path = stem.with_suffix(f".{name}")
        if name in formats:
            write_atomically(path, contents[name])
        else:
            path.unlink(missing_ok=True)
    return contents["svg" if len(contents["svg"]) <= LARGEST_SVG else "png"]


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG text, the same for the same figure."""
    return _bytes(figure, "svg", metadata={"Date": None}).decode("utf-8")


def _bytes(figure: Figure, form: str, **options: Any) -> bytes:
    content = BytesIO()
    canvas: Any = get_registered_canvas_class(form)(figure)
    getattr(canvas, f"print_{form}")(content, **options)
    return content.getvalue()
