"""What a figure looks like doesn't change when its ticks and labels are settled."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from xorsweep.reporting.figures.label_placement import lay_out, settle_ticks
from xorsweep.reporting.figures.log_axes import mark_powers

from xorsweep.fields import FloatArray


def log_panels(low: float, high: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(7, 3), layout="constrained")
    panels = list(figure.subplots(1, 2, sharex=True, sharey=True))
    panels[0].set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axes in panels:
        mark_powers(axes.xaxis)
        mark_powers(axes.yaxis)
    panels[0].set(xlabel="across", ylabel="up")
    return figure, panels


def pixels(figure: Figure) -> FloatArray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.float64)


LIMITS = [(3e-9, 2.0), (1e-3, 0.5), (0.15, 0.6), (0.5, 0.9)]


@pytest.mark.parametrize("limits", LIMITS)
def test_a_figure_that_was_laid_out_looks_as_it_did(limits: tuple[float, float]) -> None:
    (plain, _), (settled, _) = (log_panels(*limits) for _ in range(2))
    wanted = pixels(plain)
    FigureCanvasAgg(settled)
    lay_out(settled)
    np.testing.assert_array_equal(pixels(settled), wanted)


@pytest.mark.parametrize("limits", LIMITS)
def test_the_ticks_with_texts_are_those_in_view(limits: tuple[float, float]) -> None:
    _, panels = log_panels(*limits)
    axis = panels[1].xaxis
    before = [place for place in axis.get_ticklocs() if limits[0] <= place <= limits[1]]
    settle_ticks([axis])
    assert list(axis.get_ticklocs()) == before


def test_ticks_without_texts_are_one_line_of_marks_in_each_panel() -> None:
    _, panels = log_panels(1e-3, 1.0)
    settle_ticks([axes.xaxis for axes in panels])
    for axes in panels:
        assert not len(axes.xaxis.get_minorticklocs())
        (marks,) = axes.lines
        np.testing.assert_allclose(
            np.asarray(marks.get_xdata(), float), [0.002, 0.005, 0.02, 0.05, 0.2, 0.5]
        )
