"""The figures of a sweep: tables in, PNG and SVG out, one module per figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from xorsweep.execution.pool import pool_of, start_pool
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.atomic import remove_leftovers
from xorsweep.storage.plain_files import make_folder

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.figures.axes import DrawnFigure

FIGURES = "figures"
"""Where the figures are in a sweep's folder."""
MOST_ROWS_SENT = 100_000
"""Rows up to which it pays to send them to other processes that draw."""


class FigureTables(Protocol):
    """What figures are made from; they can be pickled."""

    @property
    def results(self) -> pd.DataFrame:
        """Return the rows of the sweep."""
        ...


@dataclass(frozen=True)
class FigureSpec:
    """A figure's file name, title, caption, and the module whose `draw` makes it.

    `draw` takes the tables, and `columns` behind them. The module is named rather than imported,
    since it is often another process that draws; one elsewhere by its full name.
    """

    name: str
    title: str
    caption: str
    module: str
    columns: tuple[str, ...] = ()

    def draw(self, tables: Any) -> DrawnFigure | None:
        """Return the figure, or None where the rows don't allow it."""
        module = import_module(
            self.module if "." in self.module else f"{__package__}.{self.module}"
        )
        drawn: DrawnFigure | None = module.draw(tables, *self.columns)
        return drawn


@dataclass(frozen=True)
class WrittenFigure:
    """A figure in the sweep's folder: how it reads, what it shows, and what it excludes.

    `image` is for a page: SVG, or PNG where that would be too large.
    """

    spec: FigureSpec
    alt: str
    note: str
    image: bytes


Figures = Callable[[], list[WrittenFigure]]
"""Waits for figures that are being written, and returns them."""


def submit_figures(
    catalog: Sequence[FigureSpec],
    tables: FigureTables,
    folder: Path,
    workers: int = 1,
    looks: FigureSettings = DEFAULT_LOOKS,
) -> Figures:
    """Start to write each figure that the rows allow.

    Args:
        catalog: The figures.
        tables: What the figures are made from.
        folder: Where the files go.
        workers: Processes that draw; with several, the caller goes on meanwhile.
        looks: The files of each figure, its style and its width.

    Returns:
        A function that waits for the figures and returns them in the catalog's order.
    """
    make_folder(folder)
    pool = pool_of(workers if len(tables.results) <= MOST_ROWS_SENT else 1)
    tasks = [delayed(_write)(spec, tables, folder, looks) for spec in catalog]
    return partial(_finished, start_pool(pool, tasks), catalog, tables, folder, looks)


def _finished(
    results: Iterator[WrittenFigure | None],
    catalog: Sequence[FigureSpec],
    tables: FigureTables,
    folder: Path,
    looks: FigureSettings,
) -> list[WrittenFigure]:
    try:
        written = list(results)
    except TerminatedWorkerError:  # draw here what other processes died of
        remove_leftovers(folder)
        written = [_write(spec, tables, folder, looks) for spec in catalog]
    return sorted(filter(None, written), key=lambda each: catalog.index(each.spec))


def _write(
    spec: FigureSpec, tables: FigureTables, folder: Path, looks: FigureSettings
) -> WrittenFigure | None:
    from xorsweep.reporting.figures.style import save, styled

    with styled(looks):
        drawn = spec.draw(tables)
        if drawn is None:
            return None
        image = save(drawn.figure, folder / spec.name, looks.formats.split(","))
    return WrittenFigure(spec, drawn.alt, drawn.note, image)


VARIANCE_CAPTION = (
    "A bar is the share of the variance of the rate over all cells that an axis explains (Sobol): "
    "by itself, and with its interactions, where what it does depends on another axis. What chance "
    "adds to measured rates is taken off; whiskers are 95 % intervals, by a jackknife over seeds."
)
"""How figures of shares of variance are read."""

