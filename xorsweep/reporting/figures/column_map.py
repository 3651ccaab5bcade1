"""A column of a map: truth values in two colours, numbers on a scale, texts in a colour each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice, repeat

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from xorsweep.analysis.maps import ABSENT, PixelMap
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.figures.pixels import (
    Image,
    coloured,
    legend_entries,
    map_figure,
    map_text,
)
from xorsweep.reporting.figures.style import GREY
from xorsweep.text import join_words, percent_text

FALSE_TRUE = ("#de8f05", "#0173b2")
NO_VALUE = "#949494"


def draw(shown: PixelMap, name: str, title: str = "") -> DrawnFigure | None:
    """Draw a pixel per point, by a column that isn't a key."""
    if name in shown.flags:
        return _categories(shown, name, ["false", "true"], FALSE_TRUE, title)
    if name in shown.names:
        names = shown.names[name]
        colours = list(islice(chain(COLOURS, repeat(GREY)), len(names)))
        return _categories(shown, name, names, colours, title)
    values = shown.columns[name]
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    if low == high:  # a colour bar needs two ends
        low, high = low - 0.5, high + 0.5
    norm = LogNorm(low, high) if scales.needs_logarithm(known) else Normalize(low, high)
    scale = ScalarMappable(norm, colormaps["viridis"].with_extremes(bad=NO_VALUE))
    image: Image = scale.to_rgba(np.ma.masked_invalid(values), bytes=True)
    image[~shown.present] = 0
    absent = (shown.present & ~np.isfinite(values)).sum() / shown.present.sum()
    entries = {f"no number {percent_text(absent)} %": NO_VALUE} if absent else {}
    figure = map_figure(shown.axes, image, entries, scale, name, title)
    words = f"{name} lies between {known.min():.3g} and {known.max():.3g}"
    return DrawnFigure(figure, map_text(shown.axes, "points", words))


def _categories(
    shown: PixelMap, name: str, names: Sequence[str], colours: Sequence[str], title: str
) -> DrawnFigure:
    codes, colours = shown.columns[name], [*colours, NO_VALUE]
    codes = np.where(shown.present & (codes == ABSENT), len(names), codes)
    entries = legend_entries(codes, [*names, "no value"], colours)
    words = f"{name}: {join_words(list(entries))}"
    first, *others = entries.items()
    named = dict([(f"{name}: {first[0]}", first[1]), *others])
    figure = map_figure(shown.axes, coloured(codes, colours), named, title=title)
    return DrawnFigure(figure, map_text(shown.axes, "points", words))
