"""The colours of levels, which are seaborn's."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.colors import to_hex

COLOURS: list[str] = sns.color_palette("colorblind").as_hex()


def name_colours(count: int) -> list[str]:
    """Return colours that differ in hue, for levels without an order."""
    found: list[str] = sns.color_palette(
        COLOURS if count <= len(COLOURS) else "husl", count
    ).as_hex()
    return found


def number_colours(count: int) -> list[str]:
    """Return colours from dark to light; the lightest wouldn't show on white."""
    scale = sns.color_palette("viridis", as_cmap=True)
    return [to_hex(colour) for colour in scale(np.linspace(0, 0.75, count))]
