"""The figures of a sweep, by their content."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase
from PIL import Image
from small_sweep_figures import SMALL_SWEEP_FIGURES

from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.analysis.solutions import StoredNetworks
from xorsweep.analysis.summary import summarize
from xorsweep.analysis.summary import survival_curves as curves_of
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import PLATEAUS, error_label
from xorsweep.networks.plugins import PluginSet
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting import selection
from xorsweep.reporting.figures import (
    curvature_curves,
    error_curves,
    error_histogram,
    initial_weights_map,
    rate_heatmap,
    rate_lines,
    survival_curves,
)
from xorsweep.reporting.figures.axes import NARROW, WIDE, DrawnFigure
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.legends import line_styles
from xorsweep.reporting.figures.style import (
    DOTS_PER_INCH,
    OUTCOME_COLOURS,
    STYLE,
    save,
    styled,
)
from xorsweep.reporting.selection import in_order
from xorsweep.settings import FigureSettings, SweepSettings
from xorsweep.storage.results import read_results
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]

QUICK = {"convergence_rate", "unsolved"}
"""The figures that stand for all of them where each is drawn once more."""
SOME_FIGURES = [
    pytest.param(spec, marks=[] if spec.name in QUICK else [pytest.mark.slow])
    for spec in SMALL_SWEEP_FIGURES
]
NAME = attrgetter("name")


def tables_of(folder: Path) -> Tables:
    opened = open_sweep(folder)
    store, grid = opened.store, opened.grid
    results = read_results(folder, NetworkExperiment())
    return Tables(
        results,
        summarize(results),
        LearningCurves(grid, store.parts),
        StoredNetworks(grid, store, PluginSet()),
    )


@pytest.fixture(scope="module")
def tables(small_sweep: Path) -> Tables:
    return tables_of(small_sweep)


def drawn(draw: Callable[[Tables], DrawnFigure | None], tables: Tables) -> Figure:
    with mpl.rc_context(STYLE):
        found = draw(tables)
    assert found is not None
    return found.figure


@pytest.fixture(scope="module")
def figures(tables: Tables) -> dict[str, Figure]:
    """Return the figures of the sweep by name, each drawn once for all tests."""
    drawn_once = {spec.name: drawn(spec.draw, tables) for spec in SMALL_SWEEP_FIGURES}
    for figure in drawn_once.values():
        FigureCanvasAgg(figure)
        figure.dpi = DOTS_PER_INCH
        figure.draw_without_rendering()
    return drawn_once


def panels_of(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in panels_of(figure)]


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


def test_unsolved_curves_end_at_the_share_that_did_not_converge(
    tables: Tables, figures: dict[str, Figure]
) -> None:
    figure = figures["unsolved"]
    assert titles(figure) == ["lr 0.5", "lr 2", "lr 1,000"]
    cells = tables.summary.query("epochs == 1500 and lr == 2").set_index("hidden")
    axes = panels_of(figure)[1]
    assert axes.get_xscale() == "log"
    for hidden, line in zip((2, 4), axes.lines, strict=True):
        heights = np.asarray(line.get_ydata(), float)
        assert (np.diff(heights) <= 0).all()
        assert heights[0] == 1
        assert heights[-1] == pytest.approx(1 - cells.loc[hidden, "rate"])


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


def test_percent_signs_are_those_of_the_page(figures: dict[str, Figure]) -> None:
    texts = {
        text.get_text()
        for figure in figures.values()
        for text in figure.findobj(Text)
        if "%" in text.get_text()
    }
    assert {"0\u00a0%", "100\u00a0%"} <= texts
    assert not any(re.search("(?<!\u00a0)%", text) for text in texts)


def test_figures_have_about_one_width_and_titles_one_line(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert NARROW <= figure.get_figwidth() <= WIDE, name
        assert not any("\n" in title for title in titles(figure)), name


@pytest.mark.parametrize("spec", SOME_FIGURES, ids=NAME)
def test_no_text_of_a_figure_for_a_paper_is_smaller_than_8_points(
    spec: Any, tables: Tables
) -> None:
    with styled(FigureSettings(style="paper", width=3.3)):
        found = spec.draw(tables)
    assert found is not None
    found.figure.draw_without_rendering()
    assert found.figure.get_figwidth() == 3.3
    sizes = {text.get_fontsize() for text in found.figure.findobj(Text) if text.get_text()}
    assert sizes == {8}
    expect_readable(found.figure)


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


def test_of_many_runs_each_outcome_has_its_share_and_one_line_at_least(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_curves, "MOST_SINGLE_RUNS", 12)
    last = tables.summary.index[tables.summary["epochs"] == 1500]
    chosen, trained = error_curves.single_runs(tables, list(last))
    rows = tables.results.loc[chosen]
    assert trained == 72
    every = tables.results[tables.results["epochs"] == 1500]
    for keys, runs in every.groupby(["lr", "hidden"]):
        mine = rows[(rows["lr"] == keys[0]) & (rows["hidden"] == keys[1])]
        wanted = {name: -(-2 * n // 12) for name, n in Counter(runs["outcome"]).items()}
        assert Counter(mine["outcome"]) == wanted
    with mpl.rc_context(STYLE):
        found = error_curves.draw(tables)
    assert found is not None
    assert f"{len(rows)} of 72 runs as thin lines" in found.note


def test_of_many_panels_every_level_of_some_keys_is_shown_and_the_rest_named(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_heatmap, "MOST_PANELS", 1)
    figure = drawn(rate_heatmap.draw, tables)
    assert titles(figure) == [""]
    assert "1,500 epochs (of 2), as in the best setting" in figure.get_suptitle()
    monkeypatch.setattr(selection, "MOST_CELLS", 3)
    with mpl.rc_context(STYLE):
        found = error_curves.draw(tables)
    assert found is not None
    summary = tables.summary[tables.summary["epochs"] == 1500]
    best = summary.sort_values(["rate", "expected_running_time"], ascending=[False, True]).iloc[0]
    assert titles(found.figure) == ["lr 0.5", "lr 2", "lr 1,000"]
    excluded = f"hidden {best['hidden']} (of 2), as in the best setting"
    assert excluded in found.figure.get_suptitle()
    assert excluded in found.note


def test_the_band_of_a_curve_at_none_or_all_is_clopper_and_pearsons(tables: Tables) -> None:
    results = tables.results
    curves = curves_of(results[results["epochs"] == 1500], ["hidden", "lr"])
    flat = curves[curves["unsolved"].isin([0, 1])]
    assert {0, 1} == set(flat["unsolved"])
    limit = 0.025 ** (1 / 12)
    np.testing.assert_allclose(flat["high"] - flat["low"], 1 - limit)


def test_captions_have_the_limits_of_their_figures() -> None:
    captions = {spec.name: spec.caption for spec in NETWORK_FIGURES}
    limits = f"errors above {error_curves.LARGEST_ERROR:g} or below 10⁻⁸"
    assert limits in captions["error_by_epoch"]
    assert error_curves.SMALLEST_ERROR == error_histogram.SMALLEST_ERROR == 10**-8
    assert "Errors below 10⁻⁸" in captions["final_error"]
    linear = f"linear between -{curvature_curves.LINEAR:g} and {curvature_curves.LINEAR:g}"
    assert linear in captions["curvature_by_epoch"]
    fewest = f"a square with fewer than {initial_weights_map.FEWEST_RUNS} runs is blank"
    assert fewest in captions["initial_weights_map"]


def test_each_figure_labels_its_axes(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        labels = [axes.get_xlabel() for axes in figure.axes]
        assert any([*labels, figure.get_supxlabel()]), name
        names = [axes.get_ylabel() for axes in figure.axes]
        assert any([*names, figure.get_supylabel()]), name


@pytest.mark.parametrize("name", [spec.name for spec in SMALL_SWEEP_FIGURES])
def test_no_text_overlaps_another_in_written_files(
    name: str, figures: dict[str, Figure], small_sweep: Path
) -> None:
    with Image.open(small_sweep / f"figures/{name}.png") as image:
        assert image.info["dpi"] == pytest.approx((DOTS_PER_INCH, DOTS_PER_INCH), abs=0.1)
        size = DOTS_PER_INCH * figures[name].get_size_inches()
        assert image.size == pytest.approx(size, abs=1)
    expect_readable(figures[name])


def expect_readable(figure: Figure) -> None:
    """Expect that no text lies on another or on a mark of a legend, or is cut off by the edge."""
    beyond = _beyond_the_ends(figure) | _of_axes_without_ticks(figure)
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in beyond
    ]
    overlapping = [(a, b) for (a, box), (b, other) in combinations(boxes, 2) if box.overlaps(other)]
    assert not overlapping
    marks = [mark for legend in figure.legends for mark in legend.legend_handles if mark]
    crossed = [text for text, box in boxes for mark in marks if _crosses(mark, box)]
    assert not crossed
    whole = figure.bbox.padded(1)
    cut_off = [
        text
        for text, box in boxes
        if not (whole.contains(box.x0, box.y0) and whole.contains(box.x1, box.y1))
    ]
    assert not cut_off


def _crosses(mark: Artist, box: BboxBase) -> bool:
    found = mark.get_window_extent()  # a line has no height
    return found.x0 < box.x1 and box.x0 < found.x1 and found.y0 <= box.y1 and box.y0 <= found.y1


def _of_axes_without_ticks(figure: Figure) -> set[Text]:
    pairs = ((axes.xaxis, axes.yaxis) for axes in figure.axes)
    unseen = [axis for pair in pairs for axis in pair if not axis.get_visible()]
    return {text for axis in unseen for text in axis.findobj(Text)}


def _beyond_the_ends(figure: Figure) -> set[Text]:
    """Return tick labels beyond the ends of an axis, which matplotlib keeps but doesn't draw."""
    found: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high:
                    found |= {tick.label1, tick.label2}
    return found


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the figures in a folder, where a report has their captions, too."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".txt"}


