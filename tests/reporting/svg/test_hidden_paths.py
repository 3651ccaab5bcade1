"""The plane of two hidden units: rows, paths and dividers are where their numbers say."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from xorsweep.grid.schema import Point
from xorsweep.networks.hidden_space import hidden_outputs
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.reporting.hidden_plane import HiddenPlane, has_plane, hidden_plane
from xorsweep.reporting.svg.hidden_paths import hidden_paths

PointOf = Callable[..., Point]
SVG = "{http://www.w3.org/2000/svg}"

KINDS: dict[str, dict[str, Any]] = {
    "default": {"lr": 1.0, "epochs": 2000},
    "soft": {"task__levels": "soft", "task__encoding": "bipolar"},
    "linear": {"output": "linear", "activation": "tanh", "lr": 0.05},
    "direct connections": {"skip": True},
    "relu": {"activation": "relu"},
    "encoder": {"task": "encoder", "task__size": 4},
    "large encoder": {"task": "encoder", "task__size": 12},
    "parity": {"task": "parity", "task__bits": 5},
}


@pytest.fixture(scope="module", params=list(KINDS))
def run(point_of: PointOf, request: pytest.FixtureRequest) -> SingleRun:
    return train_single(point_of(**{"epochs": 200, **KINDS[request.param]}))


def answers(run: SingleRun, place: tuple[float, float]) -> list[float]:
    """Return the outputs for two hidden outputs after the last epoch."""
    found = []
    for unit, bias in enumerate(run.final.b2):
        z = bias + sum(h * run.final.w2[j, unit] for j, h in enumerate(place))
        found.append(z if run.point["output"] == "linear" else 1 / (1 + np.exp(-z)))
    return found


def test_the_output_is_one_half_all_along_a_divider(run: SingleRun) -> None:
    plane = hidden_plane(run)
    assert plane.has_dividers == (not run.point["skip"] and run.training.network.outputs <= 10)
    for start, end in plane.dividers:
        for share in (0.0, 0.3, 1.0):
            place = tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
            assert min(abs(y - 0.5) for y in answers(run, (place[0], place[1]))) < 1e-9


def test_the_tint_is_where_the_output_is_above_one_half(run: SingleRun) -> None:
    plane = hidden_plane(run)
    if run.training.network.outputs > 1 or run.point["skip"]:
        assert not plane.above
        return
    ticks = np.linspace(plane.low, plane.high, 13)[1:-1]
    for place in [(float(x), float(y)) for x in ticks for y in ticks]:
        (output,) = answers(run, place)
        assert is_inside(plane, place) == (output > 0.5)


def is_inside(plane: HiddenPlane, place: tuple[float, float]) -> bool:
    """Tell whether a place is in the tinted part, which is convex and goes round one way."""
    corners = list(plane.above)
    turns = [
        (x2 - x1) * (place[1] - y1) - (y2 - y1) * (place[0] - x1) >= 0
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], *corners[:1]], strict=True)
    ]
    return bool(turns) and all(turns)


def test_marks_are_where_rows_end_and_titles_name_them(run: SingleRun) -> None:
    plane = hidden_plane(run)
    tree = ElementTree.fromstring(hidden_paths(plane))
    scale = 320 / (plane.high - plane.low)
    ends = hidden_outputs(run.training, run.parameters[:, -1:])[..., 0]
    last = f"after {run.epochs[-1]:,} epochs"
    marks = {}
    for mark in tree:
        title = mark.find(f"{SVG}title")
        if title is not None and title.text is not None and title.text.endswith(last):
            names = ("x", "y") if mark.tag == f"{SVG}rect" else ("cx", "cy")
            x, y = (float(mark.attrib[name]) for name in names)
            offset = 4.5 if mark.tag == f"{SVG}rect" else 0
            marks[title.text.split()[0]] = (x + offset, y + offset, mark.tag)
    assert set(marks) == set(run.task.row_labels())
    for row, label in enumerate(run.task.row_labels()):
        x, y, shape = marks[label]
        assert x == pytest.approx(44 + scale * (ends[row, 0] - plane.low), abs=0.11)
        assert y == pytest.approx(12 + scale * (plane.high - ends[row, 1]), abs=0.11)
        low = run.training.network.outputs == 1 and run.training.targets[row, 0] < 0.5
        assert shape == f"{SVG}{'rect' if low else 'circle'}"
    paths = [part for part in tree if part.tag == f"{SVG}polyline"]
    few = len(run.task.row_labels()) <= 16
    assert len(paths) == (len(run.task.row_labels()) if few else 0)
    for path in paths:
        for pair in path.attrib["points"].split():
            assert all(-1 <= float(value) <= 380 for value in pair.split(","))


def test_the_text_names_the_rows_with_their_places(run: SingleRun) -> None:
    plane = hidden_plane(run)
    words = plane.describe()
    for label, (x, y) in [*zip(run.task.row_labels(), plane.ends, strict=True)][:16]:
        found = re.search(rf"\b{label} at (\S+), ([^\s,.]+\.?\d*(?:e-\d+)?)", words)
        assert found is not None
        assert float(found[1]) == pytest.approx(x, rel=6e-3)
        assert float(found[2]) == pytest.approx(y, rel=6e-3)


def test_a_label_stands_for_marks_that_lie_together(point_of: PointOf) -> None:
    drawn = hidden_paths(hidden_plane(train_single(point_of(seed=11, lr=1.0, epochs=1_000))))
    assert ">01, 11</text>" in drawn
    assert ">00</text>" in drawn


def test_other_numbers_of_hidden_units_have_no_plane(point_of: PointOf) -> None:
    assert not has_plane(train_single(point_of(hidden=1, epochs=3)))
    assert not has_plane(train_single(point_of(hidden=3, epochs=3)))
    infinite = {"init__low": -1.7e308, "init__high": 1.7e308, "output": "linear"}
    assert not has_plane(train_single(point_of(epochs=3, activation="relu", **infinite)))
