"""Histograms of final errors, by the bars that are seen."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from xorsweep.analysis.summary import summarize
from xorsweep.networks.metrics import PLATEAUS, error_label
from xorsweep.reporting import selection
from xorsweep.reporting.figures import error_curves, error_histogram
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, save

from .figure_checks import drawn, panels_of, titles


def bars_of(axes: Axes) -> dict[str, Counter[float]]:
    """Return the bars of a histogram as they are seen: heights by logarithm, by colour."""
    seen: dict[str, Counter[float]] = {}
    covered = Counter[float]()
    # Each polygon reaches down to 0, and later ones lie on it.
    for bars in [each for each in axes.collections if isinstance(each, PolyCollection)][::-1]:
        corners = bars.get_paths()[0].vertices.tolist()
        tops = {
            round((np.log10(x) + np.log10(end)) / 2, 3): y
            for (x, y), (end, after) in pairwise(corners)
            if y == after > 0 and x != end
        }
        heights = Counter({place: y - covered[place] for place, y in tops.items()})
        assert min(heights.values()) > 0
        seen[mpl.colors.to_hex(bars.get_facecolor()[0])] = heights
        covered += heights
    return seen


def test_every_final_error_is_in_the_histogram_of_its_cell(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["final_error"]
    cells = tables.summary[tables.summary["epochs"] == 1500].set_index(["lr", "hidden"])
    named = [(lr, hidden) for hidden in (2, 4) for lr in (0.5, 2.0, 1e3)]
    assert titles(figure) == [f"lr {lr:,g}, hidden {hidden}" for lr, hidden in named]
    for name, axes in zip(named, panels_of(figure), strict=True):
        *_, plateaus = axes.collections
        found, middles = {}, {}
        for colour, shares in bars_of(axes).items():
            found[colour] = shares.total()
            middles[colour] = sum(y * place for place, y in shares.items()) / shares.total()
        wanted = {
            colour: cells.loc[name, f"outcome_{outcome}"] / 12
            for outcome, colour in OUTCOME_COLOURS.items()
            if cells.loc[name, f"outcome_{outcome}"]
        }
        assert found == pytest.approx(wanted)
        runs = tables.results.query(f"epochs == 1500 and lr == {name[0]} and hidden == {name[1]}")
        errors = np.log10(runs["final_error"]).groupby(runs["outcome"].map(OUTCOME_COLOURS)).mean()
        assert middles == pytest.approx(errors.to_dict(), abs=0.05)  # half a bin
        assert isinstance(plateaus, LineCollection)
        assert [line[0][0] for line in plateaus.get_segments()] == [*PLATEAUS.values()]
    *outcomes, marked = (text.get_text() for text in figure.legends[0].get_texts())
    assert marked == "plateaus at 1/4, 1/3, 1/2, 1"
    for label, patch in zip(outcomes, figure.legends[0].get_patches(), strict=True):
        at, _, words = label.rpartition(": ")
        name = words.replace(" ", "_")
        assert mpl.colors.to_hex(patch.get_facecolor()) == OUTCOME_COLOURS[name]
        assert at == (error_label(PLATEAUS[name]) if name in PLATEAUS else "")


def test_bars_of_one_bin_lie_on_each_other(figures: dict[str, Figure]) -> None:
    for axes in panels_of(figures["final_error"]):
        bars = bars_of(axes)
        assert sum(heights.total() for heights in bars.values()) == pytest.approx(1)


@pytest.mark.slow
def test_a_page_can_adapt_histograms_of_many_settings_to_its_colours(
    tables: Tables, tmp_path: Path
) -> None:
    results = tables.results[tables.results["epochs"] == 1500]
    many = pd.concat([results.assign(seed=results["seed"] + 12 * k) for k in range(10)])
    spread = 10 ** np.random.default_rng(0).normal(-3, 1.5, len(many))
    wide = many.assign(final_error=spread, lr=many["lr"] + many["seed"] // 30)
    figure = drawn(error_histogram.draw, replace(tables, results=wide, summary=summarize(wide)))
    assert len(panels_of(figure)) == selection.MOST_CELLS
    assert save(figure, tmp_path / "final_error").startswith(b"<?xml")


def test_other_tasks_have_no_plateaus(tables: Tables) -> None:
    of_or = replace(tables, results=tables.results.assign(task="or"))
    figure = drawn(error_histogram.draw, of_or)
    for axes in panels_of(figure):
        assert not any(isinstance(each, LineCollection) for each in axes.collections)


def test_errors_that_are_rounding_take_no_room(tables: Tables) -> None:
    tiny = tables.results.assign(final_error=10.0 ** -np.arange(1, len(tables.results) + 1))
    figure = drawn(error_histogram.draw, replace(tables, results=tiny))
    low, high = panels_of(figure)[0].get_xlim()
    assert 1e-9 < low < 1e-8 < high
    of = tables.learning_curves

    def falling(cells: pd.DataFrame) -> Any:
        found = of(cells)
        return {
            place: replace(each, curves=np.full_like(each.curves, 1e-30) + 10.0**-each.epochs)
            for place, each in found.items()
        }

    figure = drawn(error_curves.draw, replace(tables, learning_curves=falling))
    low, high = panels_of(figure)[0].get_ylim()
    assert 1e-9 < low < high <= 150
