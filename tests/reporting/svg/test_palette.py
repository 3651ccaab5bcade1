"""The colours of outputs, and the marks that are laid over them."""

from io import BytesIO

import numpy as np
from PIL import Image

from xorsweep.reporting.svg.palette import (
    BLACK,
    NO_NUMBER,
    SHADES,
    WHITE,
    draw_mark,
    indexed,
    output_image,
    png,
    shades,
)


def test_brighter_is_more() -> None:
    colors = shades().astype(float) @ [0.2126, 0.7152, 0.0722]
    assert len(colors) == SHADES
    assert (np.diff(colors) > 0).all()


def test_outputs_beyond_the_targets_have_the_colours_of_0_and_1() -> None:
    found = np.asarray(output_image(np.array([[-np.inf, -3.0, 0.0], [1.0, 7.0, np.inf]])))
    np.testing.assert_array_equal(found[0], [shades()[0]] * 3)
    np.testing.assert_array_equal(found[1], [shades()[SHADES - 1]] * 3)
    assert output_image(np.array([[np.nan]])).getpixel((0, 0)) == NO_NUMBER


def test_each_output_has_the_nearest_colour() -> None:
    outputs = np.linspace(0, 1, 1000)
    nearest = shades()[np.rint(outputs * (SHADES - 1)).astype(int)].astype(int)
    found = np.asarray(output_image(outputs[None]))[0]
    assert np.abs(found - nearest).max() <= 3


def test_a_mark_is_round_or_square_and_has_an_edge() -> None:
    for high in (False, True):
        image = output_image(np.full((41, 41), 0.5))
        draw_mark(image, 20, 20, 21, high)
        pixels = np.asarray(image)
        middle, edge = (WHITE, BLACK) if high else (BLACK, WHITE)
        assert (pixels[20, 14:27] == middle).all()
        assert (pixels[20] == edge).all(axis=-1).any()
        assert (pixels[0, 0] == np.asarray(output_image(np.full((1, 1), 0.5)))[0, 0]).all()
        assert (pixels[14, 14] == middle).all() == (not high)


def test_png_nearly_keeps_the_colours_of_the_shades() -> None:
    pixels = shades().reshape(8, -1, 3)
    image = Image.fromarray(pixels)
    read = Image.open(BytesIO(png(image)))
    assert read.size == image.size == indexed(image).size
    assert np.abs(np.asarray(read.convert("RGB")) - pixels.astype(int)).max() <= 4
