"""Arrays by step, against medians of the arrays."""

import numpy as np
import pytest
from column_sweeps import measured

from xorsweep.reporting.figures import curve_lines
from xorsweep.reporting.figures.column_data import ColumnTables

from .figure_checks import panels_by_title


def test_an_array_has_its_median_by_step(column_tables: ColumnTables) -> None:
    panels = panels_by_title(curve_lines.draw(column_tables, "loss"))
    axes = panels["lr 1, 9 epochs"]
    curves = [measured(1.0, "tree", 9, seed)["loss"] for seed in range(12)]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.median(curves, axis=0))
    assert axes.lines[0].get_xdata() == pytest.approx(np.arange(9))
    # Two of the twelve runs of the other line failed.
    curves = [measured(1.0, "linear", 9, seed)["loss"] for seed in range(2, 12)]
    np.testing.assert_allclose(axes.lines[1].get_ydata(), np.median(curves, axis=0))