def test_figures_are_written_as_png_and_svg(small_sweep: Path) -> None:
    assert sorted(bytes_in(small_sweep / "figures")) == sorted(
        f"{p.name}.{kind}" for p in SMALL_SWEEP_FIGURES for kind in ("png", "svg")
    )


@pytest.mark.parametrize("spec", SOME_FIGURES, ids=NAME)
def test_figures_are_written_with_the_same_bytes(
    spec: Any, tables: Tables, small_sweep: Path, tmp_path: Path
) -> None:
    save(drawn(spec.draw, tables), tmp_path / spec.name)
    first, again = bytes_in(small_sweep / "figures"), bytes_in(tmp_path)
    assert len(again) == 2
    assert again == {name: first[name] for name in again}


@pytest.mark.parametrize("levels", [[2, 3], [2, 3, 4, 8], [1, 2, 3, 4, 6, 8, 16, 32]])
def test_numbers_have_distinct_colours_that_get_lighter(levels: list[int]) -> None:
    styles = line_styles(pd.DataFrame({"hidden": levels}), "hidden")
    colours = [style["color"] for style in styles.values()]
    light = [contrast(colour, "white") for colour in colours]
    assert all(darker > 1.15 * lighter for darker, lighter in pairwise(light))
    assert light[-1] > 2


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


