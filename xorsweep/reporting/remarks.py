"""Remarks on the findings: counts of all runs, and the precision of rates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.intervals import rate_intervals, simultaneous
from xorsweep.analysis.trainings import are_first, are_longest, continued
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.selection import final_epochs_only
from xorsweep.reporting.wording import (
    PLATEAU_TEXTS,
    cell_words,
    continued_text,
    range_text,
    share_text,
)
from xorsweep.text import count_text

FEW_RUNS = 1000
"""Runs in a cell below which a remark gives the width of an interval."""
FEWEST_FOR_A_SHARE = 30
"""Runs below which a remark counts them, as the interval of their share would say little."""
MOST_PLATEAUS = 4


def remarks(results: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Return remarks on the findings, a sentence or two each.

    The counts have no intervals: a mixture of cells isn't a random sample. A run is a training,
    however many of its epochs are points of the sweep, and is counted after the most epochs.
    """
    longest = are_longest(results)
    parts = (
        _counts(results, longest),
        _continued(results),
        _lost_again(results, longest, summary),
        _precision(final_epochs_only(summary)),
    )
    return [sentence for part in parts for sentence in part]


def dtype_remark(engine: object) -> Iterator[str]:
    """Yield that networks were trained in single precision, if a manifest's `engine` did that."""
    if isinstance(engine, dict) and engine["dtype"] == "float32":
        yield (
            "The networks were trained in float32, in which a number has about 7 digits: single "
            "ones may end otherwise in float64."
        )


def _counts(results: pd.DataFrame, longest: NDArray[np.bool_]) -> Iterator[str]:
    ended = results["status"].array[longest].value_counts()
    trained = int(longest.sum()) - int(ended.get("failed", 0))
    if trained:
        converged = int(results["converged"].to_numpy(bool)[longest].sum())
        yield (
            f"Of {count_text(trained, 'run')} trained, {converged:,} met the criterion within "
            f"{'its' if trained == 1 else 'their'} epochs."
        )
    for status, text in (("diverged", "diverged"), ("failed", "couldn't be trained")):
        if ended.get(status, 0):
            yield f"{count_text(int(ended[status]), 'run')} {text}."


def _continued(results: pd.DataFrame) -> Iterator[str]:
    """Yield how runs ended that were at a plateau after the fewest of their epochs."""
    if results["epochs"].nunique() <= 1:
        return
    is_at_plateau = results["outcome"].isin(list(PLATEAU_TEXTS)).to_numpy()
    ways = continued(results, are_first(results) & is_at_plateau)
    groups = ways.groupby(["epochs", "last_epochs", "outcome"], sort=False, observed=True)
    largest_first = sorted(groups, key=lambda group: -group[1]["runs"].sum())
    for (epochs, _, outcome), some in largest_first[:MOST_PLATEAUS]:
        runs = int(some["runs"].sum())
        yield (
            f"After {epochs:,} epochs {count_text(runs, 'run')} "
            f"{'was' if runs == 1 else 'were'} still at the plateau "
            f"{PLATEAU_TEXTS[str(outcome)]}; {continued_text(some)}."
        )


def _lost_again(
    results: pd.DataFrame, longest: NDArray[np.bool_], summary: pd.DataFrame
) -> Iterator[str]:
    """Yield how many runs met the criterion and left it, and where the share of them is largest."""
    met = longest & results["converged"].to_numpy(bool)
    left = met & ~results["converged_at_end"].to_numpy(bool)
    runs, lost = int(met.sum()), int(left.sum())
    if not lost:
        return
    yield (
        f"Of {count_text(runs, 'run')} that met the criterion, {lost:,} no longer did after "
        f"{'its' if runs == 1 else 'their'} last epoch{_most_lost(results, met, left, summary)}."
    )


def _most_lost(
    results: pd.DataFrame,
    met: NDArray[np.bool_],
    left: NDArray[np.bool_],
    summary: pd.DataFrame,
) -> str:
    """Return in which cell the largest share of the runs that converged left the criterion."""
    swept = swept_columns(summary)
    if int(left.sum()) == 1:
        return _only_lost(results, left, Layout.of(summary, swept))
    if not swept:
        return f": {share_text(int(left.sum()), int(met.sum()))}"
    index = CellIndex.of_frame(results, swept)
    # Cells without a converged run have no share.
    places = pd.unique(index.number[met])
    cells = results[swept].iloc[index.first[places]]
    size, lost = (np.bincount(index.number[some], minlength=len(index)) for some in (met, left))
    cells = cells.assign(left=lost[places], size=size[places])
    cells["share"] = cells["left"] / cells["size"]
    most_first = cells.sort_values(["share", "size"], ascending=False, kind="stable")
    worst = most_first.to_dict("records")[0]
    lost_there, of = worst["left"], worst["size"]
    share = f"{lost_there:,}"
    if of >= FEWEST_FOR_A_SHARE:
        share = share_text(lost_there, of, simultaneous(len(cells)))
    ties = int((cells["share"] == worst["share"]).sum()) - 1
    others = f"; the same share in {count_text(ties, 'other setting')}" if ties else ""
    return (
        f"; the largest share of a setting is {share} of {of:,}, with "
        f"{cell_words(Layout.of(summary, swept), worst)}{others}"
    )


def _only_lost(results: pd.DataFrame, left: NDArray[np.bool_], layout: Layout) -> str:
    """Return which run left the criterion, the only one that did."""
    (run,) = results[left].to_dict("records")
    cell = cell_words(layout, run)
    return f": the run with {f'{cell}, ' if cell else ''}seed {run['seed']:,}"


def _precision(summary: pd.DataFrame) -> Iterator[str]:
    """Yield how wide the intervals of rates can be, and how wide with more runs."""
    trained = (summary["runs"] - summary["failed"]).to_numpy()
    trained = trained[trained > 0]
    if not len(trained) or trained.min() >= FEW_RUNS:
        return
    runs = range_text(trained)
    width, less = _widest(int(trained.min())), _widest(FEW_RUNS)
    yield (
        f"With {runs} {'run' if runs == '1' else 'runs'} per setting, the interval of a rate is up "
        f"to {width:.0f} points wide; with {FEW_RUNS:,}, up to {less:.0f}."
    )


def _widest(runs: int) -> float:
    """Return the width of the widest interval that a rate of `runs` runs has, in points."""
    low, high = rate_intervals(np.arange(runs + 1), np.full(runs + 1, runs))
    return float(100 * (high - low).max())
