"""Error curves: where the points lie, which are excluded, and their description."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from xorsweep.reporting.svg.error_curve import describe_curve, error_curve

SVG = "{http://www.w3.org/2000/svg}"
EPOCHS = (0, 1, 10, 100, 1000, 10_000)
FALLING = np.array([1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5])


def curve(svg: str) -> list[tuple[float, float]]:
    (found,) = re.findall(r'<polyline points="([^"]*)"', svg)
    points = [point.split(",") for point in found.split()]
    return [(float(x), float(y)) for x, y in points]


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_powers_of_ten_are_equally_far_apart_both_ways() -> None:
    x, y = np.array(curve(error_curve(EPOCHS, FALLING))).T
    np.testing.assert_allclose(np.diff(x), np.diff(x)[0], atol=0.11)
    np.testing.assert_allclose(np.diff(y), np.diff(y)[0], atol=0.11)
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) > 0).all()  # down the picture


def test_axes_are_ticked_at_round_numbers() -> None:
    found = words(error_curve(EPOCHS, FALLING))
    assert {"0", "1", "10", "100", "1,000", "10,000", "epochs"} <= set(found)
    assert {"0.1", "0.001", "1e-5"} <= set(found)
    narrow = words(error_curve((0, 1, 2), np.array([0.55, 0.52, 0.51])))
    assert {"0.5", "0.6"} & set(narrow)


@pytest.mark.parametrize(
    ("low", "high"),
    [(1e-30, 1e8), (1e-4, 1.0), (0.4999, 0.5), (0.5, 0.5), (15.0, 17.0), (3e-7, 3.1e-7)],
)
def test_any_span_has_a_few_ticks_inside_the_frame(low: float, high: float) -> None:
    svg = error_curve((0, 10**9), np.array([high, low]))
    root = ElementTree.fromstring(svg)
    assert len(words(svg)) <= 20
    ticks = [
        element.text
        for element in root.iter(f"{SVG}text")
        if element.get("text-anchor") == "end" and re.fullmatch(r"[\d.e-]+", element.text or "")
    ]
    assert len(set(ticks)) == len(ticks) >= 2
    assert all(30 <= y <= 214.1 for _, y in curve(svg))
    for element in root.iter(f"{SVG}text"):
        assert 0 <= float(element.attrib["x"]) <= float(root.attrib["width"])


@pytest.mark.parametrize("last", [1, 10, 3_000, 10**5, 10**7, 10**9])
def test_labels_of_epochs_do_not_touch(last: int) -> None:
    svg = error_curve((0, 1, last), np.array([1.0, 0.5, 0.1]))
    texts = [each for each in ElementTree.fromstring(svg).iter(f"{SVG}text") if each.text]
    below = max(float(each.attrib["y"]) for each in texts if each.text == "0")
    ticks = [
        (float(each.attrib["x"]), str(each.text))
        for each in texts
        if float(each.attrib["y"]) == below
    ]
    assert len(ticks) >= 2
    width = float(ElementTree.fromstring(svg).attrib["width"])
    assert all(x + 3 * len(label) <= width for x, label in ticks)
    for (x, label), (another_x, another) in pairwise(ticks):
        assert another_x - x > 3 * (len(label) + len(another))  # half of 6 pixels a character


def test_errors_between_two_whole_numbers_have_ticks_too() -> None:
    assert {"1.6", "1.8"} <= set(words(error_curve((0, 1, 10), np.array([1.9, 1.7, 1.5]))))
    assert curve(error_curve((0, 1), np.array([1.0531, 1.0532])))


@pytest.mark.parametrize("lost", [np.nan, np.inf, 1e30])
def test_a_diverged_curve_ends_where_it_leaves_the_picture(lost: float) -> None:
    errors = np.array([0.5, 3.0, 100.0, lost, lost, lost])
    assert len(curve(error_curve(EPOCHS, errors))) == 3
    assert "exceeds the plotted range at epoch 100" in describe_curve(EPOCHS, errors)


def test_a_curve_without_a_finite_number_is_labelled() -> None:
    svg = error_curve(EPOCHS, np.full(6, np.nan))
    assert words(svg) == ["no error that can be drawn"]
    assert "not a number before training" in svg


def test_errors_below_the_axis_lie_on_its_edge() -> None:
    svg = error_curve(EPOCHS, np.array([1, 1e-2, 1e-4, 1e-8, 1e-20, 1e-30]))
    heights = [y for _, y in curve(svg)]
    assert heights[3] < heights[4] == heights[5]
    assert "1.00e-30 after" in describe_curve(EPOCHS, np.array([1, 1e-2, 1e-4, 1e-8, 1e-20, 1e-30]))


def test_errors_of_zero_are_excluded() -> None:
    assert len(curve(error_curve((0, 1, 2), np.array([1.0, 0.5, 0.0])))) == 2


def test_a_run_without_epochs_is_a_point() -> None:
    svg = error_curve((0,), np.array([0.7]))
    assert "<polyline" not in svg
    assert len(list(ElementTree.fromstring(svg).iter(f"{SVG}circle"))) == 1


def test_levels_within_the_picture_are_drawn_and_named_where_there_is_room() -> None:
    levels = {"half": 0.5, "close to it": 0.49, "low": 0.01, "below": 1e-9}
    svg = error_curve(EPOCHS, np.geomspace(1, 1e-3, 6), levels=levels)
    assert svg.count("<path") > 3
    (dashed,) = re.findall(r"dasharray:4 3[^>]*>(.*?)</g>", svg)
    assert dashed.count("<path") == 3
    assert {"half", "low"} <= set(words(svg))
    assert not {"close to it", "below"} & set(words(svg))


def test_the_name_of_a_level_makes_way_for_the_line_above_it() -> None:
    def height(levels: dict[str, float]) -> float:
        texts = ElementTree.fromstring(error_curve(EPOCHS, FALLING, levels)).iter(f"{SVG}text")
        (found,) = [element for element in texts if element.text == "a level"]
        return float(found.attrib["y"])

    assert height({"a level": 0.25, "close above": 0.3}) > height({"a level": 0.25}) + 9


def test_the_name_of_a_level_makes_way_for_the_curve() -> None:
    def anchor(errors: list[float]) -> str | None:
        svg = error_curve(EPOCHS, np.array(errors), levels={"a level": 0.5})
        texts = ElementTree.fromstring(svg).iter(f"{SVG}text")
        (found,) = [element for element in texts if element.text == "a level"]
        return found.attrib.get("text-anchor")

    assert anchor([1.0, 0.5, 0.5, 0.5, 0.01, 1e-4]) is None
    assert anchor([0.6, 0.58, 0.55, 0.5, 0.01, 1e-4]) == "end"


@pytest.mark.parametrize("met", [0, 3, 9000])
def test_the_epoch_at_which_the_criterion_was_met_is_marked(met: int) -> None:
    svg = error_curve(EPOCHS, FALLING, met=met)
    description = f"criterion met after {met:,} epochs"
    assert description in words(svg)
    assert f"the criterion was first met after {met:,} epochs" in svg


def test_the_description_gives_the_first_and_the_last_error() -> None:
    assert describe_curve(EPOCHS, FALLING) == (
        "Half the sum of squared errors by epoch: 1.00 before training, 1.00e-05 "
        "after 10,000 epochs."
    )
