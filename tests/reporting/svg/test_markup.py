"""How pictures are framed, and how their numbers are written."""

import math
from xml.etree import ElementTree

import pytest

from xorsweep.reporting.svg.markup import group, number, place, svg_document, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (5.45203876, "5.45"),
        (3.0, "3.00"),
        (-0.0119, "-0.0119"),
        (0.0, "0"),
        (123.4, "123"),
        (1.5e12, "1.50e+12"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "-infinite"),
    ],
)
def test_numbers_are_written_to_be_read(value: float, written: str) -> None:
    assert number(value) == written


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (2.25, "2.2"), (-0.04, "0"), (-3.16, "-3.2"), (10.0, "10")]
)
def test_coordinates_are_short(value: float, written: str) -> None:
    assert place(value) == written


def test_a_picture_is_valid_whatever_its_words_are() -> None:
    words = "<script> & \"quotes\" 'single'"
    root = ElementTree.fromstring(svg_document(30, 20.5, words, [text(1, 2, words)]))
    assert root.attrib["aria-label"] == words
    assert root.attrib["role"] == "img"
    assert root.attrib["viewBox"] == "0 0 30 20.5"
    assert [element.text for element in root] == [words]


def test_an_empty_group_is_excluded() -> None:
    assert group("fill:none", []) == ""
