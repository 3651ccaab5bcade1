"""Lines of numbers, against the quantiles of the rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from column_sweeps import AXES, sweep_columns
from matplotlib.collections import LineCollection

from xorsweep.reporting.figures import number_lines, rate_heatmap
from xorsweep.reporting.figures.column_data import MOST_LEVELS, ColumnTables
from xorsweep.reporting.layout import Layout

from .figure_checks import column_tables_of, overlapping_labels, panels_by_title, rows_of


def test_lines_of_a_number_are_medians_and_their_bands_the_middle_half(
    column_tables: ColumnTables,
) -> None:
    axes = panels_by_title(number_lines.draw(column_tables, "error"))["5 epochs"]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "lr")
    for model, line, band in zip(("tree", "linear"), axes.lines, axes.collections, strict=True):
        quartiles = np.array(
            [
                rows_of(column_tables, epochs=5, model=model, lr=lr)["error"].quantile(
                    [0.25, 0.5, 0.75]
                )
                for lr in AXES["lr"]
            ]
        )
        np.testing.assert_allclose(line.get_ydata(), quartiles[:, 1])
        ends = {round(float(y), 9) for y in band.get_paths()[0].vertices[:, 1]}  # type: ignore[union-attr]
        assert ends == {round(float(y), 9) for y in quartiles[:, [0, 2]].ravel()}


def one_cell(seed: int) -> dict[str, Any]:
    return {"value": float(seed), "won": seed > 2}


def test_one_cell_has_a_histogram_and_no_map(tmp_path: Path) -> None:
    tables = column_tables_of(sweep_columns(one_cell, {"seed": range(8)}, tmp_path))
    assert rate_heatmap.draw(tables, "won") is None
    drawn = number_lines.draw(tables, "value")
    assert drawn is not None
    drawn.figure.draw_without_rendering()
    (axes,) = panels_by_title(drawn).values()
    assert sum(bar.get_height() for bar in axes.patches) == 8  # type: ignore[attr-defined]


def two_keys(a: int, b: int, seed: int) -> float:
    return a + 10.0 * b + seed if (a, b) != (1, 2) else float("nan")


@pytest.mark.parametrize("axes", [{"hue": ["b"]}, {"col": ["b"]}])
def test_settings_are_not_mixed_where_no_key_is_left_for_x(
    axes: dict[str, list[str]], tmp_path: Path
) -> None:
    keys = {"a": (2,), "b": (1, 2), "seed": (0, 1, 2)}
    tables = column_tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=tables.layout.with_axes(axes))
    (panel,) = panels_by_title(number_lines.draw(tables, "value")).values()
    (line,) = panel.lines
    assert [tuple(point) for point in line.get_xydata()] == [(1, 13), (2, 23)]
    assert panel.get_xlabel() == "b"


def test_panels_are_in_the_order_of_their_levels(tmp_path: Path) -> None:
    keys = {"a": (1, 2), "b": (10, 30, 20), "seed": (0, 1, 2)}
    tables = column_tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=Layout("a", "", ("b",)))
    assert [*panels_by_title(number_lines.draw(tables, "value"))] == ["b 10", "b 20", "b 30"]


def test_a_line_of_one_point_has_a_bar(tmp_path: Path) -> None:
    keys = {"a": (1, 2), "b": (1, 2), "seed": (0, 1, 2)}
    tables = column_tables_of(sweep_columns(two_keys, keys, tmp_path))
    tables = replace(tables, layout=Layout("a", "b", ()))
    (panel,) = panels_by_title(number_lines.draw(tables, "value")).values()
    (bar,) = (each for each in panel.collections if isinstance(each, LineCollection))
    ((low, high),) = bar.get_segments()
    values = [22, 23, 24]
    assert low.tolist() == [2, np.quantile(values, 0.25)]
    assert high.tolist() == [2, np.quantile(values, 0.75)]


def infinite(x: int, seed: int) -> float:
    return float("inf") if seed == 0 else float(x)


def test_infinite_values_are_excluded_and_counted(tmp_path: Path) -> None:
    tables = column_tables_of(sweep_columns(infinite, {"x": [1, 2], "seed": range(3)}, tmp_path))
    drawn = number_lines.draw(tables, "value")
    (axes,) = panels_by_title(drawn).values()
    assert list(axes.lines[0].get_ydata()) == [1, 2]  # type: ignore[arg-type]
    assert drawn is not None
    assert drawn.note == "2 infinite values excluded"


def wide(x: int, y: int, z: str) -> dict[str, Any]:
    return {"value": float(x * y + len(z)), "big": x > y}


def test_of_thousands_of_cells_evenly_spaced_ones_are_drawn(tmp_path: Path) -> None:
    axes = {"x": range(130), "y": range(3), "z": ["a", "b" * 50]}
    tables = column_tables_of(sweep_columns(wide, axes, tmp_path))
    assert tables.cells["x"].nunique() == MOST_LEVELS
    drawn = number_lines.draw(tables, "value")
    panels = panels_by_title(drawn)
    assert len(panels) == 3
    assert drawn is not None
    assert "100 of 130 levels of x" in drawn.note


def close(x: float, seed: int) -> float:
    return 10.0 ** (x * seed)


def test_labels_of_close_numbers_never_touch(tmp_path: Path) -> None:
    levels = [0.0, 0.25, 0.2525, 0.3, 1.0]
    tables = column_tables_of(sweep_columns(close, {"x": levels, "seed": range(6)}, tmp_path))
    drawn = number_lines.draw(tables, "value")
    assert drawn is not None
    drawn.figure.draw_without_rendering()
    assert not overlapping_labels(drawn.figure)
    (axes,) = panels_by_title(drawn).values()
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names[0] == "0"
    assert names[-1] == "1"
    assert len(names) < len(levels)
