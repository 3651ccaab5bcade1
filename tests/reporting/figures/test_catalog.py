"""All figures of a sweep: their texts, their files and whatever was swept."""

import re
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from small_sweep_figures import SMALL_SWEEP_FIGURES

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.figures import (
    curvature_curves,
    error_curves,
    error_histogram,
    initial_weights_map,
    rate_lines,
    survival_curves,
)
from xorsweep.reporting.figures.axes import LONE, WIDE, DrawnFigure
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import DOTS_PER_INCH, STYLE, save, styled
from xorsweep.settings import FigureSettings, SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

from .figure_checks import GridOf, drawn, expect_readable, panels_of, tables_of, titles

QUICK = {"convergence_rate", "unsolved"}
"""The figures that stand for all of them where each is drawn once more."""


SOME_FIGURES = [
    pytest.param(spec, marks=[] if spec.name in QUICK else [pytest.mark.slow])
    for spec in SMALL_SWEEP_FIGURES
]


NAME = attrgetter("name")


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
        assert LONE <= figure.get_figwidth() <= WIDE, name
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
            assert LONE <= found.figure.get_figwidth() <= WIDE, spec.name
            expect_readable(found.figure)


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
