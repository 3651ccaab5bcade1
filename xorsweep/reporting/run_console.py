"""A single run on the terminal: its weights, its error by epoch, its outputs and its outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.text import Text

from xorsweep.fields import FloatArray
from xorsweep.networks.metrics import STATES, classify_curvature
from xorsweep.networks.single_run import SingleRun, both_ends
from xorsweep.reporting.explanation import RunDiagnosis
from xorsweep.reporting.fitting import wrap_words
from xorsweep.reporting.run_outcome import describe_convergence, describe_outcome, describe_solution
from xorsweep.reporting.svg.error_curve import HALF_SSE
from xorsweep.text import count_text

MOST_LINES = 16
"""Rows of an array that are printed; the files hold all of them."""

LAYERS = {
    "w1": "hidden weights",
    "b1": "hidden biases",
    "w2": "output weights",
    "b2": "output biases",
    "direct": "direct connections",
}
"""The notebook's name of the weights of each role."""


def describe_single(run: SingleRun, console: Console) -> None:
    """Print a run in the words of the notebook, and its outcome."""
    for lines in (
        _weights(run, "Initial", 0, console.width),
        _errors(run),
        _weights(run, "Final", 1, console.width),
        _outputs(run, console.width),
        _conclusion(run, console.width if console.is_terminal else None),
    ):
        for line in lines:
            console.print(Text(line))
        console.print()


def _weights(run: SingleRun, when: str, end: int, width: int) -> Iterator[str]:
    for role, ends in both_ends(run).items():
        yield from _array(f"{when} {LAYERS[role]}:", np.atleast_2d(ends[end]), width)


def _array(label: str, rows: FloatArray, width: int) -> Iterator[str]:
    """Yield the rows of an array as NumPy prints them, as many in a line as fit."""
    line = label
    for row in rows[:MOST_LINES]:
        # Two columns less than there are, for the indent.
        text = np.array2string(row, max_line_width=width - 2, threshold=MOST_LINES, prefix="  ")
        if len(line) + 1 + len(text) > width:
            yield line
            line = " "
        line = f"{line} {text}"
    yield line
    yield from _more(len(rows))


def _more(rows: int) -> Iterator[str]:
    if rows > MOST_LINES:
        yield f"  and {count_text(rows - MOST_LINES, 'more row')} in run.json"


def _errors(run: SingleRun) -> Iterator[str]:
    yield f"Error, {HALF_SSE}:"
    for epoch, error in run.errors_by_step.items():
        yield f"  epoch {epoch:>{len(f'{run.epochs[-1]:,}')},}  {error:.8g}"


def _outputs(run: SingleRun, width: int) -> Iterator[str]:
    training = run.training
    yield f"Outputs after {count_text(run.epochs[-1], 'epoch')}:"
    rows = zip(training.inputs, training.targets, run.final_outputs, strict=True)
    for inputs, targets, outputs in [*rows][:MOST_LINES]:
        yield f"  {_numbers(inputs)} -> {_output(outputs, targets)}"
    yield from _more(len(training.inputs))
    if training.network.outputs == 1 and len(training.inputs) <= MOST_LINES:
        yield from _array("In the last forward pass:", run.outputs_before_last_epoch, width)


def _output(outputs: FloatArray, targets: FloatArray) -> str:
    """Return the output for one row, or of several how far they are off."""
    if len(outputs) == 1:
        return f"{outputs[0]:.8f} (expected {targets[0]:g})"
    return f"within {np.abs(targets - outputs).max():.4f} of {_numbers(targets)}"


def _numbers(values: FloatArray) -> str:
    return f"[{' '.join(f'{value:g}' for value in values)}]"


def _conclusion(run: SingleRun, width: int | None) -> Iterator[str]:
    """Yield how the run ended, each sentence in lines of a terminal's width if there is one."""
    why = RunDiagnosis(run).line
    sentences = (
        describe_outcome(run),
        describe_solution(run),
        describe_convergence(run),
        _curvature_line(run) if run.keeps_curvature else "",
        f"Why: {why}" if why else "",
    )
    for sentence in filter(None, sentences):
        yield from [sentence] if width is None else wrap_words(sentence, width)


def _curvature_line(run: SingleRun) -> str:
    norm, smallest, largest = (float(values[0]) for values in run.final_curvature)
    verdict = str(classify_curvature(smallest, largest))
    meaning = f": {verdict}, {STATES[verdict]}" if verdict and not run.converged_at_end else ""
    return (
        f"The norm of the gradient is {norm:.4g}; the eigenvalues of the Hessian lie between "
        f"{smallest:.4g} and {largest:.4g}{meaning}."
    )
