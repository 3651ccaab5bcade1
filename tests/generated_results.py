"""Tables of results that no network was trained for, as hostile as a sweep's can be."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

PLATEAUS = ("two_rows_at_half", "three_rows_share", "all_at_half", "constant_output")
ENDS = (*PLATEAUS, "one_row_wrong", "two_rows_wrong", "unclassified")


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Draw the rows of a grid of lr, hidden and epochs, from which points may be missing.

    Cells differ in how often they converge, diverge, fail and leave the criterion again, in the
    number of their seeds and in their budgets; all of that may also be the same everywhere.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    lrs = _some(rng, [0.1, 0.5, 2.0, 10.0])
    hidden = _some(rng, [1, 2, 8])
    budgets = _some(rng, [50, 1_000, 10_000])
    seeds = draw(st.sampled_from([60, 120, 7, 1, 2]))
    some_missing, failing, leaving = (draw(st.sampled_from((0.0, 0.2))) for _ in range(3))
    task = draw(st.sampled_from(["xor", "or"]))
    rates = draw(st.sampled_from([(0.0, 0.1, 0.5, 0.9, 1.0), (0.9, 1.0), (0.0,), (1.0,)]))
    rows: list[dict[str, Any]] = []
    for size in hidden:
        for lr in lrs:
            shares = (float(rng.choice(rates)), float(rng.choice([0.0, 0.0, 0.0, 0.5, 1.0])))
            mine = [each for each in budgets if rng.random() >= some_missing / 2] or budgets[:1]
            for seed in range(seeds):
                if seed and rng.random() < some_missing:
                    continue
                point = {"task": task, "hidden": size, "lr": lr, "seed": seed}
                rows += _training(rng, point, mine, shares, failing, leaving)
    frame = pd.DataFrame(rows)
    keys = ["task", "hidden", "lr", "epochs", "seed"]
    frame = frame[[*keys, *(name for name in frame if name not in keys)]]
    texts = dict.fromkeys(["status", "outcome", "solution"], "category")
    return frame.astype({"converged_epoch": "Int64", **texts})


def _label(rng: np.random.Generator, outcome: str) -> str | None:
    """Return a class of solutions of a solved run, and the outputs of some others."""
    if outcome == "solved":
        return str(rng.choice(["AND+OR", "f2+f4", "AND+f0", "f0+f2"], p=(0.5, 0.3, 0.1, 0.1)))
    return "answers OR" if outcome == "one_row_wrong" else None


def _some(rng: np.random.Generator, levels: list[Any]) -> list[Any]:
    """Return one level at least, in their order."""
    kept = [level for level in levels if rng.random() < 0.7]
    return kept or levels[:1]


def _training(
    rng: np.random.Generator,
    point: dict[str, Any],
    budgets: list[int],
    shares: tuple[float, float],
    failing: float,
    leaving: float,
) -> list[dict[str, Any]]:
    """Return the points of one training; `shares` are those that converge and that diverge."""
    converging, diverging = shares
    reached = int(rng.lognormal(5, 1) / point["lr"]) if rng.random() < converging else 10**9
    diverges = rng.random() < diverging
    failed, leaves = rng.random() < failing, rng.random() < leaving
    ending = str(rng.choice(ENDS, p=(0.7, *(0.05,) * 6)))
    rows = []
    for epochs in budgets:
        converged = reached <= epochs and not failed
        holds = converged and not diverges and not (leaves and epochs == budgets[-1])
        status = "failed" if failed else "diverged" if diverges else "ok"
        outcome = status if status != "ok" else "solved" if holds else ending
        rows.append(
            {
                **point,
                "epochs": epochs,
                "final_error": 0.1 if status == "ok" else np.nan,
                "converged": converged,
                "converged_epoch": reached if converged else None,
                "converged_at_end": holds,
                "outcome": outcome,
                "solution": _label(rng, outcome),
                "status": status,
            }
        )
    return rows
