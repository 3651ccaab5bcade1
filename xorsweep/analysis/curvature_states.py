"""The states of unsolved runs by the curvature of the loss, and how these runs continue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorsweep.analysis.trainings import continued
from xorsweep.networks.metrics import STATES, classify_curvature

STATE_COLUMNS = ("outcome", *STATES, "unknown")
LATER_COLUMNS = ("epochs", "outcome", "state", "runs", "last_epochs", "solved")


def states_of(results: pd.DataFrame) -> NDArray[Any]:
    """Return where each row stands (N,), dtype object: one of STATES.

    It is empty for a run that is solved, diverged or failed, and for one without a curvature.
    """
    if "curvature_min" not in results:
        return np.full(len(results), "", object)
    found = classify_curvature(results["curvature_min"], results["curvature_max"])
    return np.where(are_unsolved(results), found, "")


def are_unsolved(results: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows (N,) are runs that neither failed nor diverged, and aren't solved."""
    ok = (results["status"] == "ok").to_numpy()
    unsolved: NDArray[np.bool_] = ok & (results["outcome"] != "solved").to_numpy()
    return unsolved


def count_states(
    results: pd.DataFrame, chosen: NDArray[np.bool_] | slice = slice(None)
) -> pd.DataFrame:
    """Return how many unsolved runs of each outcome stand where, of the chosen rows (N,).

    Columns: one per state, and `unknown` for runs without a curvature; the index is the outcome.
    """
    unsolved = np.zeros(len(results), bool)
    unsolved[chosen] = are_unsolved(results)[chosen]
    outcomes = results["outcome"].array[unsolved].astype(str)
    states = states_of(results)[unsolved]
    states = np.where(states == "", "unknown", states)
    counts = pd.crosstab(outcomes, states)
    return counts.reindex(columns=list(STATE_COLUMNS[1:]), fill_value=0)


def count_solved_later(results: pd.DataFrame) -> pd.DataFrame:
    """Return how many unsolved runs are solved with the most epochs that their training has.

    Columns: `epochs`, `outcome` and `state` of the runs, `runs` that were trained further,
    `last_epochs`, and `solved`, how many of them are solved after these.
    """
    if "curvature_min" not in results:
        return pd.DataFrame(columns=LATER_COLUMNS)
    states = states_of(results)
    parts = []
    for state in STATES:
        later = continued(results, states == state)
        solved = later["runs"].where(later["last_outcome"] == "solved", 0)
        parts.append(later.assign(state=state, solved=solved))
    rows = pd.concat(parts).astype({"outcome": str})
    keys = ["epochs", "outcome", "state", "last_epochs"]
    found = rows.groupby(keys, sort=True, as_index=False)[["runs", "solved"]].sum()
    return found[list(LATER_COLUMNS)]
