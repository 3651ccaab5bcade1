"""The figures of initial weights, by the numbers that they show."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from weight_sweeps import MANY, RATES, SEEDS, cell_of, differences_of

from xorsweep.analysis.initial_weights import failures_by_weights
from xorsweep.analysis.summary import summarize
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures import initial_weights, initial_weights_map
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import STYLE
from xorsweep.storage.results import read_results

from .figure_checks import expect_readable


@pytest.fixture(scope="module")
def tables(weight_sweep: Path) -> Tables:
    return tables_of(read_results(weight_sweep, NetworkExperiment()))


def tables_of(results: pd.DataFrame) -> Tables:
    return Tables(results, summarize(results), lambda _: {})


def drawn(
    draw: Callable[[Tables], DrawnFigure | None], tables: Tables
) -> tuple[DrawnFigure, list[Axes]]:
    with mpl.rc_context(STYLE):
        found = draw(tables)
        assert found is not None
        found.figure.draw_without_rendering()
    expect_readable(found.figure)
    return found, [axes for axes in found.figure.axes if axes.get_label() != "<colorbar>"]


def test_marks_are_the_rates_of_the_table_at_the_most_epochs(tables: Tables) -> None:
    found, panels = drawn(initial_weights.draw, tables)
    table = failures_by_weights(tables.results).query(f"epochs == {MANY}")
    assert [axes.get_title(loc="left").partition(":")[0] for axes in panels] == ["lr 5", "lr 20"]
    for axes, lr in zip(panels, RATES, strict=True):
        mine = table[table["lr"] == lr]
        line = axes.containers[0].lines[0]  # type: ignore[union-attr]
        np.testing.assert_allclose(line.get_ydata(), mine["failure_rate"])
        wide, high = (each.get_segments() for each in axes.containers[0].lines[2])  # type: ignore[union-attr]
        np.testing.assert_allclose(
            [[ends[0, 0], ends[1, 0]] for ends in wide], mine[["difference_low", "difference_high"]]
        )
        np.testing.assert_allclose(
            [[ends[0, 1], ends[1, 1]] for ends in high],
            mine[["failure_rate_low", "failure_rate_high"]],
            atol=1e-12,
        )
        assert f"AUC {mine['auc'].iloc[0]:.2f} [" in axes.get_title(loc="left")
        assert f"AUC {mine['auc'].iloc[0]:.2f} [" in found.alt


def test_a_field_is_as_bright_as_its_runs_fail(tables: Tables) -> None:
    _, panels = drawn(initial_weights_map.draw, tables)
    both = np.array([differences_of(seed) for seed in range(SEEDS)])
    edges = [np.quantile(both[:, unit], np.linspace(0, 1, 5)) for unit in (0, 1)]
    for axes, lr in zip(panels, RATES, strict=True):
        converged = cell_of(tables.results, lr, MANY)["converged"].to_dict()
        rates = axes.collections[0].get_array().reshape(4, 4)  # type: ignore[union-attr]
        for row in range(4):
            for column in range(4):
                here = [
                    not converged[seed]
                    for seed, (small, large) in enumerate(both)
                    if min(3, np.searchsorted(edges[0], small, "right") - 1) == row
                    and min(3, np.searchsorted(edges[1], large, "right") - 1) == column
                ]
                if len(here) < 10:
                    assert np.ma.is_masked(rates[row, column])
                else:
                    assert rates[row, column] == pytest.approx(np.mean(here))


@pytest.mark.parametrize(
    "draw",
    [initial_weights.draw, pytest.param(initial_weights_map.draw, marks=pytest.mark.slow)],
)
def test_other_settings_are_named_and_never_mixed(
    draw: Callable[[Tables], DrawnFigure | None], tables: Tables
) -> None:
    narrow = tables.results.assign(**{"criterion.threshold": 0.1})
    copies = [narrow.assign(lr=narrow["lr"] + place) for place in range(3)]
    every = pd.concat([*copies, narrow.assign(**{"criterion.threshold": 0.2})], ignore_index=True)
    columns = [name for name in narrow.columns if name != "criterion.threshold"]
    place = columns.index("lr")
    found, panels = drawn(
        draw, tables_of(every[[*columns[:place], "criterion.threshold", *columns[place:]]])
    )
    assert len(panels) <= 6
    assert "criterion.threshold 0.1 (of 2)" in found.note


def test_without_runs_of_both_kinds_there_is_no_figure(tables: Tables) -> None:
    solved = tables_of(tables.results.assign(converged=True))
    few = tables_of(tables.results[tables.results["seed"] < 400])
    for draw in (initial_weights.draw, initial_weights_map.draw):
        assert draw(solved) is None
        assert draw(few) is None
