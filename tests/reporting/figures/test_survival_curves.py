"""Survival curves, against the shares in the summary and counts of the rows."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from xorsweep.analysis.summary import survival_curves as curves_of
from xorsweep.reporting.figures import survival_curves
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.data import Tables

from .figure_checks import panels_by_title, panels_of, rows_of, titles


def test_unsolved_curves_end_at_the_share_that_did_not_converge(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["unsolved"]
    assert titles(figure) == ["lr 0.5", "lr 2", "lr 1,000"]
    cells = tables.summary.query("epochs == 1500 and lr == 2").set_index("hidden")
    axes = panels_of(figure)[1]
    assert axes.get_xscale() == "log"
    for hidden, line in zip((2, 4), axes.lines, strict=True):
        heights = np.asarray(line.get_ydata(), float)
        assert (np.diff(heights) <= 0).all()
        assert heights[0] == 1
        assert np.asarray(line.get_xdata(), float)[0] == 1  # epoch 0 has no place on such an axis
        assert heights[-1] == pytest.approx(1 - cells.loc[hidden, "rate"])


def test_the_band_of_a_curve_at_none_or_all_is_clopper_and_pearsons(tables: Tables) -> None:
    results = tables.results
    curves = curves_of(results[results["epochs"] == 1500], ["hidden", "lr"])
    flat = curves[curves["unsolved"].isin([0, 1])]
    assert {0, 1} == set(flat["unsolved"])
    limit = 0.025 ** (1 / 12)
    np.testing.assert_allclose(flat["high"] - flat["low"], 1 - limit)


def test_curves_of_a_time_are_kaplan_meier_estimates(column_tables: ColumnTables) -> None:
    panels = panels_by_title(survival_curves.draw(column_tables, "steps", "solved"))
    line = panels["lr 0.1, 9 epochs"].lines[0]
    rows = rows_of(column_tables, lr=0.1, epochs=9, model="tree")
    left, at_risk, wanted = 1.0, len(rows), {0.0: 1.0}
    for step in sorted(set(rows["steps"])):
        here = rows[rows["steps"] == step]
        left *= 1 - here["solved"].sum() / at_risk
        at_risk -= len(here)
        wanted[float(step)] = left
    found = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))  # type: ignore[arg-type]
    assert found == pytest.approx(wanted)
