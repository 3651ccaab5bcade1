"""The figures of columns, by the numbers that they show."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from column_sweeps import AXES, TIMES, ColumnSweep, deterministic, measured, sweep_columns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from xorsweep.analysis.intervals import rate_interval
from xorsweep.reporting.figures import (
    curve_lines,
    number_lines,
    rate_heatmap,
    rate_lines,
    survival_curves,
)
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.column_data import MOST_LEVELS, ColumnTables
from xorsweep.reporting.figures.style import STYLE
from xorsweep.reporting.layout import Layout


def tables_of(swept: ColumnSweep) -> ColumnTables:
    return ColumnTables.of(swept.results, swept.cells).with_curves(swept.grid, swept.store)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> ColumnTables:
    return tables_of(sweep_columns(measured, AXES, tmp_path_factory.mktemp("columns"), times=TIMES))


@pytest.fixture(autouse=True)
def styled() -> Iterator[None]:
    with mpl.rc_context(STYLE):
        yield


def panels_of(drawn: DrawnFigure | None) -> dict[str, Axes]:
    assert drawn is not None
    return {
        axes.get_title(loc="left"): axes
        for axes in drawn.figure.axes
        if axes.get_label() != "<colorbar>"
    }


def rows_of(tables: ColumnTables, **levels: Any) -> pd.DataFrame:
    rows = tables.results[tables.results["status"] == "ok"]
    for key, level in levels.items():
        rows = rows[rows[key] == level]
    return rows


def test_numbers_lie_across_and_the_key_with_fewest_levels_makes_lines() -> None:
    cells = pd.DataFrame(
        [(a, b, c) for a in range(3) for b in range(5) for c in "xyzuvw"], columns=["a", "b", "c"]
    )
    assert Layout.by_levels(cells, ["a", "b", "c"]) == Layout("b", "a", ("c",))
    assert Layout.by_levels(cells, ["c"]) == Layout("c", "", ())
    assert Layout.by_levels(cells, []) == Layout("", "", ())


def test_the_map_has_n_of_n_in_each_field(tables: ColumnTables) -> None:
    drawn = rate_heatmap.draw(tables, "solved")
    axes = panels_of(drawn)["9 epochs"]
    assert (axes.get_xlabel(), axes.yaxis.label.get_visible()) == ("lr", False)
    wanted = []
    for model in ("linear", "tree"):
        for lr in (0.01, 0.1, 1.0):
            rows = rows_of(tables, epochs=9, model=model, lr=lr)
            wanted.append(f"{rows['solved'].sum()}\nof {len(rows)}")
    assert [text.get_text() for text in axes.texts] == wanted
    assert drawn is not None
    assert "solved is most often true with" in drawn.alt


def test_lines_of_rates_carry_intervals(tables: ColumnTables) -> None:
    axes = panels_of(rate_lines.draw(tables, "solved"))["5 epochs"]
    assert axes.get_xscale() == "log"
    for model, bars in zip(("tree", "linear"), axes.containers, strict=True):
        line, _, (segments,) = bars
        cells = [rows_of(tables, epochs=5, model=model, lr=lr) for lr in AXES["lr"]]
        counts = [int(rows["solved"].sum()) for rows in cells]
        np.testing.assert_allclose(np.asarray(line.get_ydata(), float), np.array(counts) / 12)
        ends = np.array([segment[:, 1] for segment in segments.get_segments()], float)
        np.testing.assert_allclose(ends, [rate_interval(count, 12) for count in counts], atol=1e-12)


def test_lines_of_a_number_are_medians_and_their_bands_the_middle_half(
    tables: ColumnTables,
) -> None:
    axes = panels_of(number_lines.draw(tables, "error"))["5 epochs"]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "lr")
    for model, line, band in zip(("tree", "linear"), axes.lines, axes.collections, strict=True):
        quartiles = np.array(
            [
                rows_of(tables, epochs=5, model=model, lr=lr)["error"].quantile([0.25, 0.5, 0.75])
                for lr in AXES["lr"]
            ]
        )
        np.testing.assert_allclose(line.get_ydata(), quartiles[:, 1])
        ends = {round(float(y), 9) for y in band.get_paths()[0].vertices[:, 1]}  # type: ignore[union-attr]
        assert ends == {round(float(y), 9) for y in quartiles[:, [0, 2]].ravel()}


def test_curves_of_a_time_are_kaplan_meier_estimates(tables: ColumnTables) -> None:
    panels = panels_of(survival_curves.draw(tables, "steps", "solved"))
    line = panels["lr 0.1, 9 epochs"].lines[0]
    rows = rows_of(tables, lr=0.1, epochs=9, model="tree")
    left, at_risk, wanted = 1.0, len(rows), {0.0: 1.0}
    for step in sorted(set(rows["steps"])):
        here = rows[rows["steps"] == step]
        left *= 1 - here["solved"].sum() / at_risk
        at_risk -= len(here)
        wanted[float(step)] = left
    found = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))  # type: ignore[arg-type]
    assert found == pytest.approx(wanted)


def test_an_array_has_its_median_by_step(tables: ColumnTables) -> None:
    panels = panels_of(curve_lines.draw(tables, "loss"))
    axes = panels["lr 1, 9 epochs"]
    curves = [measured(1.0, "tree", 9, seed)["loss"] for seed in range(12)]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.median(curves, axis=0))
    assert axes.lines[0].get_xdata() == pytest.approx(np.arange(9))
    # Two of the twelve runs of the other line failed.
    curves = [measured(1.0, "linear", 9, seed)["loss"] for seed in range(2, 12)]
    np.testing.assert_allclose(axes.lines[1].get_ydata(), np.median(curves, axis=0))


def test_each_figure_has_a_text_for_readers_who_do_not_see_it(tables: ColumnTables) -> None:
    drawn = [
        rate_heatmap.draw(tables, "solved"),
        rate_lines.draw(tables, "solved"),
        number_lines.draw(tables, "error"),
        survival_curves.draw(tables, "steps", "solved"),
        curve_lines.draw(tables, "loss"),
    ]
    assert all(each and len(each.alt) > 40 and "nan" not in each.alt for each in drawn)


def test_without_seeds_a_field_is_true_or_false(tmp_path: Path) -> None:
    tables = tables_of(sweep_columns(deterministic, {"x": [0.0, 1.0, 1.5], "y": [1, 2]}, tmp_path))
    drawn = rate_heatmap.draw(tables, "inside")
    (axes,) = panels_of(drawn).values()
    fields = np.asarray(axes.collections[0].get_array()).reshape(2, 3)
    assert fields.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert not axes.texts
    assert drawn is not None
    assert drawn.alt.endswith("inside is true in 3 of 6.")
    assert panels_of(curve_lines.draw(tables, "path"))


def one_cell(seed: int) -> dict[str, Any]:
    return {"value": float(seed), "won": seed > 2}


def test_one_cell_has_a_histogram_and_no_map(tmp_path: Path) -> None:
    tables = tables_of(sweep_columns(one_cell, {"seed": range(8)}, tmp_path))
    assert rate_heatmap.draw(tables, "won") is None
    drawn = number_lines.draw(tables, "value")
    assert drawn is not None
    drawn.figure.draw_without_rendering()
    (axes,) = panels_of(drawn).values()
    assert sum(bar.get_height() for bar in axes.patches) == 8  # type: ignore[attr-defined]


def two_keys(a: int, b: int, seed: int) -> float:
    return a + 10.0 * b + seed if (a, b) != (1, 2) else float("nan")


@pytest.mark.parametrize("axes", [{"hue": ["b"]}, {"col": ["b"]}])
def test_settings_are_not_mixed_where_no_key_is_left_for_x(
    axes: dict[str, list[str]], tmp_path: Path
) -> None:
    keys = {"a": (2,), "b": (1, 2), "seed": (0, 1, 2)}
    tables = tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=tables.layout.with_axes(axes))
    (panel,) = panels_of(number_lines.draw(tables, "value")).values()
    (line,) = panel.lines
    assert [tuple(point) for point in line.get_xydata()] == [(1, 13), (2, 23)]
    assert panel.get_xlabel() == "b"


def test_panels_are_in_the_order_of_their_levels(tmp_path: Path) -> None:
    keys = {"a": (1, 2), "b": (10, 30, 20), "seed": (0, 1, 2)}
    tables = tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=Layout("a", "", ("b",)))
    assert [*panels_of(number_lines.draw(tables, "value"))] == ["b 10", "b 20", "b 30"]


def test_a_line_of_one_point_has_a_bar(tmp_path: Path) -> None:
    keys = {"a": (1, 2), "b": (1, 2), "seed": (0, 1, 2)}
    tables = tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=Layout("a", "b", ()))
    (panel,) = panels_of(number_lines.draw(tables, "value")).values()
    (bar,) = (each for each in panel.collections if isinstance(each, LineCollection))
    ((low, high),) = bar.get_segments()
    values = [22, 23, 24]
    assert low.tolist() == [2, np.quantile(values, 0.25)]
    assert high.tolist() == [2, np.quantile(values, 0.75)]


def drawn_figures(tables: ColumnTables, number: str, flag: str) -> Iterator[Figure]:
    """Yield the figures of a number and of a rate, laid out."""
    for drawn in (
        number_lines.draw(tables, number),
        rate_lines.draw(tables, flag),
        rate_heatmap.draw(tables, flag),
    ):
        assert drawn is not None
        drawn.figure.draw_without_rendering()
        yield drawn.figure


def below_zero(x: float, y: float, seed: int) -> dict[str, Any]:
    return {"value": x * y - seed, "is_low": x * y < -seed}


def test_figures_have_minus_signs(tmp_path: Path) -> None:
    axes = {"x": [-2.0, -1.0], "y": [-0.5, 0.5], "z": ["-1", "a-1"], "seed": range(3)}
    tables = tables_of(sweep_columns(lambda z, **keys: below_zero(**keys), axes, tmp_path))
    for figure in drawn_figures(tables, "value", "is_low"):
        texts = [text.get_text() for text in figure.findobj(Text)]
        assert "−0.5" in texts or "y −0.5" in texts
        assert not any(re.search(r"(?<!\w)-\d", text) for text in texts)


def infinite(x: int, seed: int) -> float:
    return float("inf") if seed == 0 else float(x)


def test_infinite_values_are_excluded_and_counted(tmp_path: Path) -> None:
    tables = tables_of(sweep_columns(infinite, {"x": [1, 2], "seed": range(3)}, tmp_path))
    drawn = number_lines.draw(tables, "value")
    (axes,) = panels_of(drawn).values()
    assert list(axes.lines[0].get_ydata()) == [1, 2]  # type: ignore[arg-type]
    assert drawn is not None
    assert drawn.note == "2 infinite values excluded"


def wide(x: int, y: int, z: str) -> dict[str, Any]:
    return {"value": float(x * y + len(z)), "big": x > y}


def test_of_thousands_of_cells_evenly_spaced_ones_are_drawn(tmp_path: Path) -> None:
    axes = {"x": range(130), "y": range(3), "z": ["a", "b" * 50]}
    tables = tables_of(sweep_columns(wide, axes, tmp_path))
    assert tables.cells["x"].nunique() == MOST_LEVELS
    drawn = number_lines.draw(tables, "value")
    panels = panels_of(drawn)
    assert len(panels) == 3
    assert drawn is not None
    assert "100 of 130 levels of x" in drawn.note


def categories(model: str, data: str, seed: int) -> dict[str, Any]:
    return {"score": float(len(model) * len(data) + seed), "ok": seed % 2 == 0}


def overlapping_labels(figure: Figure) -> list[tuple[str, str]]:
    renderer = FigureCanvasAgg(figure).get_renderer()
    found = []
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [
                (label.get_text(), label.get_window_extent(renderer))
                for label in labels
                if label.get_visible() and label.get_text()
            ]
            found += [
                (one, other)
                for (one, box), (other, another) in combinations(boxes, 2)
                if box.overlaps(another)
            ]
    return found


@pytest.mark.parametrize(
    "count", [pytest.param(3, marks=pytest.mark.slow), pytest.param(12, marks=pytest.mark.slow), 60]
)
def test_labels_of_long_names_never_touch(count: int, tmp_path: Path) -> None:
    models = [f"a_rather_long_name_{number}" for number in range(count)]
    swept = sweep_columns(
        categories, {"model": models, "data": ["x", "yy"], "seed": range(2)}, tmp_path
    )
    tables = tables_of(swept)
    for figure in drawn_figures(tables, "score", "ok"):
        assert not overlapping_labels(figure)


def close(x: float, seed: int) -> float:
    return 10.0 ** (x * seed)


def test_labels_of_close_numbers_never_touch(tmp_path: Path) -> None:
    levels = [0.0, 0.25, 0.2525, 0.3, 1.0]
    tables = tables_of(sweep_columns(close, {"x": levels, "seed": range(6)}, tmp_path))
    drawn = number_lines.draw(tables, "value")
    assert drawn is not None
    drawn.figure.draw_without_rendering()
    assert not overlapping_labels(drawn.figure)
    (axes,) = panels_of(drawn).values()
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names[0] == "0"
    assert names[-1] == "1"
    assert len(names) < len(levels)