NETWORK_FIGURES = (
    FigureSpec(
        "convergence_rate",
        "How often training converges",
        "A field is a cell, all runs that differ in seed alone; the brighter it is, the more of "
        "them met the criterion within their epochs. Where there is room its numbers are how many "
        "of how many.",
        "rate_heatmap",
    ),
    FigureSpec(
        "rate_lines",
        "How precise these rates are",
        "The same rates as marks, with bars that hold the true rate 95 times in 100: Wilson's "
        "intervals, and Clopper and Pearson's where all or none of the runs converged. Each bar "
        "is for its rate alone: of many pairs of bars some lie apart by chance, so that it takes "
        "the tests of comparisons.csv to tell which cells differ. Lines are shifted a little so "
        "that bars don't cover each other.",
        "rate_lines",
    ),
    FigureSpec(
        "unsolved",
        "How long it takes",
        "Read a curve from the left: the share of runs that hadn't met the criterion after n "
        "epochs (Kaplan and Meier), with pointwise 95 % bands. It falls where runs converge. Where "
        "it stays flat, none does; more epochs may change that.",
        "survival_curves",
    ),
    FigureSpec(
        "final_error",
        "Where runs end",
        "Each row is a cell: all runs that differ in seed alone, by their error after the most "
        "epochs that their setting has. A bar that holds all of them reaches up to the next row; "
        "further left is better, and colours say how a run ended. The dashed lines are the "
        "plateaus of the error, where several rows of the task share one output.",
        "error_histogram",
    ),
    FigureSpec(
        "error_by_epoch",
        "How the error falls",
        "Each panel is a cell. A thin line is a single run, in the colour of its outcome: of each "
        "outcome as many as its share of the runs, and one at least. The thick line is the median "
        "of all runs and its band holds the middle half of them, at the most epochs that their "
        "setting has; of a cell with more than 20,000 runs, of the first of them. Both axes are "
        "logarithmic; errors above 100 or below 10⁻⁸ lie beyond the edge. The dashed lines are the "
        "plateaus of the error, on which a run may rest or which it may leave later.",
        "error_curves",
    ),
    FigureSpec(
        "curvature_by_epoch",
        "How the curvature changes",
        "Each panel is a cell. The lines are the medians over its runs of the largest and the "
        "smallest eigenvalue of the Hessian of the loss, the bands hold the middle half. Below the "
        "line at 0 some direction goes down. Gradient descent can't stay where the largest "
        "eigenvalue is above the dashed line at 2 / lr, the edge of stability; other update rules "
        "have other limits. The axis is linear between -0.001 and 0.001, and logarithmic beyond.",
        "curvature_curves",
    ),
    FigureSpec(
        "variance_shares",
        "What matters most",
        VARIANCE_CAPTION,
        "variance_shares",
    ),
    FigureSpec(
        "outcomes_by_seed",
        "Which seeds solve it where",
        "A row is a seed: its initial weights, trained with each value along the axis, in the "
        "colour of its outcome after the most epochs. Seeds that are solved at most values come "
        "first, and each panel has an order of its own. Rows of one colour are seeds whose initial "
        "weights decide; columns of one colour are values that do.",
        "outcomes_by_seed",
    ),
    FigureSpec(
        "solutions",
        "Which solutions runs find",
        "Each bar is a cell: its solved runs after the most epochs that it has, by the Boolean "
        "functions that their hidden units compute, up to the order and the complement of the "
        "units. On the right is how many solved runs it has. AND, OR and XOR are named; any other "
        "function is f and its number, whose bit k is the value at row k, with row 00 (or 000) as "
        "bit 0. The most frequent classes have a colour of their own.",
        "solution_shares",
    ),
    FigureSpec(
        "solution_surfaces",
        "What the solutions look like",
        "Each square is what one network answers to any two inputs, dark for 0 and bright for 1, "
        "with input 1 to the right and input 2 upwards; the rows are marked with their targets, a "
        "disc for the higher one. A dashed line is where a hidden unit switches between on and "
        "off, as far as it passes the square. The network is in the middle of the runs of its "
        "class by the epoch at which they converged.",
        "solution_surfaces",
    ),
    FigureSpec(
        "initial_weights",
        "Which initial weights fail",
        "Of each network with two inputs and two hidden units, the largest difference between a "
        "hidden unit's two initial weights, drawn again from its seed. Each mark is a tenth of the "
        "runs of a cell, as wide as their differences, with the 95 % interval of its rate. AUC is "
        "the share of pairs, a run that doesn't converge and one that does, in which the former "
        "has the larger difference: one half where it says nothing. Shown are cells with 500 runs "
        "or more, after the most epochs that they have.",
        "initial_weights",
    ),
    FigureSpec(
        "initial_weights_map",
        "The initial weights of both hidden units",
        "The same runs by the differences of both hidden units. The brighter a field is, the more "
        "of its runs don't converge. Along either axis each row of fields has as many runs; a "
        "field with fewer than 10 is left blank.",
        "initial_weights_map",
    ),
)
"""The figures of a report of networks, in its order."""
