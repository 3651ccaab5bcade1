"""A column of a map: truth values in two colours, numbers on a scale, texts in a colour each."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from xorsweep.analysis.maps import ABSENT, PixelMap
from xorsweep.reporting.figures.axes import DrawnFigure, needs_logarithm
from xorsweep.reporting.figures.palette import COLOURS
from xorsweep.reporting.figures.pixels import Entry, Image, coloured, map_figure
from xorsweep.reporting.figures.style import GREY
from xorsweep.text import join_words, percent_text

FALSE_TRUE = ("#de8f05", "#0173b2")
NO_VALUE = "#949494"


def draw(shown: PixelMap, name: str, title: str = "") -> DrawnFigure | None:
    """Draw a pixel per point, by a column that isn't a key.

    Args:
        shown: The map.
        name: The column.
        title: The title above the map.
    """
    if name in shown.flags or name in shown.names:
        return _categories(shown, name, title)
    values = shown.columns[name]
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    is_log = needs_logarithm(known)
    low, high = float(known.min()), float(known.max())
    if low == high:  # a colour bar needs two ends
        low, high = low - 0.5, high + 0.5
    norm = LogNorm(low, high) if is_log else Normalize(low, high)
    scale = ScalarMappable(norm, colormaps["viridis"])
    image: Image = scale.to_rgba(np.where(np.isfinite(values), values, low), bytes=True)
    image[~np.isfinite(values)] = coloured(np.zeros(1, int), [NO_VALUE])
    image[~shown.present] = 0
    absent = int((shown.present & ~np.isfinite(values)).sum())
    entries = [Entry(NO_VALUE, f"no number {_share(absent, shown)} %")] if absent else []
    figure = map_figure(shown.axes, image, entries, scale, name, title)
    words = f"{name} lies between {known.min():.3g} and {known.max():.3g}"
    return DrawnFigure(figure, _alt(shown, words))


def _categories(shown: PixelMap, name: str, title: str) -> DrawnFigure:
    codes = shown.columns[name]
    if name in shown.flags:
        texts, colours = ["false", "true"], list(FALSE_TRUE)
    else:
        texts = list(shown.names[name])
        colours = [COLOURS[place] if place < len(COLOURS) else GREY for place in range(len(texts))]
    known = np.where(shown.present & (codes == ABSENT), len(texts), codes)
    counts = np.bincount(known[shown.present], minlength=len(texts) + 1).tolist()
    entries: list[Entry] = []
    words: list[str] = []
    for text, colour, count in zip((*texts, "no value"), (*colours, NO_VALUE), counts, strict=True):
        if count:
            words.append(f"{text} {_share(count, shown)} %")
            entries.append(Entry(colour, f"{name}: {words[-1]}" if not entries else words[-1]))
    figure = map_figure(shown.axes, coloured(known, [*colours, NO_VALUE]), entries, title=title)
    return DrawnFigure(figure, _alt(shown, f"{name}: {join_words(words)}"))


def _share(count: int, shown: PixelMap) -> str:
    return percent_text(count / int(shown.present.sum()))


def _alt(shown: PixelMap, words: str) -> str:
    axes = shown.axes
    return (
        f"A map of {len(axes.x):,} by {len(axes.y):,} points: across {axes.x.text}; upwards "
        f"{axes.y.text}. {words[0].upper() + words[1:] if words[:1].islower() else words}."
    )
