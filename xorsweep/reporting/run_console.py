"""A single run on the terminal: its weights, its truth table, and its outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import DESCRIPTIONS, STATES, classify_curvature
from xorsweep.networks.single_run import SingleRun, places_of_weights
from xorsweep.networks.solutions import is_solution
from xorsweep.reporting.explanation import RunDiagnosis

MOST_LINES = 16
"""Rows of a table that are printed; the files hold all of them."""


def describe_single(run: SingleRun, console: Console) -> None:
    """Print the weights before and after, the truth table beside the outputs, and the outcome."""
    console.print(_weight_table(run))
    console.print(_truth_table(run))
    for line in _conclusion(run):
        console.print(Text(line))


def _weight_table(run: SingleRun) -> Table:
    lines = [
        (name, f"{initial:.8f}", f"{final:.8f}") for name, initial, final in places_of_weights(run)
    ]
    return _table("Weights and biases", ("initial", "final"), lines)


def _truth_table(run: SingleRun) -> Table:
    targets = run.training.targets
    lines = [
        (
            label,
            " ".join(f"{target:g}" for target in targets[row]),
            _answer(run.final_outputs[row], targets[row]),
            _answer(run.outputs_before_last_epoch[row], targets[row]),
        )
        for row, label in enumerate(run.task.row_labels())
    ]
    return _table("Truth table", ("target", "output", "output before the last epoch"), lines)


def _answer(outputs: FloatArray, targets: FloatArray) -> str:
    """Return the output for one row, or of several how far they are off."""
    if len(outputs) == 1:
        return f"{outputs[0]:.8f}"
    return f"within {np.abs(targets - outputs).max():.4f}"


def _table(title: str, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    table = Table("", title=title, title_justify="left", title_style="")
    for column in columns:
        table.add_column(column, justify="right")
    for line in lines[:MOST_LINES]:
        table.add_row(*line)
    if len(lines) > MOST_LINES:
        table.caption = f"and {len(lines) - MOST_LINES:,} more lines in run.json"
    return table


def _conclusion(run: SingleRun) -> Iterator[str]:
    yield f"outcome {run.outcome} ({DESCRIPTIONS[run.outcome]})"
    if is_solution(run.solution):
        yield f"hidden units compute {run.solution}, each up to its complement"
    elif run.solution:
        yield f"it {run.solution}"
    criterion = f"criterion {run.point['criterion']}"
    if run.converged_epoch is None:
        yield f"{criterion} never met"
    else:
        end = "" if run.converged_at_end else ", and left again before the end"
        yield f"{criterion} first met after {run.converged_epoch:,} epochs{end}"
    yield f"half the sum of squared errors: {run.final_error:.8g}"
    if run.keeps_curvature:
        yield _curvature_line(run)
    why = RunDiagnosis(run).line
    if why:
        yield f"why: {why}"


def _curvature_line(run: SingleRun) -> str:
    norm, smallest, largest = (float(values[0]) for values in run.final_curvature)
    verdict = str(classify_curvature(smallest, largest))
    meaning = f": {verdict}, {STATES[verdict]}" if verdict and not run.converged_at_end else ""
    return (
        f"gradient norm {norm:.4g}, eigenvalues of the Hessian from {smallest:.4g} to "
        f"{largest:.4g}{meaning}"
    )
