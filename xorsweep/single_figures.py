"""Pictures of a single run: its error by epoch, and what it answers between the corners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    EngFormatter,
    LogFormatterMathtext,
    LogLocator,
    NullFormatter,
    StrMethodFormatter,
)

from xorsweep.measures import LEVELS, has_xor_levels
from xorsweep.rules import FloatArray
from xorsweep.single import SingleRun, answers
from xorsweep.style import BLUE, GREY, LEVEL_TEXTS, STYLE, VERMILLION, save

LARGEST = 1e9
"""Errors from here on are left out: the run has diverged, and the rest would be squeezed flat."""

PANELS = 4
MARGIN = 0.35
"""How far a surface reaches beyond the corners, as a share of the square's side."""
GRID_POINTS = 101
DECADES_APART = 3
"""From so many decades on, the axis of errors has room for powers of ten alone."""


def write_figures(run: SingleRun, folder: Path) -> list[Path]:
    """Write the pictures that make sense for a run, each as PNG and SVG; return their paths."""
    pictures: dict[str, Callable[[SingleRun], Figure]] = {"course": course_figure}
    if has_surface(run):
        pictures["surface"] = surface_figure
    paths: list[Path] = []
    with mpl.rc_context(STYLE):
        for name, draw in pictures.items():
            paths += save(draw(run), folder / name)
    return paths


def course_figure(run: SingleRun) -> Figure:
    """Return half the sum of squared errors against the number of epochs, on log axes."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    errors = run.errors.final_error
    shown = (errors > 0) & (errors < LARGEST)
    epochs = np.array(run.epochs)[shown]
    axes.plot(epochs, errors[shown], color=BLUE, marker=".", markersize=4, clip_on=False)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_yscale("log")
    axes.set_xlim(0, max(run.epochs[-1], 1))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    _tick_errors(axes)
    axes.set_xlabel("epochs")
    axes.set_ylabel("half the sum of squared errors")
    axes.set_title(_title(run), loc="left")
    if has_xor_levels(run.training.targets):
        _draw_levels(axes)
    if run.converged_epoch is not None:
        _mark_convergence(axes, run)
    return figure


def _tick_errors(axes: Axes) -> None:
    """Tick as many round errors as there is room for on the log axis."""
    low, high = np.log10(axes.get_ylim())
    wide = high - low > DECADES_APART
    subs = (1,) if wide else (1, 2, 5) if high - low > 1 else range(1, 10)
    axes.yaxis.set_major_locator(LogLocator(subs=tuple(subs)))
    axes.yaxis.set_major_formatter(LogFormatterMathtext() if wide else StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _title(run: SingleRun) -> str:
    network = run.training.network
    return (
        f"{run.point['task']}, {network.inputs}-{network.hidden}-{network.outputs}, "
        f"lr {run.point['lr']:g}, seed {run.point['seed']}: {run.outcome.replace('_', ' ')}"
    )


def _draw_levels(axes: Axes) -> None:
    """Draw the levels at which runs get stuck, and name those that have room for a name."""
    low, high = axes.get_ylim()
    room = 0.06 * (np.log10(high) - np.log10(low))
    named: list[float] = []
    for name, text in LEVEL_TEXTS.items():
        level = LEVELS[name]
        if not low < level < high:
            continue
        axes.axhline(level, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        if all(abs(np.log10(level / other)) > room for other in named):
            named.append(level)
            axes.annotate(
                text,
                (1, level),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                color=GREY,
                fontsize=8,
                annotation_clip=False,
            )


def _mark_convergence(axes: Axes, run: SingleRun) -> None:
    epoch = run.converged_epoch or 0
    axes.axvline(epoch, color=VERMILLION, linewidth=1)
    right_half = epoch**2 > run.epochs[-1]
    axes.annotate(
        f"criterion {run.point['criterion']}\nmet at {epoch:,}",
        (epoch, 0),
        (-4 if right_half else 4, 6),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if right_half else "left",
        color=VERMILLION,
        fontsize=8,
    )


def has_surface(run: SingleRun) -> bool:
    """Tell whether a run's answers are a surface: one output over two inputs, and numbers."""
    network = run.training.network
    return (network.inputs, network.outputs) == (2, 1) and _epochs_shown(run) > 0


