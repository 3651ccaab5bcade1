"""The files of a single run: its page, and its numbers to the last bit."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from xorsweep.networks.curvature import measure_curvature
from xorsweep.networks.hidden_space import hidden_outputs, hidden_space
from xorsweep.networks.single_run import SingleRun, both_ends
from xorsweep.storage.atomic import atomic_path, write_atomically

NUMBERS = ("run.json", "learning_curve.csv", "hidden_outputs.csv", "weights.npz")
MOST_HIDDEN = 100_000
"""Hidden outputs that are written by epoch."""


def write_single(run: SingleRun, folder: Path) -> list[Path]:
    """Write the numbers and the page of a run into a folder and return their paths."""
    # Drawing is imported here, once there is something to draw.
    from xorsweep.reporting.run_page import write_page

    return [*write_numbers(run, folder), *write_page(run, folder)]


def write_numbers(run: SingleRun, folder: Path) -> list[Path]:
    """Write the numbers of a run into a folder and return their paths.

    run.json holds all about it; learning_curve.csv the errors by epoch, hidden_outputs.csv the
    outputs of the hidden units; weights.npz the initial and the final weights, rows 0 and 1 for
    `init=file`. Numbers read back to the bit.
    """
    paths = [folder / name for name in NUMBERS]
    data = json.dumps(_as_data(run), indent=2, allow_nan=False) + "\n"
    write_atomically(paths[0], data.encode("utf-8"))
    write_atomically(paths[1], _learning_curve_text(run).encode("utf-8"))
    write_atomically(paths[2], _hidden_outputs_text(run).encode("utf-8"))
    ends: dict[str, Any] = {role: np.stack(pair) for role, pair in both_ends(run).items()}
    with atomic_path(paths[3]) as file:
        np.savez(file, **ends)
    return paths


def _as_data(run: SingleRun) -> dict[str, Any]:
    ends, labels = both_ends(run), run.task.row_labels()
    errors = {name: _plain(values[-1]) for name, values in run.errors._asdict().items()}
    space = hidden_space(run.training, run.parameters[:, -1])
    curvature = measure_curvature(run.training, run.parameters[:, -1:])
    return {
        "point": dict(run.point),
        "epochs": run.epochs[-1],
        **errors,
        "converged": run.converged_epoch is not None,
        "converged_epoch": run.converged_epoch,
        "converged_at_end": run.converged_at_end,
        "outcome": run.outcome,
        "solution": run.solution,
        "status": run.status,
        "gradient_norm": _plain(space.gradient_norm()),
        "curvature_min": _plain(curvature.curvature_min[0]),
        "curvature_max": _plain(curvature.curvature_max[0]),
        "initial_weights": {role: _plain(initial) for role, (initial, _) in ends.items()},
        "final_weights": {role: _plain(final) for role, (_, final) in ends.items()},
        "truth_table": [
            {
                "row": label,
                "inputs": _plain(run.training.inputs[row]),
                "targets": _plain(run.training.targets[row]),
                "outputs": _plain(run.final_outputs[row]),
                "outputs_before_last_epoch": _plain(run.outputs_before_last_epoch[row]),
                "error_signals": _plain(space.error_signals[row]),
                "gradient_norm": _plain(space.row_gradient_norms[row]),
            }
            for row, label in enumerate(labels)
        ],
        "rows_on_one_spot": [
            {
                "rows": [labels[row] for row in group.rows],
                "distance": group.distance,
                "gradient_norm": _plain(space.gradient_norm(group.rows)),
            }
            for group in space.groups
        ],
    }


def _learning_curve_text(run: SingleRun) -> str:
    columns = run.error_columns
    if run.keeps_curvature == "learning_curve":
        columns |= run.curvature._asdict()
    text = StringIO()
    # csv's default is \r\n.
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *columns])
    writer.writerows(zip(run.epochs, *map(_plain, columns.values()), strict=True))
    return text.getvalue()


def _hidden_outputs_text(run: SingleRun) -> str:
    """Return a line per epoch and row: the output of each hidden unit.

    The epochs are those of the learning curve, or the last alone of more than MOST_HIDDEN numbers.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    hidden = run.training.network.hidden
    writer.writerow(["epoch", "row", *(f"hidden_{unit}" for unit in range(1, hidden + 1))])
    labels, epochs = run.task.row_labels(), run.epochs
    if len(epochs) * len(labels) * hidden > MOST_HIDDEN:
        epochs = epochs[-1:]
    parameters = run.parameters[:, -len(epochs) :]
    by_epoch = np.moveaxis(hidden_outputs(run.training, parameters), -1, 0)
    for epoch, values in zip(epochs, by_epoch, strict=True):
        writer.writerows(
            [epoch, label, *_plain(row)] for label, row in zip(labels, values, strict=True)
        )
    return text.getvalue()


def _plain(values: Any) -> Any:
    """Return numbers for JSON: None for those that aren't finite."""
    # An array of objects, whose list has floats and None: JSON has no NaN.
    return np.where(np.isfinite(values), values, np.array(None)).tolist()
