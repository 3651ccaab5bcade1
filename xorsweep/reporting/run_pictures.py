"""A run of a sweep, drawn: its error by epoch, its network, its decision surface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xorsweep.analysis.representative_runs import StoredRun
from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.predict import predict
from xorsweep.networks.metrics import error_label, plateaus
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.schema import component_of
from xorsweep.networks.trainer import build_training
from xorsweep.reporting.svg.decision_surface import decision_surface, describe_surface, has_surface
from xorsweep.reporting.svg.error_curve import error_curve
from xorsweep.reporting.svg.network_diagram import network_diagram

PIXELS = 80
MOST_ANSWERS = 8
"""Rows of a task whose outputs are told one by one where there is no surface."""
MOST_UNITS = 4
"""Outputs of a row that are told."""


@dataclass(frozen=True)
class Surface:
    """What a network of two inputs answers between the corners, as PNG and in words."""

    png: bytes
    words: str


@dataclass(frozen=True)
class RunPictures:
    """What is drawn of a run, by its row of the results; `curve` and `diagram` are SVG texts.

    `surface` is None where the network has no two inputs or not one output. `answers` are then
    label, target and output of the first of the task's `rows`. Where the weights aren't kept there
    is a curve alone.
    """

    row: int
    curve: str
    diagram: str = ""
    surface: Surface | None = None
    answers: Sequence[tuple[str, str, str]] = ()
    rows: int = 0


def draw_run(run: StoredRun) -> RunPictures:
    """Return the pictures of a run."""
    task = component_of("task", run.point)
    levels = {error_label(level): level for level in plateaus(task.targets()).values()}
    curve = error_curve(run.epochs, run.half_sse, levels, run.converged_epoch)
    if not len(run.parameters):
        return RunPictures(run.row, curve)
    training = build_training(batch_of_one(run.point, run.epochs[-1:]), run.parameters[:, None])
    weights = Weights(*(v[..., 0] for v in training.network.views(training.parameters)))
    surface = _surface(training, run.parameters) if has_surface(training.network) else None
    labels = task.row_labels()
    return RunPictures(
        row=run.row,
        curve=curve,
        diagram=network_diagram(weights),
        surface=surface,
        answers=() if surface else tuple(_answers(labels, training, run.parameters)),
        rows=len(labels),
    )


def _surface(training: TrainingBatch, parameters: FloatArray) -> Surface:
    png = decision_surface(training, parameters, PIXELS)
    return Surface(png, describe_surface(training, parameters))


def _answers(
    labels: Sequence[str], training: TrainingBatch, parameters: FloatArray
) -> Iterator[tuple[str, str, str]]:
    inputs, targets = training.inputs[:MOST_ANSWERS], training.targets
    outputs = predict(training, parameters, inputs)
    for label, target, output in zip(labels, targets, outputs, strict=False):
        yield label, _numbers(target, "g"), _numbers(output, ".3f")


def _numbers(values: FloatArray, form: str) -> str:
    more = " ..." if len(values) > MOST_UNITS else ""
    return " ".join(f"{value:{form}}" for value in values[:MOST_UNITS]) + more
