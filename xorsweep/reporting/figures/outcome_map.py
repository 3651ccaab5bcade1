"""How each network of a map ended: the epoch at which it converged, or its outcome."""

from __future__ import annotations

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from xorsweep.analysis.maps import PixelMap
from xorsweep.fields import FloatArray
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.pixels import Entry, coloured, map_figure
from xorsweep.reporting.figures.style import GREY, OUTCOME_COLOURS
from xorsweep.text import join_words, percent_text

SOLVED = "solved"
EPOCHS = LinearSegmentedColormap.from_list("epochs", ["#e4f1fb", "#83c0e8", "#0173b2", "#05375e"])
"""From few epochs to many: the hue of solved runs among the outcomes."""


def draw(
    shown: PixelMap, span: tuple[float, float] | None = None, title: str = ""
) -> DrawnFigure | None:
    """Draw a pixel per network.

    Args:
        shown: The map of a sweep of networks.
        span: The fewest and the most epochs of the colour bar; those of the map where None.
        title: The title above the map.
    """
    if "outcome" not in shown.names:
        return None
    names = shown.names["outcome"]
    codes, epochs = shown.columns["outcome"], shown.columns["converged_epoch"]
    solved = (codes == names.index(SOLVED)) & np.isfinite(epochs)
    image = coloured(codes, [OUTCOME_COLOURS.get(name, GREY) for name in names])
    scale = None
    ends = span or epoch_span(epochs[solved])
    if ends:
        scale = ScalarMappable(LogNorm(*ends, clip=True), EPOCHS)
        image[solved] = scale.to_rgba(np.maximum(epochs[solved], 1.0), bytes=True)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    shares = {
        name: percent_text(count / counts.sum())
        for name, count in zip(names, counts.tolist(), strict=True)
        if count
    }
    entries = [
        Entry(OUTCOME_COLOURS.get(name, GREY), f"{_words(name)} {share} %")
        for name, share in shares.items()
    ]
    figure = map_figure(
        shown.axes, image, entries, scale, "epochs until the criterion was met", title
    )
    return DrawnFigure(figure, _alt(shown, shares, epochs[solved]))


def solved_epochs(shown: PixelMap) -> FloatArray:
    """Return after how many epochs each network that is solved met the criterion (n,)."""
    solved = shown.columns["outcome"] == shown.names["outcome"].index(SOLVED)
    epochs: FloatArray = shown.columns["converged_epoch"][solved]
    return epochs[np.isfinite(epochs)]


def epoch_span(epochs: FloatArray) -> tuple[float, float] | None:
    """Return the ends of a colour bar of epochs (n,), which differ; None where there are none."""
    if not len(epochs):
        return None
    low = max(1.0, float(epochs.min()))
    return low, max(float(epochs.max()), 1.01 * low)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _alt(shown: PixelMap, shares: dict[str, str], epochs: FloatArray) -> str:
    axes = shown.axes
    ended = [f"{_words(name)} {share} %" for name, share in shares.items()]
    ends = f" Networks: {join_words(ended)}." if ended else ""
    times = ""
    if len(epochs):
        times = f" Solved after {epochs.min():,.0f} to {epochs.max():,.0f} epochs."
    return (
        f"A map of {len(axes.x):,} by {len(axes.y):,} networks: across {axes.x.text}; upwards "
        f"{axes.y.text}.{ends}{times}"
    )
