"""The tables of how runs end: their outcomes, by curvature, and after more epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.curvature_states import count_solved_later, count_states
from xorsweep.analysis.trainings import are_longest
from xorsweep.networks.metrics import DESCRIPTIONS, OUTCOMES, STATES
from xorsweep.reporting.tables import Table

LATER_HEAD = ("epochs", "outcome", "by its curvature", "runs", "solved with more epochs")
STATES_NOTE = (
    ", and those that aren't solved by the curvature there: trapped where every direction curves "
    "upwards, passing where some direction curves downwards, flat where the sign is uncertain"
)


def outcomes_table(results: pd.DataFrame) -> Table:
    """Return how many runs ended where, each training being one run, after its most epochs."""
    longest = are_longest(results)
    counts = results["outcome"].array[longest].value_counts()
    head, states = _states_by_outcome(results, longest)
    rows = [
        (name, f"{counts[name]:,}", *states(name), DESCRIPTIONS[name])
        for name in OUTCOMES
        if counts.get(name, 0)
    ]
    caption = f"Outcomes of all runs, each after its most epochs{STATES_NOTE if head else ''}."
    numbers = range(1, 2 + len(head))
    return Table(caption, ("outcome", "runs", *head, "meaning"), rows, numbers=numbers)


def later_table(results: pd.DataFrame) -> Table | None:
    """Return how many unsolved runs are solved with more epochs, by the curvature where they stood.

    None where there are no such runs, or their curvature isn't known.
    """
    rows = list(_later_rows(results))
    caption = (
        "Runs that weren't solved after some epochs, by the curvature there, and how many of them "
        "are solved after the most epochs of their setting."
    )
    return Table(caption, LATER_HEAD, rows, keys=3, numbers=(0, 3, 4)) if rows else None


def _states_by_outcome(
    results: pd.DataFrame, chosen: NDArray[np.bool_]
) -> tuple[Sequence[str], Callable[[str], Sequence[str]]]:
    """Return the states that have columns, and how many chosen runs of an outcome have each.

    There is no state where the results have no curvature.
    """
    counts = count_states(results, chosen) if "curvature_min" in results else None
    if counts is None or not counts[list(STATES)].to_numpy().sum():
        return (), lambda _: ()

    def texts(outcome: str) -> Sequence[str]:
        if outcome not in counts.index:
            return ("",) * len(STATES)
        return [f"{int(count):,}" for count in counts.loc[outcome, list(STATES)].to_numpy()]

    return tuple(STATES), texts


def _later_rows(results: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield, for unsolved runs that were trained further, how many of them are solved then."""
    found = count_solved_later(results)
    order = found["outcome"].map(OUTCOMES.index)
    for row in found.assign(order=order).sort_values(["epochs", "order"]).to_dict("records"):
        share = f"{row['solved']:,} after {row['last_epochs']:,}"
        yield f"{row['epochs']:,}", row["outcome"], row["state"], f"{row['runs']:,}", share
