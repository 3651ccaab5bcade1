"""The page of a single run: its truth table, its network, its error, and how it was learnt.

One file that needs no network; without scripts it lacks only the player and the playground. It
holds text, SVG, and images within it; the animation lies beside it once more, for slides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xorsweep.command_lines import single_run_command, sweep_command
from xorsweep.fields import FloatArray, Scalar
from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines import Engine
from xorsweep.networks.hidden_space import hidden_space
from xorsweep.networks.metrics import PLATEAUS, plateau_labels, plateaus
from xorsweep.networks.schema import COMPONENTS
from xorsweep.networks.single_run import SingleRun, headline, places_of_weights
from xorsweep.reporting.hidden_section import hidden_section
from xorsweep.reporting.rendering import data_uri, render_page
from xorsweep.reporting.run_outcome import describe_convergence, describe_outcome
from xorsweep.reporting.run_player import differences, player_data
from xorsweep.reporting.svg.animation import PANEL, SIDE, Frame, learning_gif, still
from xorsweep.reporting.svg.answer_grid import answer_grid, describe_answer_grid
from xorsweep.reporting.svg.decision_surface import describe_surface, has_surface, surface_image
from xorsweep.reporting.svg.error_curve import count_before_divergence, error_curve
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.network_diagram import largest_weight, network_diagram
from xorsweep.reporting.svg.palette import png
from xorsweep.storage.atomic import write_atomically
from xorsweep.text import epoch_text, format_value

PAGE, ANIMATION = "run.html", "learning.gif"

MOST_ROWS = 16
"""Rows of the truth table that the page lists; run.json holds all."""
MOST_WEIGHTS = 200
SWEPT_SEEDS = 100
STILL = 1e-6
"""A run moves no more if its gradient would move the weights by less in as many epochs again."""
STILLS = 6
FRAMES = 5 * (STILLS - 1) + 1
"""Every fifth frame is a still, except for frames that are excluded because they are the same."""

FILES = (
    (PAGE, "this page"),
    (ANIMATION, "the animation, for slides"),
    ("run.json", "point, outcome, weights, outputs, gradients and curvature, to the last bit"),
    ("learning_curve.csv", "errors by epoch"),
    ("hidden_outputs.csv", "outputs of the hidden units by epoch and row"),
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
class RunFigure:
    """A figure, as SVG or as the URI of an image, and its caption."""

    caption: str
    svg: str = ""
    source: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Animation:
    """The animation and its last frame, as the URIs of images."""

    source: str
    still: str
    alt: str
    width: int = SIDE + PANEL
    height: int = SIDE


def write_page(run: SingleRun, folder: Path) -> list[Path]:
    """Write the page of a run, and its animation if it moved; return their paths, the page last."""
    frames = {place: _frame(run, place) for place in places_shown(run, FRAMES)}
    paths, animation = [], None
    if len(frames) > 1:
        gif = learning_gif(list(frames.values()), run.epochs, run.errors.final_error)
        animation = _animation(run, frames, gif)
        paths.append(folder / ANIMATION)
        write_atomically(paths[-1], gif)
    page = folder / PAGE
    write_atomically(page, _page(run, frames, animation).encode("utf-8"))
    return [*paths, page]


def _page(run: SingleRun, frames: Mapping[int, Frame], animation: Animation | None) -> str:
    network, point = run.training.network, run.point
    answers, weights = list(_answers(run)), list(_weights(run))
    levels = plateau_labels(plateaus(run.training.targets))
    player = player_data(run)
    return render_page(
        "run.html.j2",
        title=(
            f"{point['task']}, {network.inputs}-{network.hidden}-{network.outputs}: "
            f"{run.outcome.replace('_', ' ')}"
        ),
        headline=headline(point),
        verdict=" ".join(_verdict(run)),
        surface=has_surface(network),
        animation=animation,
        answers=answers[:MOST_ROWS],
        more_answers=len(answers[MOST_ROWS:]),
        last_pass=_last_pass(run),
        hidden=hidden_section(run),
        networks=list(_networks(run)),
        weights=weights[:MOST_WEIGHTS],
        more_weights=len(weights[MOST_WEIGHTS:]),
        curve=error_curve(run.epochs, run.errors.final_error, levels, run.converged_epoch),
        stills=list(_stills(run, frames)),
        settings=[(key, format_value(value)) for key, value in point.items() if value is not None],
        again=_with_engine(run, single_run_command(_without_defaults(point))),
        sweep=_sweep_command(run),
        player=player,
        # A quote within a text of the data has a backslash, so this is the key itself.
        recorded='"scrubber":null' not in player,
        differences=differences(run),
        files=[(name, text) for name, text in FILES if name != ANIMATION or animation],
    )


def _verdict(run: SingleRun) -> Iterator[str]:
    yield describe_outcome(run)
    if run.outcome in PLATEAUS:
        yield f"The run is still at this plateau {epoch_text(run.epochs[-1])}."
    yield describe_convergence(run)
    first, last = (number(float(run.errors.final_error[place])) for place in (0, -1))
    yield f"Half the sum of squared errors went from {first} to {last}."
    if run.outcome not in ("solved", "diverged"):
        yield _slope(run)


def _slope(run: SingleRun) -> str:
    """Return how steep the loss is at the end, and that nothing moves where that shows it.

    It does for plain descent in batches, whose steps are lr times the gradient.
    """
    length = hidden_space(run.training, run.parameters[:, -1]).gradient_norm()
    text = f"After the last epoch the gradient of the loss has norm {number(length)}"
    plain = run.point["optimizer"] == "sgd" and run.point["schedule"] == "batch"
    way = float(run.training.learning_rate[0]) * length * run.epochs[-1]
    if not plain or way >= STILL:
        return f"{text}."
    return (
        f"{text}: training has come to rest. The same number of epochs at "
        f"this gradient would move the weights by {number(way)}."
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
    """Return the outputs of the last forward pass of training, as the notebook prints them."""
    outputs = run.outputs_before_last_epoch
    if outputs.shape[1] > 1 or len(outputs) > MOST_ROWS or not np.isfinite(outputs).all():
        return []
    return [f"{output:.8f}" for output in outputs[:, 0]]


def _weights(run: SingleRun) -> Iterator[tuple[str, str, str]]:
    for name, *ends in places_of_weights(run):
        first, last = (f"{end:.8f}" if np.isfinite(end) else number(end) for end in ends)
        yield name, first, last


def _sweep_command(run: SingleRun) -> str:
    """Return the command that trains the same from other initial weights; "" where there are none.

    Weights that are numbers, the notebook's or others, aren't drawn; `uniform` takes their place.
    """
    if run.point["init"] == "file":
        return ""
    point = _without_defaults(run.point)
    if point["init"] in ("printed", "values"):
        point["init"] = "uniform"
        point.pop("init.values", None)
    return _with_engine(run, sweep_command(point, SWEPT_SEEDS))


def _with_engine(run: SingleRun, command: str) -> str:
    return command if run.engine == Engine() else f"{command} {run.engine}"


def _without_defaults(point: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return a point without the parameters of components that have their default."""
    found = {}
    for key, value in point.items():
        group, _, name = key.partition(".")
        if not name or value != getattr(COMPONENTS[group][str(point[group])](), name):
            found[key] = value
    return found


