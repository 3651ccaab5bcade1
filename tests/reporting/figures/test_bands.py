"""Bands of learning curves: the median and the middle half of the runs at each epoch."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from xorsweep.analysis.learning_curves import CellLearningCurves
from xorsweep.reporting.figures.bands import draw_quantiles


@pytest.mark.parametrize("runs", [2, 7])
def test_the_line_is_the_median_and_the_band_the_middle_half(runs: int) -> None:
    epochs = np.array([0, 1, 10, 100])
    curves = np.random.default_rng(runs).exponential(size=(runs, len(epochs)))
    axes = Figure().add_subplot()
    draw_quantiles(axes, CellLearningCurves(epochs, np.arange(runs), curves), "#000000")
    low, middle, high = np.percentile(curves, [25, 50, 75], axis=0)
    np.testing.assert_allclose(axes.lines[0].get_xydata(), np.stack([epochs, middle], axis=1))
    corners = axes.collections[0].get_paths()[0].vertices
    for epoch, ends in zip(epochs, zip(low, high, strict=True), strict=True):
        found = corners[corners[:, 0] == epoch, 1]
        assert (found.min(), found.max()) == pytest.approx(ends)


def test_a_run_that_diverged_is_beyond_the_end_of_the_axis() -> None:
    curves = np.array([[1.0, 1.0], [1.0, np.inf], [1.0, np.inf]])
    axes = Figure().add_subplot()
    axes.set_ylim(0, 10)
    draw_quantiles(axes, CellLearningCurves(np.array([0, 1]), np.arange(3), curves), "#000000")
    assert axes.lines[0].get_ydata()[1] > 1e50
    assert axes.get_ylim() == (0, 10)
