"""The figures of columns: their texts and their labels."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from column_sweeps import sweep_columns
from matplotlib.figure import Figure
from matplotlib.text import Text

from xorsweep.reporting.figures import (
    curve_lines,
    number_lines,
    rate_heatmap,
    rate_lines,
    survival_curves,
)
from xorsweep.reporting.figures.column_data import ColumnTables

from .figure_checks import column_tables_of, overlapping_labels


def test_each_figure_has_a_text_for_readers_who_do_not_see_it(column_tables: ColumnTables) -> None:
    drawn = [
        rate_heatmap.draw(column_tables, "solved"),
        rate_lines.draw(column_tables, "solved"),
        number_lines.draw(column_tables, "error"),
        survival_curves.draw(column_tables, "steps", "solved"),
        curve_lines.draw(column_tables, "loss"),
    ]
    assert all(each and len(each.alt) > 40 and "nan" not in each.alt for each in drawn)


def drawn_figures(column_tables: ColumnTables, number: str, flag: str) -> Iterator[Figure]:
    """Yield the figures of a number and of a rate, laid out."""
    for drawn in (
        number_lines.draw(column_tables, number),
        rate_lines.draw(column_tables, flag),
        rate_heatmap.draw(column_tables, flag),
    ):
        assert drawn is not None
        drawn.figure.draw_without_rendering()
        yield drawn.figure


def below_zero(x: float, y: float, seed: int) -> dict[str, Any]:
    return {"value": x * y - seed, "is_low": x * y < -seed}


def test_figures_have_minus_signs(tmp_path: Path) -> None:
    axes = {"x": [-2.0, -1.0], "y": [-0.5, 0.5], "z": ["-1", "a-1"], "seed": range(3)}
    tables = column_tables_of(sweep_columns(lambda z, **keys: below_zero(**keys), axes, tmp_path))
    for figure in drawn_figures(tables, "value", "is_low"):
        texts = [text.get_text() for text in figure.findobj(Text)]
        assert "−0.5" in texts or "y −0.5" in texts
        assert not any(re.search(r"(?<!\w)-\d", text) for text in texts)


def categories(model: str, data: str, seed: int) -> dict[str, Any]:
    return {"score": float(len(model) * len(data) + seed), "ok": seed % 2 == 0}


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 12, 60])
def test_labels_of_long_names_never_touch(count: int, tmp_path: Path) -> None:
    models = [f"a_rather_long_name_{number}" for number in range(count)]
    swept = sweep_columns(
        categories, {"model": models, "data": ["x", "yy"], "seed": range(2)}, tmp_path
    )
    tables = column_tables_of(swept)
    for figure in drawn_figures(tables, "score", "ok"):
        assert not overlapping_labels(figure)
