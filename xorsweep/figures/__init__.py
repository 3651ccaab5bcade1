"""The pictures of a sweep: tables in, figures out, one file a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from xorsweep.figures.error_by_epoch import error_bands
from xorsweep.figures.final_error import final_errors
from xorsweep.figures.rate_lines import rate_lines
from xorsweep.figures.rate_map import rate_map
from xorsweep.figures.source import Tables
from xorsweep.figures.unsolved import unsolved_curves
from xorsweep.style import STYLE, save


@dataclass(frozen=True)
class Picture:
    """A figure's file name, its title, what it shows in a sentence or two, and how it is drawn."""

    name: str
    title: str
    caption: str
    draw: Callable[[Tables], Figure | None]


def write_figures(tables: Tables, folder: Path) -> list[Picture]:
    """Write each picture that the rows allow as PNG and SVG; return those that were written."""
    folder.mkdir(exist_ok=True)
    written = []
    with mpl.rc_context(STYLE):
        for picture in PICTURES:
            figure = picture.draw(tables)
            if figure is not None:
                save(figure, folder / picture.name)
                written.append(picture)
    return written


PICTURES = (
    Picture(
        "convergence_rate",
        "How often training converges",
        "Each field holds how many of a cell's runs met the criterion within their epochs.",
        rate_map,
    ),
    Picture(
        "rate_lines",
        "How sure these rates are",
        "The same rates with 95 % intervals: Wilson's, and Clopper and Pearson's where all or "
        "none of the runs converged. Lines lie slightly apart so that intervals don't cover each "
        "other.",
        rate_lines,
    ),
    Picture(
        "unsolved",
        "How long it takes",
        "The share of runs that hadn't met the criterion yet (Kaplan and Meier), with pointwise "
        "95 % bands. Where a curve flattens out, runs are stuck.",
        unsolved_curves,
    ),
    Picture(
        "final_error",
        "Where runs end",
        "Final errors at the largest number of epochs, over all other settings. The dashed lines "
        "are the levels at which runs get stuck, where several rows share one output.",
        final_errors,
    ),
    Picture(
        "error_by_epoch",
        "How the error falls",
        "The median over the seeds, and the band that holds the middle half of the runs, at the "
        "largest number of epochs; of a cell with more than 20,000 runs, of the first of them. The "
        "dashed lines are the levels at which runs get stuck.",
        error_bands,
    ),
)
"""The pictures of a report, in its order."""
