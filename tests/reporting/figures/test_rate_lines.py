"""Lines of rates, by their marks and their intervals."""

from pathlib import Path

import numpy as np
from column_sweeps import AXES
from matplotlib.figure import Figure

from xorsweep.analysis.intervals import rate_interval
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures import rate_lines
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

from .figure_checks import GridOf, panels_by_title, panels_of, rows_of, tables_of


def test_the_lines_carry_the_rates_and_their_intervals(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["rate_lines"]
    axes = panels_of(figure)[1]
    assert axes.get_xscale() == "log"
    assert len(axes.containers) == 2
    cells = tables.summary[tables.summary["epochs"] == 1500]
    for hidden, bars in zip((2, 4), axes.containers, strict=True):
        mine = cells[cells["hidden"] == hidden].sort_values("lr")
        line, _, (segments,) = bars
        np.testing.assert_allclose(np.asarray(line.get_ydata(), float), mine["rate"])
        ends = np.array([segment[:, 1] for segment in segments.get_segments()], float)
        np.testing.assert_allclose(ends, mine[["rate_low", "rate_high"]], atol=1e-12)


def test_a_lone_setting_has_no_figure_of_its_one_rate(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(hidden=2, epochs=10, seed=range(4))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, tmp_path))
    assert rate_lines.draw(tables_of(tmp_path)) is None


def test_lines_of_rates_carry_intervals(column_tables: ColumnTables) -> None:
    axes = panels_by_title(rate_lines.draw(column_tables, "solved"))["5 epochs"]
    assert axes.get_xscale() == "log"
    for model, bars in zip(("tree", "linear"), axes.containers, strict=True):
        line, _, (segments,) = bars
        cells = [rows_of(column_tables, epochs=5, model=model, lr=lr) for lr in AXES["lr"]]
        counts = [int(rows["solved"].sum()) for rows in cells]
        np.testing.assert_allclose(np.asarray(line.get_ydata(), float), np.array(counts) / 12)
        ends = np.array([segment[:, 1] for segment in segments.get_segments()], float)
        np.testing.assert_allclose(ends, [rate_interval(count, 12) for count in counts], atol=1e-12)
