"""The shares of classes of solutions agree with plain counts of the rows."""

from collections import Counter

import pytest
from matplotlib.patches import Rectangle

import xorsweep as xs
from xorsweep.reporting.figures import solution_shares, solution_surfaces
from xorsweep.reporting.figures.solution_shares import class_counts

from .figure_checks import drawn_with_notes, longest_solved


def test_a_bar_is_cut_into_the_shares_of_its_classes(solution_sweep: xs.Sweep) -> None:
    found = drawn_with_notes(solution_shares, solution_sweep.plot.report_figures.tables)
    rows = longest_solved(solution_sweep)
    (axes,) = found.figure.axes
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels == ["2", "3"]
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
    for place, hidden in enumerate((2, 3)):
        counts = Counter(rows[rows["hidden"] == hidden]["solution"])
        mine = [bar for bar in bars if round(bar.get_y() + 0.4) == place]
        widths = sorted(bar.get_width() for bar in mine)
        assert sum(widths) == pytest.approx(1)
        largest = max(counts.values()) / sum(counts.values())
        assert widths[-1] >= largest - 1e-9
        assert f"of {sum(counts.values())} solved runs" in found.alt
    texts = {text.get_text() for text in axes.texts}
    assert {str((rows["hidden"] == hidden).sum()) for hidden in (2, 3)} <= texts


def test_counts_of_the_cells_are_those_of_the_summary(solution_sweep: xs.Sweep) -> None:
    counts = class_counts(solution_sweep.plot.report_figures.tables)
    for place, text in solution_sweep.summary["solutions"].items():
        told = dict(each.rsplit(": ", 1) for each in text.split(", ")) if text else {}
        classes = {name: int(n) for name, n in told.items() if not name.startswith("answers")}
        assert counts[place] == classes  # type: ignore[index]


def test_one_class_alone_makes_no_figure(solution_sweep: xs.Sweep) -> None:
    tables = solution_sweep.plot.report_figures.tables
    label = longest_solved(solution_sweep)["solution"].iloc[0]
    results = tables.results.assign(
        solution=tables.results["solution"].astype(object).where(lambda each: each == label)
    )
    alone = type(tables)(results, tables.summary, tables.learning_curves, tables.networks)
    for module in (solution_shares, solution_surfaces):
        assert module.draw(alone) is None
