"""Two sweeps' rates against each other: a mark per cell."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.reporting.figures import scales
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.legends import COLOURS
from xorsweep.reporting.figures.style import GREY


def draw_rates(a: FloatArray, b: FloatArray, differ: NDArray[np.bool_]) -> DrawnFigure:
    """Return rates a and b (n,) of the same cells, those that differ (n,) as filled marks."""
    figure = Figure(figsize=(4, 4), layout="constrained")  # fits a phone
    axes = figure.subplots()
    for which, colour, fill in ((~differ, COLOURS[0], "none"), (differ, COLOURS[3], "full")):
        axes.plot(a[which], b[which], "o", color=colour, fillstyle=fill, alpha=0.8, clip_on=False)
    axes.axline((0, 0), slope=1, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
    axes.set(xlabel="rate in a", ylabel="rate in b", xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal", anchor="W")
    for axis in (axes.xaxis, axes.yaxis):
        scales.show_percent(axis)
    axes.grid()
    alt = (
        f"Rates of {len(a):,} cells, a across and b upwards. {differ.sum():,} of them differ "
        f"beyond chance: {(differ & (b > a)).sum():,} lie above the diagonal, where b is higher, "
        f"{(differ & (b < a)).sum():,} below."
    )
    return DrawnFigure(figure, alt)
