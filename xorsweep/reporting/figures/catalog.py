"""The figures of a sweep: tables in, PNG and SVG out, one module per figure."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xorsweep.analysis.initial_weights import FEWEST_RUNS
from xorsweep.analysis.learning_curves import MOST_CURVES
from xorsweep.reporting.drawing import submit
from xorsweep.settings import DEFAULT_LOOKS, FigureSettings
from xorsweep.storage.atomic import remove_leftovers
from xorsweep.storage.mapped_arrays import release_pages
from xorsweep.storage.plain_files import make_folder

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.figures.axes import DrawnFigure

FIGURES = "figures"
"""Where the figures are in a sweep's folder."""


class FigureTables(Protocol):
    """The tables of a sweep, from which figures are made; they can be pickled."""

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
    """A figure in the sweep's folder, with its text alternative and a note of excluded cells.

    `image` is for a page: SVG, or PNG where that would be too large. `has_all_epochs` tells whether
    settings are shown after fewer than their most epochs, too.
    """

    spec: FigureSpec
    alt: str
    note: str
    image: bytes
    has_all_epochs: bool


def submit_figures(
    catalog: Sequence[FigureSpec],
    tables: FigureTables,
    folder: Path,
    workers: int = 1,
    looks: FigureSettings = DEFAULT_LOOKS,
) -> Future[list[WrittenFigure | None]]:
    """Start to write each figure that the rows allow.

    With several workers other processes draw, and the caller continues meanwhile.

    Returns:
        The figures in the catalog's order. It raises BrokenProcessPool where a process dies.
    """
    make_folder(folder)
    remove_leftovers(folder)  # of processes that died
    write = partial(_write, tables=tables, folder=folder, looks=looks)
    return submit(write, catalog, workers)


def _write(
    spec: FigureSpec, tables: FigureTables, folder: Path, looks: FigureSettings
) -> WrittenFigure | None:
    from xorsweep.reporting.figures.style import save, styled

    with styled(looks):
        drawn = spec.draw(tables)
        release_pages()
        if drawn is None:
            return None
        image = save(drawn.figure, folder / spec.name, looks.formats.split(","))
    return WrittenFigure(spec, drawn.alt, drawn.note, image, drawn.has_all_epochs)


VARIANCE_CAPTION = (
    "A bar is the share of the variance of the rate over all settings that an axis explains "
    "(Sobol): alone, and with its interactions, where its effect depends on another axis. The part "
    "that is due to chance is subtracted; whiskers are 95 % intervals, by a jackknife over seeds."
)
"""How figures of shares of variance are read."""

OUTCOMES_CAPTION = (
    "Outcomes at a plateau are two rows at half: two outputs are right and two are at one half; "
    "three rows share: one output is right and three are at the mean of their targets; all at "
    "half: all outputs are at one half; and constant output: all are at the same target. The "
    "outputs of unclassified runs show none of the known patterns."
)
"""The short names of outcomes in legends, in words."""

