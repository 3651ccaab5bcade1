"""The pictures of a sweep: tables in, figures out, one file a picture."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from xorsweep.execution.pool import pool_of, start_pool
from xorsweep.reporting.figures.data import Tables
from xorsweep.storage.plain_files import make_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"
"""Where the pictures are in a sweep's folder."""
MOST_ROWS_SENT = 100_000
"""Rows up to which it pays to hand them to other processes that draw."""


@dataclass(frozen=True)
class Picture:
    """A figure's file name, its title, what it shows in a sentence or two, and what draws it.

    The latter is named rather than imported, since it is often another process that draws.
    `with_seaborn` tells whether it imports seaborn.
    """

    name: str
    title: str
    caption: str
    drawn_by: str
    with_seaborn: bool = False

    def draw(self, tables: Tables) -> Figure | None:
        """Return the figure, or None where the rows don't allow it."""
        figure: Figure | None = resolve_name(f"{__package__}.{self.drawn_by}")(tables)
        return figure


_Drawn = tuple[tuple[Picture, ...], list[str]]
"""Pictures that were to be drawn, and the names of those that were."""

Figures = Callable[[], list[Picture]]
"""Waits for pictures that are being written, and returns them."""


def submit_figures(tables: Tables, folder: Path, workers: int = 1) -> Figures:
    """Begin to write each picture that the rows allow as PNG and SVG; return what waits for them.

    With several workers, this goes on beside whatever is done meanwhile.
    """
    make_folder(folder)
    pool = pool_of(workers if len(tables.results) <= MOST_ROWS_SENT else 1)
    drawn = start_pool(pool, [delayed(_write)(pictures, tables, folder) for pictures in _tasks()])
    return partial(_finished, drawn, tables, folder)


def _finished(drawn: Iterator[_Drawn], tables: Tables, folder: Path) -> list[Picture]:
    written = set(_written(drawn, tables, folder))
    return [picture for picture in PICTURES if picture.name in written]


def _written(drawn: Iterator[_Drawn], tables: Tables, folder: Path) -> Iterator[str]:
    """Yield the names of pictures as they are written, in this process where others die."""
    left = dict.fromkeys(_tasks())
    try:
        for pictures, names in drawn:
            del left[pictures]
            yield from names
    except TerminatedWorkerError:
        for pictures in left:
            yield from _write(pictures, tables, folder)[1]


def _tasks() -> list[tuple[Picture, ...]]:
    """Return the pictures that one process draws after another, what takes longest first.

    The import of seaborn takes longer than most pictures, so one process does it for all.
    """
    with_seaborn = tuple(picture for picture in PICTURES if picture.with_seaborn)
    others = (picture for picture in reversed(PICTURES) if not picture.with_seaborn)
    return [with_seaborn, *((picture,) for picture in others)]


def _write(pictures: tuple[Picture, ...], tables: Tables, folder: Path) -> _Drawn:
    """Return the pictures that were to be drawn, and the names of those that the rows allow."""
    from xorsweep.reporting.style import save, styled

    names = []
    with _no_search_for_cycles():
        for picture in pictures:
            with styled():
                figure = picture.draw(tables)
            if figure is not None:
                save(figure, folder / picture.name)
                names.append(picture.name)
    return pictures, names


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Leave memory that isn't needed for later: each search goes through all that was imported.

    It takes a tenth of the drawing, and figures are small.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


PICTURES = (
    Picture(
        "convergence_rate",
        "How often training converges",
        "A field is a cell, all runs that differ in seed alone; the brighter it is, the more of "
        "them met the criterion within their epochs. Where there is room its numbers say how many "
        "of how many.",
        "rate_heatmap.rate_map",
        with_seaborn=True,
    ),
    Picture(
        "rate_lines",
        "How sure these rates are",
        "The same rates as marks, with bars that hold the true rate 95 times in 100: Wilson's "
        "intervals, and Clopper and Pearson's where all or none of the runs converged. Each bar "
        "is for its rate alone: of many pairs of bars some lie apart by chance, so that it takes "
        "the tests of comparisons.csv to tell which cells differ. Lines are shifted a little so "
        "that bars don't cover each other.",
        "rate_lines.rate_lines",
    ),
    Picture(
        "unsolved",
        "How long it takes",
        "Read a curve from the left: the share of runs that hadn't met the criterion after so many "
        "epochs (Kaplan and Meier), with pointwise 95 % bands. It falls where runs converge. Where "
        "it stays flat, none does; more epochs may change that.",
        "survival_curves.unsolved_curves",
    ),
    Picture(
        "final_error",
        "Where runs end",
        "Each row is a cell: all runs that differ in seed alone, by their error after the most "
        "epochs that their setting has. A bar that holds all of them reaches up to the next row; "
        "further left is better, and colours say how a run ended. The dashed lines are the "
        "plateaus of the error, where several rows of the task share one output.",
        "error_histogram.final_errors",
    ),
    Picture(
        "error_by_epoch",
        "How the error falls",
        "Each panel is a cell. A thin line is a single run, in the colour of its outcome: of each "
        "outcome as many as its share of the runs, and one at least. The thick line is the median "
        "of all runs and its band holds the middle half of them, at the most epochs that their "
        "setting has; of a cell with more than 20,000 runs, of the first of them. Both axes are "
        "logarithmic; errors above 100 or below 10⁻⁹ lie beyond the edge. The dashed lines are the "
        "plateaus of the error, on which a run may rest or which it may leave later.",
        "error_curves.error_bands",
    ),
)
"""The pictures of a report, in its order."""
