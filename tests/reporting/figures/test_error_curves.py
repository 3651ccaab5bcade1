"""Errors by epoch: single runs, their median, and the settings that are shown."""

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures import error_curves, rate_heatmap
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, STYLE
from xorsweep.reporting.selection import in_order
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

from .figure_checks import GridOf, drawn, panels_of, tables_of, titles


def test_where_most_runs_diverge_the_median_leaves_the_axis(tables: Tables) -> None:
    of = tables.learning_curves

    def diverging(cells: pd.DataFrame) -> Any:
        found = of(cells)
        for each in found.values():
            each.curves[:7, -1] = np.inf  # 7 of 12, so that of the quartiles one is finite
        return found

    figure = drawn(error_curves.draw, replace(tables, learning_curves=diverging))
    for axes in panels_of(figure):
        _, top = axes.get_ylim()
        median = np.asarray(axes.lines[-1].get_ydata(), float)
        assert median[-1] > 1e6 * top
        assert (median[:-1] < top).all()


def test_the_only_run_of_a_cell_has_its_colour_and_no_median(
    grid_of: GridOf, tmp_path: Path
) -> None:
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid_of(lr=[0.5, 2.0], epochs=30),
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path,
        )
    )
    figure = drawn(error_curves.draw, tables_of(tmp_path))
    assert not any("median" in text.get_text() for text in figure.legends[0].get_texts())
    for axes in panels_of(figure):
        assert len(axes.lines) == 1
        assert [type(each) for each in axes.collections] == [LineCollection]  # of plateaus


def test_a_panel_holds_one_cell_its_median_and_its_runs_by_outcome(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["error_by_epoch"]
    cells = in_order(tables.summary.query("epochs == 1500"), ["hidden", "lr"])
    assert len(panels_of(figure)) == len(cells)
    curves, outcomes = (
        tables.learning_curves(cells),
        tables.results["outcome"].astype(str).to_numpy(),
    )
    for axes, place in zip(panels_of(figure), cells.index, strict=True):
        cell, mine = tables.summary.loc[place], curves[place]
        assert axes.get_title(loc="left") == f"lr {cell['lr']:,g}, hidden {cell['hidden']}"
        *runs, median = axes.lines
        np.testing.assert_array_equal(median.get_xdata(), mine.epochs)
        wanted = np.median(mine.curves.astype(np.float64), axis=0)
        np.testing.assert_allclose(np.asarray(median.get_ydata(), float), wanted, rtol=1e-12)
        drawn_by_colour = {
            mpl.colors.to_hex(line.get_color()): np.isnan(line.get_ydata()).sum() for line in runs
        }
        assert drawn_by_colour == Counter(OUTCOME_COLOURS[name] for name in outcomes[mine.rows])


def test_of_many_runs_each_outcome_has_its_share_and_one_line_at_least(tables: Tables) -> None:
    last = tables.summary.index[tables.summary["epochs"] == 1500]
    chosen, trained = error_curves.single_runs(tables, list(last), most_runs=12)
    rows = tables.results.loc[chosen]
    assert trained == 72
    every = tables.results[tables.results["epochs"] == 1500]
    for keys, runs in every.groupby(["lr", "hidden"]):
        mine = rows[(rows["lr"] == keys[0]) & (rows["hidden"] == keys[1])]
        wanted = {name: -(-2 * n // 12) for name, n in Counter(runs["outcome"]).items()}
        assert Counter(mine["outcome"]) == wanted
    with mpl.rc_context(STYLE):
        found = error_curves.draw(tables, most_runs=12)
    assert found is not None
    assert f"{len(rows)} of 72 runs as thin lines" in found.note


def test_of_many_panels_every_level_of_some_keys_is_shown_and_the_rest_named(
    tables: Tables,
) -> None:
    figure = drawn(partial(rate_heatmap.draw, most_panels=1), tables)
    assert titles(figure) == [""]
    assert "1,500 epochs (of 2), as in the best setting" in figure.get_suptitle()
    with mpl.rc_context(STYLE):
        found = error_curves.draw(tables, most_cells=3)
    assert found is not None
    summary = tables.summary[tables.summary["epochs"] == 1500]
    best = summary.sort_values(["rate", "expected_running_time"], ascending=[False, True]).iloc[0]
    assert titles(found.figure) == ["lr 0.5", "lr 2", "lr 1,000"]
    excluded = f"hidden {best['hidden']} (of 2), as in the best setting"
    assert excluded in found.figure.get_suptitle()
    assert excluded in found.note
