"""The page of a single run: its truth table, its network, its error, and how it was learnt.

One file that needs no network and no script. What it holds is text, SVG, and pictures of pixels
within it; the animation lies beside it once more, for slides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xorsweep.command_lines import single_run_command, sweep_command
from xorsweep.fields import FloatArray, Scalar, format_value
from xorsweep.networks.engines import Engine
from xorsweep.networks.engines.gradient import gradient
from xorsweep.networks.metrics import DESCRIPTIONS, PLATEAUS
from xorsweep.networks.schema import COMPONENTS
from xorsweep.networks.single_run import SingleRun, headline, places_of_weights
from xorsweep.reporting.rendering import environment
from xorsweep.reporting.run_page_pictures import (
    Frames,
    Moving,
    PagePicture,
    animation,
    frames_of,
    learning_curve,
    moving,
    networks,
    stills,
)
from xorsweep.reporting.svg.decision_surface import has_surface
from xorsweep.reporting.svg.markup import number
from xorsweep.storage.atomic import write_atomically

PAGE, ANIMATION = "run.html", "learning.gif"

MOST_ROWS = 16
"""Rows of the truth table that the page lists; run.json holds all."""
MOST_WEIGHTS = 200
SWEPT_SEEDS = 100
STILL = 1e-6
"""A run moves no more if its gradient would move the weights by less in as many epochs again."""

FILES = (
    (PAGE, "this page"),
    (ANIMATION, "the animation, for a slide"),
    ("run.json", "point, outcome, weights and outputs, to the last bit"),
    ("learning_curve.csv", "errors by epoch"),
    ("weights.npz", "initial and final weights, for init=file"),
)


@dataclass(frozen=True)
class Answer:
    """A row of the truth table; `places` are target, first and last output in % of 0 to 1."""

    row: str
    target: str
    first: str
    last: str
    places: Sequence[float | None]


@dataclass(frozen=True)
class Page:
    """Everything that the page holds, ready for its template."""

    title: str
    headline: str
    verdict: Sequence[str]
    surface: bool
    moving: Moving | None
    answers: Sequence[Answer]
    answers_left: int
    last_pass: Sequence[str]
    networks: Sequence[PagePicture]
    weights: Sequence[tuple[str, str, str]]
    weights_left: int
    learning_curve: str
    stills: Sequence[PagePicture]
    settings: Sequence[tuple[str, str]]
    again: str
    sweep: str
    files: Sequence[tuple[str, str]]


def write_page(run: SingleRun, folder: Path) -> list[Path]:
    """Write the page of a run, and its animation if it moved; return their paths."""
    frames = frames_of(run)
    gif = animation(run, frames)
    page = folder / PAGE
    write_atomically(page, _render(_page(run, frames, gif)).encode("utf-8"))
    if gif is None:
        return [page]
    write_atomically(folder / ANIMATION, gif)
    return [page, folder / ANIMATION]


def _page(run: SingleRun, frames: Frames, gif: bytes | None) -> Page:
    network = run.training.network
    answers, weights = list(_answers(run)), list(_weights(run))
    return Page(
        title=_title(run),
        headline=headline(run.point),
        verdict=list(_verdict(run)),
        surface=has_surface(network),
        moving=None if gif is None else moving(run, frames, gif),
        answers=answers[:MOST_ROWS],
        answers_left=len(answers[MOST_ROWS:]),
        last_pass=_last_pass(run),
        networks=list(networks(run)),
        weights=weights[:MOST_WEIGHTS],
        weights_left=len(weights[MOST_WEIGHTS:]),
        learning_curve=learning_curve(run),
        stills=list(stills(run, frames)),
        settings=[
            (key, format_value(value)) for key, value in run.point.items() if value is not None
        ],
        again=_command(run),
        sweep=_sweep(run),
        files=[(name, text) for name, text in FILES if name != ANIMATION or gif is not None],
    )


def _render(page: Page) -> str:
    return environment().get_template("run.html.j2").render(page=page)


def _title(run: SingleRun) -> str:
    network = run.training.network
    shape = f"{network.inputs}-{network.hidden}-{network.outputs}"
    return f"{run.point['task']}, {shape}: {run.outcome.replace('_', ' ')}"


def _verdict(run: SingleRun) -> Iterator[str]:
    """Return what became of the run, in a few sentences."""
    outcome = run.outcome.replace("_", " ").capitalize()
    yield f"{outcome}: {DESCRIPTIONS[run.outcome]}."
    if run.outcome in PLATEAUS:
        yield f"The run is still at this plateau after {run.epochs[-1]:,} epochs."
    if run.converged_epoch is None:
        yield f"The criterion {run.point['criterion']} was never met."
    else:
        left = "" if run.converged_at_end else ", and left again before the end"
        met = f"first met after {run.converged_epoch:,} of {run.epochs[-1]:,} epochs{left}"
        yield f"The criterion {run.point['criterion']} was {met}."
    first, last = (number(float(run.errors.final_error[place])) for place in (0, -1))
    yield f"Half the sum of squared errors went from {first} to {last}."
    if run.outcome not in ("solved", "diverged"):
        yield _slope(run)


def _slope(run: SingleRun) -> str:
    """Say how steep the loss is at the end, and that nothing moves where that shows it.

    It shows it for plain descent in batches, whose steps are lr times the gradient.
    """
    length = float(np.linalg.norm(gradient(run.training, run.parameters[:, -1])))
    said = f"After the last epoch the gradient of the loss has the length {number(length)}"
    plain = run.point["optimizer"] == "sgd" and run.point["schedule"] == "batch"
    way = float(run.training.learning_rate[0]) * length * run.epochs[-1]
    if not plain or way >= STILL:
        return f"{said}."
    return (
        f"{said}: nothing moves any more. As many epochs again at this gradient would move the "
        f"weights by {number(way)}."
    )


def _answers(run: SingleRun) -> Iterator[Answer]:
    targets = run.training.targets
    for row, label in enumerate(run.task.row_labels()):
        first, last = run.outputs[row, :, 0], run.outputs[row, :, -1]
        yield Answer(
            row=label,
            target=" ".join(f"{target:g}" for target in targets[row]),
            first=_answer(first, targets[row]),
            last=_answer(last, targets[row]),
            places=[_place(part) for part in (targets[row], first, last)],
        )


def _answer(outputs: FloatArray, targets: FloatArray) -> str:
    """Return the output for one row, or of several how far they are off."""
    if len(outputs) == 1:
        return number(float(outputs[0]), 4)
    return f"within {number(float(np.abs(targets - outputs).max()))}"


def _place(values: FloatArray) -> float | None:
    """Return where a single number lies between 0 and 1, in %; None of several or of no number."""
    if len(values) != 1 or np.isnan(values[0]):
        return None
    return round(100 * float(np.clip(values[0], 0, 1)), 1)


def _last_pass(run: SingleRun) -> Sequence[str]:
    """Return what the last forward pass of training gave, as the notebook prints it."""
    outputs = run.outputs_before_last_epoch
    if outputs.shape[1] > 1 or len(outputs) > MOST_ROWS or not np.isfinite(outputs).all():
        return []
    return [f"{output:.8f}" for output in outputs[:, 0]]


def _weights(run: SingleRun) -> Iterator[tuple[str, str, str]]:
    for name, initial, final in places_of_weights(run):
        yield name, _written(initial), _written(final)


def _written(weight: float) -> str:
    return f"{weight:.8f}" if np.isfinite(weight) else number(weight)


def _command(run: SingleRun) -> str:
    command = single_run_command(_typed(run.point))
    return command if run.engine == Engine() else f"{command} {run.engine}"


def _sweep(run: SingleRun) -> str:
    """Return the command that trains the same from other initial weights; "" where there are none.

    The printed weights are one draw from the range of `uniform`, which takes their place.
    """
    if run.point["init"] == "file":
        return ""
    point = dict(_typed(run.point))
    if point["init"] == "printed":
        point["init"] = "uniform"
    command = sweep_command(point, SWEPT_SEEDS)
    return command if run.engine == Engine() else f"{command} {run.engine}"


def _typed(point: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Return a point without the parameters of choices that have their default."""
    return {key: value for key, value in point.items() if not _is_default(key, value, point)}


def _is_default(key: str, value: Scalar, point: Mapping[str, Scalar]) -> bool:
    group, _, name = key.partition(".")
    if not name:
        return False
    default: Scalar = getattr(COMPONENTS[group][str(point[group])](), name)
    return value == default
