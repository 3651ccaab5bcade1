from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xorsweep.config import Point
from xorsweep.measures import LEVELS
from xorsweep.single import SingleRun, train_single
from xorsweep.single_figures import (
    course_figure,
    has_surface,
    surface_figure,
    telling_places,
    write_figures,
)

PointOf = Callable[..., Point]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def drawn(figure: Figure) -> Figure:
    """Return the figure after layout, so that its texts have places."""
    figure.draw_without_rendering()
    return figure


def levels_in(axes: Axes) -> set[float]:
    return {
        float(line.get_ydata()[0])  # type: ignore[index, arg-type]
        for line in axes.lines[1:]
        if len(set(line.get_ydata())) == 1  # type: ignore[arg-type]
    }


@pytest.fixture(scope="module")
def solved(point_of: PointOf) -> SingleRun:
    return train_single(point_of(lr=1.0, epochs=2000))


@pytest.fixture(scope="module")
def diverged(point_of: PointOf) -> SingleRun:
    return train_single(point_of(lr=0.6, seed=3, hidden=4, output="linear", activation="relu"))


def test_the_course_holds_every_kept_epoch_on_log_axes(solved: SingleRun) -> None:
    (axes,) = drawn(course_figure(solved)).axes
    curve = axes.lines[0]
    np.testing.assert_array_equal(curve.get_xdata(), solved.epochs)
    np.testing.assert_array_equal(curve.get_ydata(), solved.errors.final_error)
    assert (axes.get_xscale(), axes.get_yscale()) == ("symlog", "log")
    assert axes.get_xlabel() == "epochs"
    assert axes.get_ylabel() == "half the sum of squared errors"
    assert axes.get_title(loc="left") == "xor, 2-2-1, lr 1, seed 0: solved"


def test_the_course_marks_when_the_criterion_was_met(solved: SingleRun) -> None:
    (axes,) = course_figure(solved).axes
    assert f"criterion fahlman\nmet at {solved.converged_epoch}" in texts(axes)


def test_the_course_shows_the_levels_at_which_xor_gets_stuck(point_of: PointOf) -> None:
    run = train_single(point_of(init="symmetric", init__range=6.0, seed=2, lr=0.5))
    assert run.outcome == "two_rows_at_half"
    (axes,) = course_figure(run).axes
    assert levels_in(axes) == {level for level in LEVELS.values() if level < 0.9}
    assert "1/4: two rows at 1/2" in texts(axes)
    assert "two rows at half" in axes.get_title(loc="left")


def test_names_of_levels_never_overlap(point_of: PointOf) -> None:
    run = train_single(point_of(output="linear", hidden=4, lr=0.05))
    figure = drawn(course_figure(run))
    (axes,) = figure.axes
    assert levels_in(axes) == set(LEVELS.values())
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(other) for one in boxes for other in boxes if one is not other)


def test_other_tasks_have_no_levels(point_of: PointOf) -> None:
    (axes,) = course_figure(train_single(point_of(task="or", epochs=500))).axes
    assert levels_in(axes) == set()


def test_a_diverged_course_ends_where_it_leaves_the_picture(diverged: SingleRun) -> None:
    (axes,) = drawn(course_figure(diverged)).axes
    values = np.asarray(axes.lines[0].get_ydata())
    assert 1 < len(values) < len(diverged.epochs)
    assert np.isfinite(values).all()
    assert "diverged" in axes.get_title(loc="left")


def test_a_surface_shows_the_rows_the_boundary_and_the_output(solved: SingleRun) -> None:
    figure = drawn(surface_figure(solved))
    *panels, colorbar = figure.axes
    assert panels[0].get_title().startswith("before training")
    assert panels[-1].get_title().startswith("after 2,000 epochs")
    assert colorbar.get_ylabel() == "output"
    for axes in panels:
        assert len(axes.lines) == 4
        assert axes.get_xlabel() == "input 1"
    (image,) = panels[-1].images
    values = np.asarray(image.get_array())
    assert values[0, 0] < 0.5
    assert values[-1, -1] < 0.5
    assert values[len(values) // 2, len(values) // 2] > 0.5
    assert len(panels[-1].collections) == 2  # the boundary, white on black
    assert not panels[0].collections  # before training all outputs are above one half
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["target 0", "target 1", "output 1/2"]


def test_a_surface_is_drawn_the_right_way_up(point_of: PointOf) -> None:
    # With input 1 alone connected, the output must change from left to right and not upwards.
    run = train_single(point_of(epochs=1))
    weights = run.training.network.views(run.parameters)
    weights.w1[...] = 0
    weights.w1[0] = 5
    image = np.asarray(surface_figure(run).axes[-2].images[0].get_array())
    assert (np.ptp(image, axis=0) == 0).all()
    assert (np.diff(image[0]) > 0).all()


def test_panels_are_spread_over_what_the_outputs_did(solved: SingleRun) -> None:
    places = telling_places(solved)
    assert places[0] == 0
    assert places[-1] == len(solved.epochs) - 1
    assert len(places) == 4
    met = solved.converged_epoch
    assert met is not None
    assert met / 4 < solved.epochs[places[2]] < met * 4


def test_soft_targets_and_bipolar_inputs_are_named_as_they_are(point_of: PointOf) -> None:
    run = train_single(point_of(task__levels="soft", task__encoding="bipolar", epochs=5))
    figure = surface_figure(run)
    assert list(figure.axes[0].get_xticks()) == [-1, 1]
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == [
        "target 0.1",
        "target 0.9",
    ]


def test_a_surface_after_divergence_is_not_shown(diverged: SingleRun) -> None:
    places = telling_places(diverged)
    assert has_surface(diverged)
    assert (diverged.errors.final_error[places] < 1e9).all()


@pytest.mark.parametrize(
    "keys",
    [
        {"task": "parity", "task__bits": 3},
        {"task": "encoder", "task__size": 2},
        {"init__low": -1.7e308, "init__high": 1.7e308, "output": "linear", "activation": "relu"},
    ],
)
def test_some_runs_have_no_surface(point_of: PointOf, tmp_path: Path, keys: dict[str, Any]) -> None:
    run = train_single(point_of(epochs=5, **keys))
    assert not has_surface(run)
    assert [path.name for path in write_figures(run, tmp_path)] == ["course.png", "course.svg"]


def test_an_svg_is_the_same_each_time(solved: SingleRun, tmp_path: Path) -> None:
    written = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        paths = write_figures(solved, tmp_path / name)
        written.append([path.read_bytes() for path in paths if path.suffix == ".svg"])
    assert written[0] == written[1]
