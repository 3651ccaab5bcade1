"""Maps one after the other, as an animated GIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from xorsweep.analysis.maps import PixelMap
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.column_map import draw as draw_column
from xorsweep.reporting.figures.outcome_map import draw as draw_outcomes
from xorsweep.reporting.figures.outcome_map import epoch_span, solved_epochs
from xorsweep.reporting.figures.style import styled
from xorsweep.reporting.svg.palette import gif

EACH, LAST = 700, 2500
"""Milliseconds that a map is shown."""
OF_OUTCOMES = "converged"
"""The column whose values the map of outcomes shows, too."""


def map_gif(maps: Sequence[PixelMap], flag: str) -> bytes:
    """Return maps as an animated GIF with the same colours in each.

    `flag` is the column that is shown; of networks that converge or not, it is how each ended.
    """
    with styled():
        drawn = [_image(each.figure) for each in _drawn(maps, flag)]
    size = tuple(max(image.size[side] for image in drawn) for side in (0, 1))
    placed = [_placed(image, (size[0], size[1])) for image in drawn]
    return gif(placed, [*[EACH] * (len(placed) - 1), LAST], optimize=True)


def _drawn(maps: Sequence[PixelMap], flag: str) -> list[DrawnFigure]:
    if flag == OF_OUTCOMES and all("outcome" in shown.names for shown in maps):
        # One span for all maps, so that a colour means the same number of epochs in each.
        span = epoch_span(np.concatenate([solved_epochs(shown) for shown in maps]))
        return [each for each in (draw_outcomes(shown, span) for shown in maps) if each]
    return [each for each in (draw_column(shown, flag) for shown in maps) if each]


def _image(figure: Figure) -> Image.Image:
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _placed(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return an image on paper of a size, where all maps lie in one place: at the upper right."""
    paper = Image.new("RGB", size, "white")
    paper.paste(image, (size[0] - image.size[0], 0))
    # Dithering would put pixels of other colours, which mean other results, into the map.
    return paper.quantize(256, dither=Image.Dither.NONE)