def places_shown(run: SingleRun, count: int) -> list[int]:
    """Return at most `count` places in `run.epochs`, from the first to the last before divergence.

    They are evenly spaced along a path whose length is half the logarithm of epochs and half the
    sum of the largest changes of an output: a run is shown from its first epochs on, and mostly
    where it moves. None are returned where even the first error is too large.
    """
    finite = count_before_divergence(run.errors.final_error)
    if not finite:
        return []
    steps = np.abs(np.diff(run.outputs[..., :finite], axis=-1)).max(axis=(0, 1), initial=0)
    moved = np.concatenate([[0.0], np.cumsum(steps)])
    passed = np.log1p(np.array(run.epochs[:finite]))
    # Outputs of a run that never moves have no length to divide by.
    way = sum((part / part[-1] for part in (moved, passed) if part[-1] > 0), np.zeros(finite))
    wanted = np.linspace(0, way[-1], count)
    return sorted({int(np.argmin(np.abs(way - distance))) for distance in wanted} | {finite - 1})


def _frame(run: SingleRun, place: int) -> Frame:
    if has_surface(run.training.network):
        answers = surface_image(run.training, run.parameters[:, place], SIDE)
    else:
        answers = answer_grid(run.outputs[..., place], run.training.targets, SIDE)
    return Frame(answers, run.epochs[place], float(run.errors.final_error[place]))


def _describe_answers(run: SingleRun, place: int) -> str:
    if has_surface(run.training.network):
        return describe_surface(run.training, run.parameters[:, place])
    return describe_answer_grid(run.outputs[..., place], run.training.targets)


def _animation(run: SingleRun, frames: Mapping[int, Frame], gif: bytes) -> Animation:
    first, *_, last = frames
    alt = (
        f"Animation in {len(frames)} frames, from {epoch_text(run.epochs[first])} to "
        f"{epoch_text(run.epochs[last])}. It ends like this: {_describe_answers(run, last)}"
    )
    image = still(frames[last], run.epochs, run.errors.final_error)
    return Animation(data_uri("image/gif", gif), data_uri("image/png", image), alt)


def _stills(run: SingleRun, frames: Mapping[int, Frame]) -> Iterator[RunFigure]:
    """Yield the outputs of the network at some epochs, from the first to the last."""
    for place in places_shown(run, STILLS):
        # Most stills are frames of the animation already.
        frame = frames.get(place) or _frame(run, place)
        yield RunFigure(
            caption=f"{epoch_text(frame.epoch).capitalize()}: error {number(frame.error)}",
            source=data_uri("image/png", png(frame.answers)),
            alt=_describe_answers(run, place),
        )


def _networks(run: SingleRun) -> Iterator[RunFigure]:
    """Yield the network before and after training, or as far as a diverged run is drawn."""
    places = sorted({0, max(count_before_divergence(run.errors.final_error) - 1, 0)})
    views = run.training.network.views(run.parameters)
    weights = [Weights(*(view[..., place] for view in views)) for place in places]
    scale = largest_weight(*weights)
    for place, each in zip(places, weights, strict=True):
        early = place and run.epochs[place] != run.epochs[-1]
        caption = epoch_text(run.epochs[place]).capitalize() + ", before it diverged" * bool(early)
        yield RunFigure(caption, svg=network_diagram(each, scale))
