"""The pictures of a single run: which of its epochs are shown, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xorsweep.networks.architecture import Weights
from xorsweep.networks.metrics import plateau_labels, plateaus
from xorsweep.networks.single_run import SingleRun
from xorsweep.reporting.rendering import data_uri
from xorsweep.reporting.svg.animation import SIDE, Frame, learning_gif, still
from xorsweep.reporting.svg.answer_grid import answer_grid, describe_answer_grid
from xorsweep.reporting.svg.decision_surface import describe_surface, has_surface, surface_pixels
from xorsweep.reporting.svg.error_curve import LARGEST, error_curve
from xorsweep.reporting.svg.markup import number
from xorsweep.reporting.svg.network_diagram import largest_weight, network_diagram
from xorsweep.reporting.svg.palette import Pixels, png

STILLS = 6
FRAMES = 5 * (STILLS - 1) + 1
"""Every fifth frame is a still, but for frames that are left out because they are the same."""

Frames = Mapping[int, Frame]
"""Frames by their places in `run.epochs`, from the first to the last."""


@dataclass(frozen=True)
class PagePicture:
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


def frames_of(run: SingleRun) -> Frames:
    """Return the frames that show how a run went; none of a run that never had a finite error."""
    return {place: _frame(run, place) for place in places_shown(run, FRAMES)}


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


def animation(run: SingleRun, frames: Frames) -> bytes | None:
    """Return the frames as GIF, or nothing where there are no two of them."""
    if len(frames) < 2:
        return None
    return learning_gif(list(frames.values()), run.epochs, run.errors.final_error)


def moving(run: SingleRun, frames: Frames, gif: bytes) -> Moving:
    """Return an animation of the frames as it stands in a page."""
    first, *_, last = frames
    held = still(frames[last], run.epochs, run.errors.final_error)
    alt = (
        f"Animation in {len(frames)} frames, from {_when(run.epochs[first])} to "
        f"{_when(run.epochs[last])}. It ends like this: {_answers_described(run, last)}"
    )
    width, height = (int.from_bytes(gif[start : start + 2], "little") for start in (6, 8))
    return Moving(data_uri("image/gif", gif), data_uri("image/png", held), alt, width, height)


def stills(run: SingleRun, frames: Frames) -> Iterator[PagePicture]:
    """Return what the network answered at some epochs, from the first to the last."""
    for place in places_shown(run, STILLS):
        frame = frames.get(place) or _frame(run, place)
        yield PagePicture(
            caption=f"{_when(frame.epoch).capitalize()}: error {number(frame.error)}",
            data=data_uri("image/png", png(frame.answers)),
            alt=_answers_described(run, place),
        )


def _when(epoch: int) -> str:
    if not epoch:
        return "before training"
    return f"after {epoch:,} epoch{'' if epoch == 1 else 's'}"


def networks(run: SingleRun) -> Iterator[PagePicture]:
    """Return the network before and after training, or as far as a diverged run is drawn."""
    places = sorted({0, max(_places_drawn(run) - 1, 0)})
    views = run.training.network.views(run.parameters)
    weights = [Weights(*(view[..., place] for view in views)) for place in places]
    scale = largest_weight(*weights)
    for place, each in zip(places, weights, strict=True):
        early = place and run.epochs[place] != run.epochs[-1]
        caption = (
            f"{_when(run.epochs[place]).capitalize()}{', before it diverged' if early else ''}"
        )
        yield PagePicture(caption, svg=network_diagram(each, scale))


def learning_curve(run: SingleRun) -> str:
    """Return the error by epoch as SVG, with the plateaus of its task."""
    levels = plateau_labels(plateaus(run.training.targets))
    return error_curve(run.epochs, run.errors.final_error, levels, run.converged_epoch)