NETWORK_FIGURES = (
    FigureSpec(
        "convergence_rate",
        "How often training converges",
        "Each square is a setting: all runs that differ only in the seed. The brighter it is, the "
        "more of them met the criterion within their epochs. Squares that are large "
        "enough show both numbers: of the runs that met it, and of all runs.",
        "rate_heatmap",
    ),
    FigureSpec(
        "rate_lines",
        "How precise these rates are",
        "The share of the runs of each setting that met the criterion within their epochs, with "
        "its 95 % confidence interval: Wilson's, or Clopper and Pearson's where all or none of the "
        "runs converged. The intervals aren't corrected for the number of settings: of many, two "
        "may fail to overlap by chance alone. The tests in comparisons.csv show which settings "
        "differ. Marks are shifted a little so that intervals don't cover each other.",
        "rate_lines",
    ),
    FigureSpec(
        "unsolved",
        "How long it takes",
        "A curve is the share of runs that haven't met the criterion after n epochs (Kaplan and "
        "Meier), with pointwise 95 % bands. It falls where runs converge. Where it stays flat, no "
        "run converges; more epochs may change that.",
        "survival_curves",
    ),
    FigureSpec(
        "final_error",
        "Where runs end",
        "Each panel is a setting: its runs by their final error, which is half the sum of squared "
        "errors after the most epochs that the setting has. A bar is the share of runs in its "
        "range of errors. Further left is better, and colours show how a run ended. Errors below "
        "10⁻⁸ are drawn at the left edge. The dashed lines are the plateaus of the error, where "
        f"several rows of the task share one output. {OUTCOMES_CAPTION}",
        "error_histogram",
    ),
    FigureSpec(
        "error_by_epoch",
        "How the error falls",
        "Each panel is a setting. A thin line is a single run, in the colour of its outcome; each "
        "outcome has its share of the lines, and at least one. The thick line is the median of all "
        f"runs, or of the first {MOST_CURVES:,}, and the band is their middle half, up to the most "
        "epochs that the setting has. Both axes are logarithmic; errors above 100 or below 10⁻⁸ "
        "lie beyond the edge. The dashed lines are the plateaus of the error, which a run may "
        f"leave later. {OUTCOMES_CAPTION}",
        "error_curves",
    ),
    FigureSpec(
        "curvature_by_epoch",
        "How the curvature changes",
        "Each panel is a setting. The lines are the medians over its runs of the largest and the "
        "smallest eigenvalue of the Hessian of the loss, and the bands are the middle half. Where "
        "the smallest is negative, the loss curves downwards in some direction. Gradient descent "
        "can't stay where the largest is above the dashed line at 2 / lr, the edge of stability; "
        "other optimizers have other limits. The axis is linear between -0.001 and 0.001, and "
        "logarithmic beyond.",
        "curvature_curves",
    ),
    FigureSpec(
        "variance_shares",
        "How much each axis matters",
        VARIANCE_CAPTION,
        "variance_shares",
    ),
    FigureSpec(
        "outcomes_by_seed",
        "How each seed ends",
        "A row is a seed: its initial weights, trained with each value along the axis, in the "
        "colour of the outcome after the most epochs. Seeds that solve the task at most values "
        "come first; each panel is sorted by itself. Where the outcome depends only on the "
        "initial weights, each row has one colour; where it depends only on the value, each column "
        f"has. {OUTCOMES_CAPTION}",
        "outcomes_by_seed",
    ),
    FigureSpec(
        "solutions",
        "Which solutions runs find",
        "Each bar is a setting: its solved runs after the most epochs that it has, by the Boolean "
        "functions that their hidden units compute, regardless of the order and the complement of "
        "the units. The number of solved runs is on the right. AND, OR and XOR have names; any "
        "other function is f and its number, whose bit k is the value at row k, with row 00 (or "
        "000) as bit 0. Each of the most frequent classes has its own colour.",
        "solution_shares",
    ),
    FigureSpec(
        "solution_surfaces",
        "Typical solutions",
        "Each square is the output of one network for any two inputs, dark for 0 and bright for "
        "1, with input 1 to the right and input 2 upwards. The rows of the task are marked with "
        "their targets, a disc for the higher one. A dashed line is where a hidden unit switches "
        "between on and off. The network is the median of the runs of its class by the epoch at "
        "which they converged.",
        "solution_surfaces",
    ),
    FigureSpec(
        "initial_weights",
        "Which initial weights fail",
        "The largest difference between a hidden unit's two initial weights, drawn again from the "
        "seed, of each network with two inputs and two hidden units. Each mark is a tenth of the "
        "runs of a setting, as wide as their differences, with the 95 % interval of its rate. AUC "
        "is the share of pairs of a run that doesn't converge and one that does in which the "
        "former has the larger difference; it is one half without a relation. Settings with "
        f"{FEWEST_RUNS:,} runs or more are shown, after the most epochs that they have.",
        "initial_weights",
    ),
    FigureSpec(
        "initial_weights_map",
        "The initial weights of both hidden units",
        "The same runs by the differences of both hidden units. The brighter a square is, the "
        "more of its runs don't converge. The rows have equal numbers of runs, and so have the "
        "columns; a square with fewer than 10 runs is blank.",
        "initial_weights_map",
    ),
)
"""The figures of a report of networks, in its order."""