def contrast(one: Any, other: Any) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.1)."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Any) -> float:
    parts = to_rgb(colour)
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


GRIDS: dict[str, dict[str, Any]] = {
    "one point": {"epochs": 20},
    "seeds alone": {"epochs": 20, "seed": range(3)},
    "epochs and seeds": {"epochs": [5, 20], "seed": range(3)},
    "a name and epochs": {"activation": "tanh", "skip": [True, False], "epochs": [5, 20]},
    "learning rates alone": {"lr": [0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0]},
    "all diverge": {"activation": "relu", "output": "linear", "lr": [1e6, 1e7], "epochs": 300},
    "many levels": {"lr": [float(lr) for lr in range(1, 30)], "hidden": [*range(2, 18)]},
    "many panels": {"lr": [1.0, 2.0], "init__high": [1.0, 2.0, 3.0], "init__low": [0.0, 0.1, 0.2]},
    "five axes": {
        "lr": [0.5, 5.0],
        "hidden": [2, 4],
        "epochs": [5, 50],
        "init__low": [-1.0, 0.0],
        "criterion__threshold": [0.1, 0.4],
        "criterion": "margin",
    },
    "an encoder": {"task": "encoder", "hidden": [2, 3], "lr": [1.0, 5.0]},
}


QUICK_GRIDS = {"one point", "all diverge"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK_GRIDS else [pytest.mark.slow]) for name in GRIDS],
)
def test_whatever_was_swept_can_be_drawn(name: str, grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(**{"epochs": 10, "hidden": 2} | GRIDS[name])
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path,
        )
    )
    expect_drawn(tables_of(tmp_path))


@pytest.mark.slow
def test_groups_can_be_drawn(point_of: Callable[..., Any], tmp_path: Path) -> None:
    names = {"optimizer": ("sgd", "momentum"), "init": ("uniform", "symmetric", "normal", "xavier")}
    bases = [
        point_of(optimizer=rule, init=init, epochs=20)
        for rule in names["optimizer"]
        for init in names["init"]
    ]
    axes = [Axis(key, levels, structural=True) for key, levels in names.items()]
    grid = product_grid(
        NETWORK_SCHEMA, [*axes, Axis("lr", (0.5, 5.0)), Axis("seed", (0, 1, 2))], bases
    )
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path,
        )
    )
    expect_drawn(tables_of(tmp_path))


def expect_drawn(tables: Tables) -> None:
    for spec in NETWORK_FIGURES:
        with mpl.rc_context(STYLE):
            found = spec.draw(tables)
        if found is not None:
            found.figure.draw_without_rendering()
            assert len(panels_of(found.figure)) <= 24
            assert NARROW <= found.figure.get_figwidth() <= WIDE, spec.name
            expect_readable(found.figure)


@pytest.fixture(scope="module")
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


@pytest.mark.parametrize(
    "draw",
    [
        rate_lines.draw,
        *(
            pytest.param(each.draw, marks=pytest.mark.slow)
            for each in (survival_curves, error_curves)
        ),
    ],
)
def test_grids_of_several_blocks_have_a_line_in_every_panel(
    draw: Callable[[Tables], DrawnFigure | None], blocks: Tables
) -> None:
    figure = drawn(draw, blocks)
    figure.draw_without_rendering()
    panels = panels_of(figure)
    assert panels
    assert all(any(len(line.get_xdata()) for line in axes.lines) for axes in panels)


def test_grids_of_several_blocks_have_a_heat_map_with_empty_fields(blocks: Tables) -> None:
    heatmap = drawn(rate_heatmap.draw, blocks)  # in each panel some rows and columns are empty
    heatmap.draw_without_rendering()
    assert panels_of(heatmap)


def test_a_lone_setting_has_no_figure_of_its_one_rate(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(hidden=2, epochs=10, seed=range(4))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, tmp_path))
    assert rate_lines.draw(tables_of(tmp_path)) is None
