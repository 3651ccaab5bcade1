"""Pictures on dark pages: all drawings can be seen, and colours keep their meaning."""

import re
from colorsys import rgb_to_hls
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.dark_mode import (
    DARK_PAPER,
    NOTES,
    PAPER,
    contrast,
    dark_counterpart,
    for_both_themes,
)
from xorsweep.reporting.figures.style import GREY

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def parts(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def test_the_contrasts_are_those_that_wcag_gives() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(COLOURS)
def test_a_colour_keeps_its_hue_and_stands_out_from_the_dark_page(colour: str) -> None:
    dark = dark_counterpart(colour)
    (hue, _, grey), (new_hue, lightness, _) = rgb_to_hls(*parts(colour)), rgb_to_hls(*parts(dark))
    if max(parts(colour)) > min(parts(colour)):
        assert contrast(dark, DARK_PAPER) > 4.4
    if grey > 0.2 and 0.1 < lightness < 0.9:
        assert min(abs(hue - new_hue), 1 - abs(hue - new_hue)) < 0.05


def test_the_colours_of_page_and_text_are_exchanged() -> None:
    assert dark_counterpart(PAPER) == DARK_PAPER
    assert contrast(dark_counterpart("#000000"), DARK_PAPER) > 12
    assert GREY.lower() == NOTES
    assert contrast(dark_counterpart(NOTES), DARK_PAPER) > 4.5


def test_every_line_of_the_pictures_has_a_colour_for_dark_pages(small_sweep: Path) -> None:
    for path in (small_sweep / "figures").glob("*.svg"):
        svg = path.read_text()
        media = for_both_themes(svg).split("@media screen and (prefers-color-scheme:dark)")[1]
        dark = media.split("</style>")[0]
        for colour in set(re.findall(r"stroke: (#\w{6})", svg)):
            found = re.search(rf'\[style\*="stroke: {colour}"]{{stroke:(#\w+)', dark)
            shown = found[1] if found else colour
            assert colour == PAPER or contrast(shown, DARK_PAPER) > 1.5, (path.name, colour)


def test_fields_of_a_heat_map_keep_their_colours(small_sweep: Path) -> None:
    svg = (small_sweep / "figures/convergence_rate.svg").read_text()
    fields = set(re.findall(r"fill: (#\w{6})", svg)) - {PAPER, "#262626", "#595959"}
    assert fields
    assert not any(
        f"fill: {field}" in for_both_themes(svg).split("</style>")[0] for field in fields
    )


def test_numbers_in_fields_keep_their_colour_and_notes_get_lighter(small_sweep: Path) -> None:
    svg = (small_sweep / "figures/convergence_rate.svg").read_text()
    numbers = re.findall(r'<text style="([^"]*)"[^>]*>of 12</text>', svg)
    assert numbers
    dark = for_both_themes(svg).split("@media screen and (prefers-color-scheme:dark)")[1]
    for style in numbers:
        (colour,) = re.findall(r"fill: (#\w{6})", style)
        assert f'text[style*="fill: {colour}"]' not in dark
    lighter = re.search(rf'text\[style\*="fill: {NOTES}"\]{{fill:(#\w+)', dark)
    assert lighter
    assert contrast(lighter[1], DARK_PAPER) > 4.5
