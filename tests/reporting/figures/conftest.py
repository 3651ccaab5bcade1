"""Tables and figures that the tests of figures share."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
from column_sweeps import AXES, TIMES, measured, sweep_columns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from small_sweep_figures import SMALL_SWEEP_FIGURES

import xorsweep as xs
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import concatenate
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import DOTS_PER_INCH, STYLE
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

from .figure_checks import GridOf, column_tables_of, drawn, tables_of


@pytest.fixture(scope="session")
def tables(small_sweep: Path) -> Tables:
    return tables_of(small_sweep)


@pytest.fixture(scope="session")
def figures(tables: Tables) -> dict[str, Figure]:
    """Return the figures of the sweep by name, each drawn once for all tests."""
    drawn_once = {spec.name: drawn(spec.draw, tables) for spec in SMALL_SWEEP_FIGURES}
    for figure in drawn_once.values():
        FigureCanvasAgg(figure)
        figure.dpi = DOTS_PER_INCH
        figure.draw_without_rendering()
    return drawn_once


@pytest.fixture(scope="session")
def blocks(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return the tables of a sweep of blocks that share few levels."""
    sizes = grid_of(hidden=[2, 3, 8], epochs=10, seed=range(2))
    rates = grid_of(hidden=8, lr=[0.5, 2.0], optimizer="momentum", epochs=10, seed=range(2))
    others = grid_of(task="encoder", hidden=5, lr=[1.0, 2.0], epochs=10, seed=range(2))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    folder = tmp_path_factory.mktemp("blocks")
    grid = concatenate([sizes, rates, others])
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, folder))
    return tables_of(folder)


@pytest.fixture(scope="session")
def column_tables(tmp_path_factory: pytest.TempPathFactory) -> ColumnTables:
    return column_tables_of(
        sweep_columns(measured, AXES, tmp_path_factory.mktemp("columns"), times=TIMES)
    )


@pytest.fixture(autouse=True)
def in_our_style() -> Iterator[None]:
    with mpl.rc_context(STYLE):
        yield


@pytest.fixture(scope="session")
def solution_sweep(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    folder = tmp_path_factory.mktemp("solutions") / "sweep"
    return xs.sweep(
        init="symmetric", hidden=[2, 3], lr=[5.0], epochs=[300, 600], seed=range(12),
        folder=folder, report=False, parallel="serial",
    )  # fmt: skip
