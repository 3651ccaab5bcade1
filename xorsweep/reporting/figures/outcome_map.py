"""How each network of a map ended: the epoch at which it converged, or its outcome."""

from __future__ import annotations

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from xorsweep.analysis.maps import PixelMap
from xorsweep.fields import FloatArray
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.pixels import (
    coloured,
    legend_entries,
    map_figure,
    map_text,
)
from xorsweep.reporting.figures.style import GREY, OUTCOME_COLOURS
from xorsweep.text import join_words

SOLVED = "solved"
EPOCHS = LinearSegmentedColormap.from_list("epochs", ["#e4f1fb", "#83c0e8", "#0173b2", "#05375e"])
"""From few epochs to many: the hue of solved runs among the outcomes."""


def draw(
    shown: PixelMap, span: tuple[float, float] | None = None, title: str = ""
) -> DrawnFigure | None:
    """Draw a pixel per network.

    `span` are the fewest and the most epochs of the colour bar, those of the map where None.
    """
    if "outcome" not in shown.names:
        return None
    names, codes = shown.names["outcome"], shown.columns["outcome"]
    colours = [OUTCOME_COLOURS.get(name, GREY) for name in names]
    image = coloured(codes, colours)
    epochs = shown.columns["converged_epoch"]
    solved = (codes == names.index(SOLVED)) & np.isfinite(epochs)
    scale, times = None, ""
    if ends := span or epoch_span(epochs[solved]):
        scale = ScalarMappable(LogNorm(*ends, clip=True), EPOCHS)
        image[solved] = scale.to_rgba(np.maximum(epochs[solved], 1.0), bytes=True)
    if solved.any():
        first, last = epochs[solved].min(), epochs[solved].max()
        times = f". Solved after {first:,.0f} to {last:,.0f} epochs"
    entries = legend_entries(codes, names, colours)
    label = "epochs until the criterion was met"
    figure = map_figure(shown.axes, image, entries, scale, label, title)
    words = f"networks: {join_words(list(entries) or ['none'])}{times}"
    return DrawnFigure(figure, map_text(shown.axes, "networks", words))


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