def _epochs_shown(run: SingleRun) -> int:
    """Return how many of the kept epochs come before the run has diverged."""
    return int((run.errors.final_error < LARGEST).cumprod().sum())


def surface_figure(run: SingleRun) -> Figure:
    """Return the output over the square of inputs, at some epochs from the first to the last."""
    at = telling_places(run)
    width = 1.2 + 2.1 * len(at)
    figure = Figure(figsize=(width, 3.4), layout="constrained")
    panels = figure.subplots(1, len(at), sharex=True, sharey=True, squeeze=False)[0]
    ticks, points = _square(run.training.inputs)
    surfaces = np.clip(answers(run, at, points)[:, 0], 0, 1).T.reshape(-1, *2 * ticks.shape)
    for axes, place, surface in zip(panels, at, surfaces, strict=True):
        image = _draw_surface(axes, ticks, surface)
        _draw_rows(axes, run)
        error = run.errors.final_error[place]
        axes.set_title(f"{_when(run, place)}\nhalf SSE {error:.3g}")
        axes.set_xlabel("input 1")
    panels[0].set_ylabel("input 2")
    beyond = "both" if run.training.output == "linear" else "neither"
    figure.colorbar(image, ax=panels, label="output", aspect=25, pad=0.02, extend=beyond)
    figure.suptitle(_title(run), fontsize=9)
    figure.legend(handles=list(_legend(run)), loc="outside lower center", ncols=3, frameon=False)
    return figure


def telling_places(run: SingleRun) -> list[int]:
    """Return places in `run.epochs` that lie evenly along the way that the outputs took.

    The way is the sum of the largest changes of an output from one kept epoch to the next, so that
    a run is shown where it moves, be that early or late; after it has diverged it isn't shown.
    """
    shown = _epochs_shown(run)
    steps = np.abs(np.diff(run.outputs[..., :shown], axis=-1)).max(axis=(0, 1), initial=0)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0, way[-1], PANELS)
    places = {int(np.argmin(np.abs(way - distance))) for distance in wanted}
    return sorted({*places, shown - 1})


def _when(run: SingleRun, place: int) -> str:
    epoch = run.epochs[place]
    return "before training" if epoch == 0 else f"after {epoch:,} epochs"


def _square(inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the ticks (n,) of a square around the rows, and its points (n * n, 2).

    The points run along input 1 fastest, as the columns of a picture do.
    """
    low, high = inputs.min(), inputs.max()
    margin = MARGIN * (high - low)
    ticks = np.linspace(low - margin, high + margin, GRID_POINTS)
    first, second = np.meshgrid(ticks, ticks)
    return ticks, np.stack([first.ravel(), second.ravel()], axis=1)


def _draw_surface(axes: Axes, ticks: FloatArray, surface: FloatArray) -> AxesImage:
    extent = (ticks[0], ticks[-1], ticks[0], ticks[-1])
    image = axes.imshow(
        surface,
        extent=extent,
        origin="lower",
        interpolation="bilinear",
        cmap="cividis",
        vmin=0,
        vmax=1,
    )
    if surface.min() < 0.5 < surface.max():
        for color, width in (("black", 2.6), ("white", 1.2)):
            axes.contour(ticks, ticks, surface, levels=[0.5], colors=color, linewidths=width)
    return image


def _draw_rows(axes: Axes, run: SingleRun) -> None:
    for inputs, wanted in zip(run.training.inputs, run.task.truth()[:, 0], strict=True):
        axes.add_line(_mark(wanted, inputs))
    axes.set_xticks(np.unique(run.training.inputs))
    axes.set_yticks(np.unique(run.training.inputs))


def _mark(wanted: float, place: FloatArray | None = None, label: str = "") -> Line2D:
    """Return how a row is drawn: as bright as the surface should be beneath it."""
    x, y = ([], []) if place is None else place[:, None]
    return Line2D(
        x,
        y,
        label=label,
        linestyle="none",
        marker="o" if wanted else "s",
        markersize=8,
        markerfacecolor="white" if wanted else "black",
        markeredgecolor="black" if wanted else "white",
    )


def _legend(run: SingleRun) -> Iterator[Line2D]:
    low, high = run.training.targets.min(), run.training.targets.max()
    yield _mark(0, label=f"target {low:g}")
    yield _mark(1, label=f"target {high:g}")
    yield Line2D([], [], label="output 1/2", color="black", linewidth=2)
