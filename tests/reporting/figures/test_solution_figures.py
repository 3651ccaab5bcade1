"""The figures of classes of solutions agree with plain counts of the rows."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import AxLine
from matplotlib.patches import Rectangle

import xorsweep as xs
from xorsweep.reporting.figures import solution_shares, solution_surfaces
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.solution_shares import class_counts
from xorsweep.reporting.figures.style import styled
from xorsweep.settings import FigureSettings


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    folder = tmp_path_factory.mktemp("solutions") / "sweep"
    return xs.sweep(
        init="symmetric", hidden=[2, 3], lr=[5.0], epochs=[300, 600], seed=range(12),
        folder=folder, report=False, parallel="serial",
    )  # fmt: skip


def drawn(module: Any, tables: Any) -> DrawnFigure:
    with styled():
        found: DrawnFigure | None = module.draw(tables)
    assert found is not None
    return found


def longest_solved(sweep: xs.Sweep) -> pd.DataFrame:
    rows = sweep.results[sweep.results["epochs"] == 600]
    return rows[rows["outcome"] == "solved"]


def test_a_bar_is_cut_into_the_shares_of_its_classes(sweep: xs.Sweep) -> None:
    found = drawn(solution_shares, sweep.tables)
    rows = longest_solved(sweep)
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


def test_counts_of_the_cells_are_those_of_the_summary(sweep: xs.Sweep) -> None:
    counts = class_counts(sweep.tables)
    for place, text in sweep.summary["solutions"].items():
        told = dict(each.rsplit(": ", 1) for each in text.split(", ")) if text else {}
        classes = {name: int(n) for name, n in told.items() if not name.startswith("answers")}
        assert counts[place] == classes  # type: ignore[index]


def test_each_surface_is_of_the_run_in_the_middle_of_its_class(sweep: xs.Sweep) -> None:
    found = drawn(solution_surfaces, sweep.tables)
    rows = longest_solved(sweep)
    for axes in found.figure.axes:
        label = axes.get_title(loc="left").strip()
        mine = rows[rows["solution"] == label].sort_values("converged_epoch", kind="stable")
        run = mine.iloc[(len(mine) - 1) // 2]
        assert axes.get_xlabel() == f"hidden {run['hidden']}, seed {run['seed']}"
        assert len(axes.images) == 1
        _, parameters = sweep.tables.networks([run.name])[run.name]
        weights, biases = np.split(parameters[: 3 * run["hidden"]], [2 * run["hidden"]])
        lines = [line for line in axes.lines if isinstance(line, AxLine)]
        for line, unit, bias in zip(lines, weights.reshape(2, -1).T, biases, strict=True):
            assert np.dot([line.get_xy1(), line.get_xy2()], unit) == pytest.approx([-bias, -bias])
    shown = [axes.get_title(loc="left").strip() for axes in found.figure.axes]
    assert len(shown) == len({*shown}) == min(8, rows["solution"].nunique())
    assert all(label in found.alt for label in shown)


def test_surfaces_leave_room_for_a_caption_on_the_page_of_a_paper(sweep: xs.Sweep) -> None:
    with styled(FigureSettings(style="paper", width=3.3)):
        found = solution_surfaces.draw(sweep.tables)
    assert found is not None
    assert longest_solved(sweep)["solution"].nunique() > 6
    assert len(found.figure.axes) == 6
    assert found.figure.get_figheight() < 7.5
    assert found.note.startswith("the 6 most frequent of ")


def test_one_class_alone_makes_no_figure(sweep: xs.Sweep) -> None:
    tables = sweep.tables
    label = longest_solved(sweep)["solution"].iloc[0]
    results = tables.results.assign(
        solution=tables.results["solution"].astype(object).where(lambda each: each == label)
    )
    alone = type(tables)(results, tables.summary, tables.learning_curves, tables.networks)
    for module in (solution_shares, solution_surfaces):
        assert module.draw(alone) is None
