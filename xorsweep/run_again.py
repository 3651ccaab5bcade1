"""A run that was trained again, drawn: its error by epoch, its network, its decision surface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xorsweep.engines.contract import Trained, Training
from xorsweep.measures import LEVELS, has_xor_levels, measure
from xorsweep.network import Weights
from xorsweep.pages.curve import error_curve
from xorsweep.pages.diagram import network_diagram
from xorsweep.pages.surface import decision_surface, describe_surface, has_surface
from xorsweep.rules import FloatArray

PIXELS = 80
MOST_ANSWERS = 8
"""Rows of a task whose outputs are told one by one where there is no surface."""
MOST_UNITS = 4
"""Outputs of a row that are told."""

NAMED_LEVELS = {"1" if level == 1 else f"1/{round(1 / level)}": level for level in LEVELS.values()}


@dataclass(frozen=True)
class Surface:
    """What a network of two inputs answers between the corners, as PNG and in words."""

    png: bytes
    words: str


@dataclass(frozen=True)
class RunAgain:
    """A run of a sweep, by its row of the results; `curve` and `diagram` are SVG texts.

    `surface` is None where the network has no two inputs or not one output. `answers` are then
    label, target and output of the first of the task's `rows`.
    """

    row: int
    final_error: float
    curve: str
    diagram: str
    surface: Surface | None
    answers: Sequence[tuple[str, str, str]]
    rows: int


def drawn_again(
    row: int, labels: Sequence[str], training: Training, trained: Trained, at: tuple[int, int]
) -> RunAgain:
    """Return a run of a batch as it was after one of the snapshots: `at` is snapshot and member.

    `labels` name the rows of the task.
    """
    snapshot, member = at
    outputs, parameters = (
        trained.outputs[snapshot, ..., member],
        trained.parameters[at[0], :, at[1]],
    )
    weights = Weights(*(v[..., 0] for v in training.network.views(parameters[:, None])))
    surface = None
    if has_surface(training.network):
        png = decision_surface(training, parameters, PIXELS)
        surface = Surface(png, describe_surface(training, parameters))
    return RunAgain(
        row=row,
        final_error=float(measure(outputs[..., None], training.targets).final_error[0]),
        curve=_curve(training, trained, at),
        diagram=network_diagram(weights),
        surface=surface,
        answers=() if surface else tuple(_answers(labels, training.targets, outputs)),
        rows=len(labels),
    )


def _curve(training: Training, trained: Trained, at: tuple[int, int]) -> str:
    snapshot, member = at
    epochs, course = training.snapshots[snapshot], np.array(training.course_epochs)
    outputs = trained.outputs[snapshot, ..., member, None]
    end = measure(outputs, training.targets).final_error
    converged = int(trained.converged_epoch[member])
    return error_curve(
        (*course[course < epochs].tolist(), epochs),
        np.append(trained.half_sse[course < epochs, member], end),
        NAMED_LEVELS if has_xor_levels(training.targets) else None,
        converged if 0 <= converged <= epochs else None,
    )


def _answers(
    labels: Sequence[str], targets: FloatArray, outputs: FloatArray
) -> Iterator[tuple[str, str, str]]:
    for label, target, output in zip(labels[:MOST_ANSWERS], targets, outputs, strict=False):
        yield label, _numbers(target, "g"), _numbers(output, ".3f")


def _numbers(values: FloatArray, form: str) -> str:
    more = " ..." if len(values) > MOST_UNITS else ""
    return " ".join(f"{value:{form}}" for value in values[:MOST_UNITS]) + more
