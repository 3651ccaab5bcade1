"""The animation: as many frames as were given, each with its epoch, its error and its answers."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageSequence

from xorsweep.reporting.svg.animation import (
    EACH,
    FIRST,
    LAST,
    PANEL,
    SIDE,
    Frame,
    learning_gif,
    still,
)
from xorsweep.reporting.svg.palette import shades

EPOCHS = (0, 1, 10, 100, 1000)
ERRORS = np.array([1.0, 0.8, 0.5, 0.1, 0.001])


def shade(place: int) -> tuple[int, ...]:
    return tuple(shades()[place].tolist())


def frames(errors: np.ndarray = ERRORS) -> list[Frame]:
    return [
        Frame(Image.new("RGB", (SIDE, SIDE), shade(20 * place)), epoch, float(error))
        for place, (epoch, error) in enumerate(zip(EPOCHS, errors, strict=True))
    ]


def colors(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB")).astype(int)


def test_every_frame_is_shown_in_its_order_and_for_its_time() -> None:
    gif = Image.open(BytesIO(learning_gif(frames(), EPOCHS, ERRORS)))
    shown = [(frame.info["duration"], colors(frame)) for frame in ImageSequence.Iterator(gif)]
    assert [duration for duration, _ in shown] == [FIRST, EACH, EACH, EACH, LAST]
    assert gif.info["loop"] == 0
    for place, (_, found) in enumerate(shown):
        assert found.shape == (SIDE, SIDE + PANEL, 3)
        assert np.abs(found[5, 5] - shade(20 * place)).max() <= 4
    panels = [found[:, SIDE:] for _, found in shown]
    assert len({panel.tobytes() for panel in panels}) == len(frames())


def test_the_curve_is_bright_as_far_as_the_run_has_come() -> None:
    def bright(frame: Frame) -> int:
        panel = colors(Image.open(BytesIO(still(frame, EPOCHS, ERRORS))))[60:, SIDE:]
        yellow = (panel[..., 0] > 200) & (panel[..., 2] < 120)
        return int(np.flatnonzero(yellow.any(axis=0)).max(initial=0))

    reached = [bright(frame) for frame in frames()]
    assert reached == sorted(reached)
    assert reached[0] == 0
    assert reached[-1] > 0.9 * PANEL


def test_small_answers_are_framed() -> None:
    frame = Frame(Image.new("RGB", (100, 50), shade(90)), 1, 0.5)
    found = colors(Image.open(BytesIO(still(frame, EPOCHS, ERRORS))))
    assert np.abs(found[100, 100] - shade(90)).max() <= 4
    assert found[5, 5].max() < 30


@pytest.mark.parametrize("lost", [np.nan, np.inf, 1e300])
def test_errors_that_can_not_be_drawn_are_excluded(lost: float) -> None:
    errors = np.array([1.0, 0.8, lost, lost, lost])
    gif = Image.open(BytesIO(learning_gif(frames(errors), EPOCHS, errors)))
    assert gif.n_frames == 5
    nothing = np.full(5, lost)
    assert still(frames(nothing)[0], EPOCHS, nothing).startswith(b"\x89PNG")


def test_a_single_frame_is_a_gif_too() -> None:
    gif = Image.open(BytesIO(learning_gif(frames()[:1], EPOCHS[:1], ERRORS[:1])))
    assert gif.size == (SIDE + PANEL, SIDE)
