"""The figure of the curvature: a panel per cell, the medians of its runs, and 2 / lr."""

from pathlib import Path

import numpy as np
import pytest

import xorsweep as xs


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    return xs.sweep(
        folder=Path(tmp_path_factory.mktemp("curvature")) / "sweep",
        lr=[0.5, 2.0],
        hidden=[2, 64],
        epochs=300,
        seed=range(7),
        curvature="learning_curve",
        parallel="serial",
        progress=False,
    )


def test_lines_are_the_medians_beside_the_limit_of_stability(sweep: xs.Sweep) -> None:
    figure = sweep.plot.curvature_by_epoch()
    panels = [axes for axes in figure.axes if axes.lines]
    assert len(panels) == 2  # networks with 64 hidden units have no curvature
    for axes, lr in zip(panels, (0.5, 2.0), strict=True):
        rows = sweep.results.query(f"lr == {lr} and hidden == 2").index
        zero, limit, smallest, largest = axes.lines
        assert set(np.asarray(zero.get_ydata())) == {0}
        assert set(np.asarray(limit.get_ydata())) == {2 / lr}
        for name, line in (("curvature_min", smallest), ("curvature_max", largest)):
            curves = sweep.curves(name).loc[rows]
            assert line.get_xdata() == pytest.approx(curves.columns.to_numpy())
            assert line.get_ydata() == pytest.approx(curves.median().to_numpy())


@pytest.mark.slow
def test_without_curves_there_is_no_figure(small_sweep: Path) -> None:
    with pytest.raises(xs.ConfigError, match=r"^plot.curvature_by_epoch: needs networks tr"):
        xs.load(small_sweep).plot.curvature_by_epoch()
