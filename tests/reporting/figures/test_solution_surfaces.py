"""Each surface is of the run that stands for its class."""

import numpy as np
import pytest
from matplotlib.lines import AxLine

import xorsweep as xs
from xorsweep.reporting.figures import solution_surfaces
from xorsweep.reporting.figures.style import styled
from xorsweep.settings import FigureSettings

from .figure_checks import drawn_with_notes, longest_solved


def test_each_surface_is_of_the_run_in_the_middle_of_its_class(solution_sweep: xs.Sweep) -> None:
    found = drawn_with_notes(solution_surfaces, solution_sweep.plot.report_figures.tables)
    rows = longest_solved(solution_sweep)
    for axes in found.figure.axes:
        label = axes.get_title(loc="left").strip()
        mine = rows[rows["solution"] == label].sort_values("converged_epoch", kind="stable")
        run = mine.iloc[(len(mine) - 1) // 2]
        assert axes.get_xlabel() == f"hidden {run['hidden']}, seed {run['seed']}"
        assert len(axes.images) == 1
        _, parameters = solution_sweep.plot.report_figures.tables.networks([run.name])[run.name]
        weights, biases = np.split(parameters[: 3 * run["hidden"]], [2 * run["hidden"]])
        lines = [line for line in axes.lines if isinstance(line, AxLine)]
        for line, unit, bias in zip(lines, weights.reshape(2, -1).T, biases, strict=True):
            assert np.dot([line.get_xy1(), line.get_xy2()], unit) == pytest.approx([-bias, -bias])
    shown = [axes.get_title(loc="left").strip() for axes in found.figure.axes]
    assert len(shown) == len({*shown}) == min(8, rows["solution"].nunique())
    assert all(label in found.alt for label in shown)


def test_surfaces_leave_room_for_a_caption_on_the_page_of_a_paper(solution_sweep: xs.Sweep) -> None:
    with styled(FigureSettings(style="paper", width=3.3)):
        found = solution_surfaces.draw(solution_sweep.plot.report_figures.tables)
    assert found is not None
    assert longest_solved(solution_sweep)["solution"].nunique() > 6
    assert len(found.figure.axes) == 6
    assert found.figure.get_figheight() < 7.5
    assert found.note.startswith("the 6 most frequent of ")
