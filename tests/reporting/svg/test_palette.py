"""The colours of outputs, and what is laid over them."""

from io import BytesIO

import numpy as np
from PIL import Image

from xorsweep.reporting.svg.palette import (
    BLACK,
    COVERS,
    GREYS,
    NO_NUMBER,
    SHADES,
    WHITE,
    blend,
    image,
    mark,
    palette,
    png,
    shades,
)


def test_brighter_is_more() -> None:
    colors = palette().astype(float) @ [0.2126, 0.7152, 0.0722]
    assert len(colors) == SHADES + GREYS <= 256
    assert (np.diff(colors[:SHADES]) > 0).all()


def test_outputs_beyond_the_targets_have_the_colours_of_0_and_1() -> None:
    found = shades(np.array([[-np.inf, -3.0, 0.0], [1.0, 7.0, np.inf]]))
    np.testing.assert_array_equal(found, [[0] * 3, [SHADES - 1] * 3])
    assert shades(np.array([np.nan])) == NO_NUMBER


def test_each_output_has_the_nearest_colour() -> None:
    outputs = np.linspace(0, 1, 1000)
    assert np.abs(shades(outputs) / (SHADES - 1) - outputs).max() <= 0.5 / (SHADES - 1) + 1e-12


def test_black_and_white_are_themselves() -> None:
    assert palette()[BLACK].tolist() == [0, 0, 0]
    assert palette()[WHITE].tolist() == [255, 255, 255]


def test_what_is_laid_over_hides_what_it_covers_and_no_more() -> None:
    pixels = np.full(3, 10, np.uint8)
    blend(pixels, WHITE, np.array([0, COVERS // 2, COVERS]))
    assert pixels[[0, 2]].tolist() == [10, WHITE]
    low, between, high = palette()[pixels].astype(int).sum(axis=1)
    assert low < between < high


def test_a_mark_is_round_or_square_and_has_an_edge() -> None:
    for high in (False, True):
        pixels = np.full((41, 41), 50, np.uint8)
        for color, cover in mark(pixels.shape, 20, 20, 8, high):
            blend(pixels, color, cover)
        middle, edge = (WHITE, BLACK) if high else (BLACK, WHITE)
        assert (pixels[20, 14:27] == middle).all()
        assert edge in pixels[20]
        assert pixels[0, 0] == 50
        assert (pixels[14, 14] == middle) == (not high)


def test_pixels_and_png_are_the_same_picture() -> None:
    pixels = np.arange(SHADES + GREYS, dtype=np.uint8).reshape(8, -1)
    read = Image.open(BytesIO(png(pixels)))
    assert read.size == (pixels.shape[1], 8) == image(pixels).size
    np.testing.assert_array_equal(np.asarray(read.convert("RGB")), palette()[pixels])
