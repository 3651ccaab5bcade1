"""The page of a single run: its truth table, its network, its error, and how it was learnt.

One file that needs no network and no script. What it holds is text, SVG, and pictures of pixels
within it; the animation lies beside it once more, for slides.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from xorsweep.again import single_run_command, sweep_command
from xorsweep.config import GROUPS
from xorsweep.engines import Engine
from xorsweep.measures import DESCRIPTIONS, LEVEL_TEXTS, LEVELS, has_xor_levels
from xorsweep.network import Weights
from xorsweep.pages.animation import SIDE, Frame, learning_gif, still
from xorsweep.pages.answer_grid import answer_grid, describe_answer_grid
from xorsweep.pages.curve import LARGEST, error_curve
from xorsweep.pages.diagram import largest_weight, network_diagram
from xorsweep.pages.palette import Pixels, png
from xorsweep.pages.surface import describe_surface, has_surface, surface_pixels
from xorsweep.pages.svg import number
from xorsweep.rules import Scalar, shown
from xorsweep.single import SingleRun, headline, places_of_weights

PAGE, ANIMATION = "run.html", "learning.gif"

FRAMES = 30
STILLS = 6
MOST_ROWS = 16
"""Rows of the truth table that the page lists; run.json holds all."""
MOST_WEIGHTS = 200
SWEPT_SEEDS = 100

FILES = (
    (PAGE, "this page"),
    (ANIMATION, "the animation, for a slide"),
    ("run.json", "point, outcome, weights and outputs, to the last bit"),
    ("course.csv", "errors by epoch"),
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
class Drawing:
    """A picture, as SVG or as a file within the page, and what stands beneath it."""

    caption: str
    svg: str = ""
    data: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Moving:
    """The animation and one frame of it, as files within the page."""

    data: str
    held: str
    alt: str
    width: int
    height: int


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
    networks: Sequence[Drawing]
    weights: Sequence[tuple[str, str, str]]
    weights_left: int
    curve: str
    stills: Sequence[Drawing]
    settings: Sequence[tuple[str, str]]
    again: str
    sweep: str
    files: Sequence[tuple[str, str]]


def write_page(run: SingleRun, folder: Path) -> list[Path]:
    """Write the page of a run, and its animation if it moved; return their paths."""
    places = places_shown(run, FRAMES)
    frames = [_frame(run, place) for place in places]
    gif = learning_gif(frames, run.epochs, run.errors.final_error) if len(frames) > 1 else None
    paths = [folder / PAGE]
    paths[0].write_text(_render(_page(run, frames, gif)), encoding="utf-8")
    if gif is not None:
        paths.append(folder / ANIMATION)
        paths[1].write_bytes(gif)
    return paths


def places_shown(run: SingleRun, count: int) -> list[int]:
    """Return at most so many places in `run.epochs`, from the first to the last before divergence.

    They lie evenly along a way that is as long in the logarithm of epochs as in what the outputs
    did, the sum of the largest changes of an output, so that a run is shown from its first epochs
    on and yet mostly where it moves. None are returned where even the first error is too large.
    """
    drawn = _places_drawn(run)
    if not drawn:
        return []
    steps = np.abs(np.diff(run.outputs[..., :drawn], axis=-1)).max(axis=(0, 1), initial=0)
    moved = np.concatenate([[0.0], np.cumsum(steps)])
    passed = np.log1p(np.array(run.epochs[:drawn]))
    way = sum((part / part[-1] for part in (moved, passed) if part[-1] > 0), np.zeros(drawn))
    wanted = np.linspace(0, way[-1], count)
    return sorted({int(np.argmin(np.abs(way - distance))) for distance in wanted} | {drawn - 1})


def _places_drawn(run: SingleRun) -> int:
    """Return how many of the kept epochs come before the run has diverged."""
    return int((run.errors.final_error < LARGEST).cumprod().sum())


def _frame(run: SingleRun, place: int) -> Frame:
    error = float(run.errors.final_error[place])
    return Frame(_answers_drawn(run, place), run.epochs[place], error)


def _answers_drawn(run: SingleRun, place: int) -> Pixels:
    if has_surface(run.training.network):
        return surface_pixels(run.training, run.parameters[:, place], SIDE)
    return answer_grid(run.outputs[..., place], run.training.targets, SIDE)


def _answers_described(run: SingleRun, place: int) -> str:
    if has_surface(run.training.network):
        return describe_surface(run.training, run.parameters[:, place])
    return describe_answer_grid(run.outputs[..., place], run.training.targets)


def _page(run: SingleRun, frames: Sequence[Frame], gif: bytes | None) -> Page:
    network, targets = run.training.network, run.training.targets
    shape = f"{network.inputs}-{network.hidden}-{network.outputs}"
    weights = list(_weights(run))
    levels = {text: LEVELS[name] for name, text in LEVEL_TEXTS.items()}
    return Page(
        title=f"{run.point['task']}, {shape}: {run.outcome.replace('_', ' ')}",
        headline=headline(run.point),
        verdict=list(_verdict(run)),
        surface=has_surface(network),
        moving=_moving(run, frames, gif) if gif is not None else None,
        answers=list(_answers(run))[:MOST_ROWS],
        answers_left=max(len(targets) - MOST_ROWS, 0),
        last_pass=_last_pass(run),
        networks=list(_networks(run)),
        weights=weights[:MOST_WEIGHTS],
        weights_left=max(len(weights) - MOST_WEIGHTS, 0),
        curve=error_curve(
            run.epochs,
            run.errors.final_error,
            levels if has_xor_levels(targets) else {},
            run.converged_epoch,
        ),
        stills=[_still(run, place) for place in places_shown(run, STILLS)],
        settings=[(key, shown(value)) for key, value in run.point.items() if value is not None],
        again=_command(run),
        sweep=_sweep(run),
        files=[(name, text) for name, text in FILES if name != ANIMATION or gif is not None],
    )


def _render(page: Page) -> str:
    environment = Environment(
        loader=PackageLoader("xorsweep"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("run.html.j2").render(page=page)


def _verdict(run: SingleRun) -> Iterator[str]:
    """Return what became of the run, in a few sentences."""
    outcome = run.outcome.replace("_", " ").capitalize()
    yield f"{outcome}: {DESCRIPTIONS[run.outcome]}."
    if run.converged_epoch is None:
        yield f"The criterion {run.point['criterion']} was never met."
    else:
        left = "" if run.holds_at_end else ", and left again before the end"
        met = f"first met after {run.converged_epoch:,} of {run.epochs[-1]:,} epochs{left}"
        yield f"The criterion {run.point['criterion']} was {met}."
    first, last = (number(float(run.errors.final_error[place])) for place in (0, -1))
    yield f"Half the sum of squared errors went from {first} to {last}."


def _moving(run: SingleRun, frames: Sequence[Frame], gif: bytes) -> Moving:
    held = still(frames[-1], run.epochs, run.errors.final_error)
    place = run.epochs.index(frames[-1].epoch)
    alt = (
        f"Animation in {len(frames)} frames, from {_when(frames[0].epoch)} to "
        f"{_when(frames[-1].epoch)}. It ends like this: {_answers_described(run, place)}"
    )
    width, height = (int.from_bytes(gif[start : start + 2], "little") for start in (6, 8))
    return Moving(_data(gif, "gif"), _data(held, "png"), alt, width, height)


def _still(run: SingleRun, place: int) -> Drawing:
    error = number(float(run.errors.final_error[place]))
    when = _when(run.epochs[place])
    return Drawing(
        caption=f"{when[0].upper()}{when[1:]}: error {error}",
        data=_data(png(_answers_drawn(run, place)), "png"),
        alt=_answers_described(run, place),
    )


def _when(epoch: int) -> str:
    if not epoch:
        return "before training"
    return f"after {epoch:,} epoch{'' if epoch == 1 else 's'}"


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


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


def _answer(outputs: np.ndarray, targets: np.ndarray) -> str:
    """Return the output for one row, or of several how far they are off."""
    if len(outputs) == 1:
        return number(float(outputs[0]), 4)
    return f"within {number(float(np.abs(targets - outputs).max()))}"


def _place(values: np.ndarray) -> float | None:
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


def _networks(run: SingleRun) -> Iterator[Drawing]:
    """Return the network before and after training, or as far as a diverged run is drawn."""
    places = sorted({0, max(_places_drawn(run) - 1, 0)})
    views = run.training.network.views(run.parameters)
    weights = [Weights(*(view[..., place] for view in views)) for place in places]
    scale = largest_weight(*weights)
    for place, each in zip(places, weights, strict=True):
        when = _when(run.epochs[place])
        early = place and run.epochs[place] != run.epochs[-1]
        caption = f"{when[0].upper()}{when[1:]}{', before it diverged' if early else ''}"
        yield Drawing(caption, svg=network_diagram(each, scale))


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
    default: Scalar = getattr(GROUPS[group][str(point[group])](), name)
    return value == default
