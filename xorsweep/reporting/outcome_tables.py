"""The tables of how runs end: their outcomes, by curvature, and after more epochs."""

from __future__ import annotations

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
    states = _state_texts(results, longest)
    rows = [
        (name, f"{counts[name]:,}", *states.loc[name], DESCRIPTIONS[name])
        for name in OUTCOMES
        if counts.get(name, 0)
    ]
    note = "" if states.empty else STATES_NOTE
    caption = f"Outcomes of all runs, each after its most epochs{note}."
    head = ("outcome", "runs", *states.columns, "meaning")
    return Table(caption, head, rows, numbers=range(1, len(head) - 1))


def later_table(results: pd.DataFrame) -> Table | None:
    """Return how many unsolved runs are solved with more epochs, by the curvature where they stood.

    None where there are no such runs, or their curvature isn't known.
    """
    found = count_solved_later(results)
    found = found.assign(order=found["outcome"].map(OUTCOMES.index))
    rows = [
        (
            f"{row['epochs']:,}",
            row["outcome"],
            row["state"],
            f"{row['runs']:,}",
            f"{row['solved']:,} after {row['last_epochs']:,}",
        )
        for row in found.sort_values(["epochs", "order"]).to_dict("records")
    ]
    caption = (
        "Runs that weren't solved after some epochs, by the curvature there, and how many of them "
        "are solved after the most epochs of their setting."
    )
    return Table(caption, LATER_HEAD, rows, keys=3, numbers=(0, 3, 4)) if rows else None


def _state_texts(results: pd.DataFrame, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return how many chosen runs of each outcome are in each state; none without a curvature."""
    counts = count_states(results, chosen) if "curvature_min" in results else None
    if counts is None or not counts[[*STATES]].to_numpy().any():
        return pd.DataFrame(index=[*OUTCOMES])
    return counts[[*STATES]].map("{:,}".format).reindex([*OUTCOMES], fill_value="")
