"""Heat maps of rates, by the numbers in their fields."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from column_sweeps import deterministic, sweep_columns
from matplotlib.figure import Figure

from xorsweep.reporting.figures import curve_lines, rate_heatmap
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import styled
from xorsweep.settings import FigureSettings

from .figure_checks import (
    column_tables_of,
    contrast,
    drawn,
    panels_by_title,
    panels_of,
    rows_of,
    titles,
)


def test_the_map_has_a_panel_per_epochs_and_n_of_n_in_each_field(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["convergence_rate"]
    assert titles(figure) == ["200 epochs", "1,500 epochs"]
    axes = panels_of(figure)[1]
    assert axes.get_xlabel() == "lr"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.5", "2", "1,000"]
    leftmost = panels_of(figure)[0]
    assert [tick.get_text() for tick in leftmost.get_yticklabels()] == ["4", "2"]
    cells = tables.summary[tables.summary["epochs"] == 1500].set_index(["hidden", "lr"])
    wanted = [
        f"{cells.loc[(hidden, lr), 'converged']}\nof 12"
        for hidden in (4, 2)
        for lr in (0.5, 2.0, 1e3)
    ]
    assert [text.get_text() for text in axes.texts] == wanted


def test_the_numbers_of_a_heat_map_can_be_read(tables: Tables) -> None:
    rates = np.linspace(0, 1, len(tables.summary))  # those between, too, where contrast is low
    drawn = rate_heatmap.draw(replace(tables, summary=tables.summary.assign(rate=rates)))
    assert drawn is not None
    texts = 0
    for axes in drawn.figure.axes[:-1]:
        mesh: Any = axes.collections[0]
        for text in axes.texts:
            column, row = (int(place) for place in text.get_position())
            field = mesh.cmap(
                mesh.norm(
                    mesh.get_array().reshape(mesh.get_coordinates().shape[0] - 1, -1)[row, column]
                )
            )
            assert contrast(text.get_color(), field) > 4.5
            texts += 1
    assert texts == len(tables.summary)


def test_grids_of_several_blocks_have_a_heat_map_with_empty_fields(blocks: Tables) -> None:
    heatmap = drawn(rate_heatmap.draw, blocks)  # in each panel some rows and columns are empty
    heatmap.draw_without_rendering()
    assert panels_of(heatmap)


def test_the_map_has_n_of_n_in_each_field(column_tables: ColumnTables) -> None:
    drawn = rate_heatmap.draw(column_tables, "solved")
    axes = panels_by_title(drawn)["9 epochs"]
    assert (axes.get_xlabel(), axes.yaxis.label.get_visible()) == ("lr", False)
    wanted = []
    for model in ("linear", "tree"):
        for lr in (0.01, 0.1, 1.0):
            rows = rows_of(column_tables, epochs=9, model=model, lr=lr)
            wanted.append(f"{rows['solved'].sum()}\nof {len(rows)}")
    assert [text.get_text() for text in axes.texts] == wanted
    assert drawn is not None
    assert drawn.alt.startswith("Heat map of solved, share of runs, lr 0.01, 0.1, 1 across, ")
    assert "Most often with model tree, lr 1, 5 epochs: 100 %, 12 of 12." in drawn.alt


def named(model: str, data: str, seed: int) -> dict[str, bool]:
    return {"ok": len(model) + len(data) + seed > 9}


def test_names_that_are_wider_than_a_narrow_figure_leave_some_room_for_its_fields(
    tmp_path: Path,
) -> None:
    long = "a_name_that_is_longer_than_a_column_is_wide"
    axes = {"model": [f"{long}_{n}" for n in range(4)], "data": [f"{long}_{n}" for n in range(3)]}
    swept = sweep_columns(named, {**axes, "seed": range(2)}, tmp_path)
    with styled(FigureSettings(style="paper", width=2.5)):
        drawn = rate_heatmap.draw(column_tables_of(swept), "ok")
    assert drawn is not None
    assert len(drawn.figure.axes[0].get_xticks()) > 1


def test_without_seeds_a_field_is_true_or_false(tmp_path: Path) -> None:
    tables = column_tables_of(
        sweep_columns(deterministic, {"x": [0.0, 1.0, 1.5], "y": [1, 2]}, tmp_path)
    )
    drawn = rate_heatmap.draw(tables, "inside")
    (panel,) = panels_by_title(drawn).values()
    fields = np.asarray(panel.collections[0].get_array()).reshape(2, 3)
    assert fields.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert not panel.texts
    assert drawn is not None
    assert drawn.alt.endswith("inside is true in 3 of 6.")
    assert panels_by_title(curve_lines.draw(tables, "path"))
