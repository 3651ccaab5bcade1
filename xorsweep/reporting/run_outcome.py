"""Sentences about the end of a single run: its outcome, its solution, its convergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xorsweep.networks.metrics import DESCRIPTIONS, PLATEAUS
from xorsweep.networks.schema import component_of
from xorsweep.networks.solutions import ANSWERS, is_solution, rows_text
from xorsweep.text import join_words

if TYPE_CHECKING:
    from xorsweep.networks.single_run import SingleRun

BY_ROWS = (*PLATEAUS, "one_row_wrong", "two_rows_wrong")
"""Outcomes whose descriptions say all that their names say."""


def describe_outcome(run: SingleRun) -> str:
    """Return a sentence about how a run ended."""
    text = DESCRIPTIONS[run.outcome]
    if run.outcome == "constant_output":
        targets, output = run.training.targets, run.final_outputs.mean()
        text = f"all four rows are at {targets.flat[np.abs(targets - output).argmin()]:g}"
    if run.outcome in BY_ROWS:
        return f"{text.capitalize()} ({run.outcome})."
    return f"{run.outcome.capitalize()}: {text}."


def describe_solution(run: SingleRun) -> str:
    """Return a sentence about the functions of the hidden units, or of an unsolved network.

    It is empty where the run has no label.
    """
    if not run.solution:
        return ""
    names = run.solution.removeprefix(ANSWERS).split("+")
    inputs = run.training.network.inputs
    # Functions without a name such as AND are f and a number.
    numbered = dict.fromkeys(name for name in names if name[0] == "f")
    rows = [f"{name} is 1 at {rows_text(name, inputs)}" for name in numbered]
    end = f"; {join_words(rows)}." if rows else "."
    if not is_solution(run.solution):
        return f"The network answers {names[0]}{end}"
    if len(names) == 1:
        return f"The hidden unit computes {names[0]} or its complement{end}"
    return f"The hidden units compute {join_words(names)}, or the complements of these{end}"


def describe_convergence(run: SingleRun) -> str:
    """Return a sentence about when the criterion was first met."""
    criterion = component_of("criterion", run.point)
    test = f"{criterion.measure} below {criterion.limit:g}" if criterion.measure else ""
    if test and criterion.held_for > 1:
        test += f" for {criterion.held_for:,} epochs"
    text = f"{run.point['criterion']}: {test}" if test else str(run.point["criterion"])
    if run.converged_epoch is None:
        return f"The run never met the criterion ({text})."
    left = "" if run.converged_at_end else ", and left it again before the end"
    when = f"after {run.converged_epoch:,} of {run.epochs[-1]:,} epochs{left}"
    return f"The run first met the criterion ({text}) {when}."
