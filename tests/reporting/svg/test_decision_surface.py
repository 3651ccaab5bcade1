"""Decision surfaces: the right way up, the right colours, marks and boundary where they belong."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.reporting.svg.decision_surface import (
    MARGIN,
    decision_surface,
    describe_surface,
    has_surface,
)
from xorsweep.reporting.svg.palette import SHADES, shades

PointOf = Callable[..., Point]


@pytest.fixture(scope="module")
def solved(point_of: PointOf) -> SingleRun:
    return train_single(point_of(lr=1.0, epochs=2000))


def with_weights(run: SingleRun, **given: float) -> NDArray[np.float64]:
    """Return the parameters (P,) of a 2-2-1 network, all 0 except those given."""
    names = ("w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c")
    assert len(names) == run.training.network.size
    return np.array([given.get(name, 0.0) for name in names])


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def brightness(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    return colors.astype(float) @ [0.2126, 0.7152, 0.0722]


def corner(run: SingleRun, row: int, size: int) -> tuple[int, int]:
    """Return the pixel (down, across) of a row of XOR."""
    x, y = run.training.inputs[row]
    side = 1 + 2 * MARGIN
    return int(size * (1 - (y + MARGIN) / side)), int(size * (x + MARGIN) / side)


@pytest.mark.parametrize("size", [48, 160, 301])
def test_a_surface_has_the_size_that_was_asked_for(solved: SingleRun, size: int) -> None:
    png = decision_surface(solved.training, solved.parameters[:, -1], size)
    image = Image.open(BytesIO(png))
    assert (image.format, image.mode, image.size) == ("PNG", "P", (size, size))
    assert len(png) < 40 * size


def test_rows_are_marked_white_or_black_as_they_should_be(solved: SingleRun) -> None:
    found = pixels(decision_surface(solved.training, solved.parameters[:, -1]))
    for row, target in enumerate(solved.training.targets[:, 0]):
        assert (found[corner(solved, row, 160)] == (255 if target else 0)).all()


def test_a_surface_is_the_right_way_up(solved: SingleRun) -> None:
    across = with_weights(solved, w11=4, v1=1, c=-0.5)
    up = with_weights(solved, w21=4, v1=1, c=-0.5)
    columns, rows = ([2, 80, 157], slice(2, 5)), ([2, 80, 157], slice(2, 5))
    found = brightness(pixels(decision_surface(solved.training, across)))
    left, middle, right = found[columns[1], :][:, columns[0]].mean(axis=0)
    assert left < middle < right
    found = brightness(pixels(decision_surface(solved.training, up)))
    top, middle, bottom = found[rows[0], :][:, rows[1]].mean(axis=1)
    assert top > middle > bottom


def test_a_line_separates_outputs_above_one_half_from_those_below(solved: SingleRun) -> None:
    # h1 = 1 / (1 + exp(-8 (x1 - 1/2))), and y is above one half where h1 is: right of the middle.
    found = pixels(
        decision_surface(solved.training, with_weights(solved, w11=8, b1=-4, v1=8, c=-4))
    )
    row = brightness(found[3])
    white = np.flatnonzero(row > row[85])
    np.testing.assert_array_equal(white[white < 85], [79, 80])
    assert row[[78, 81]].max() < row[70]


@pytest.mark.parametrize(("bias", "level"), [(0.0, 0.5), (40.0, 1.0), (-40.0, 0.0)])
def test_a_constant_output_has_one_colour_and_no_line(
    solved: SingleRun, bias: float, level: float
) -> None:
    found = pixels(decision_surface(solved.training, with_weights(solved, c=bias)))
    edge = np.concatenate([found[0], found[-1], found[:, 0], found[:, -1], found[80]])
    assert len(np.unique(edge, axis=0)) == 1
    expected = shades()[round(level * (SHADES - 1))]
    assert np.abs(edge[0].astype(int) - expected).max() <= 3


def test_missing_numbers_are_grey(solved: SingleRun) -> None:
    found = pixels(decision_surface(solved.training, np.full(9, np.nan)))
    assert len(set(found[0, 0].tolist())) == 1
    assert 100 < found[0, 0, 0] < 200


def test_soft_targets_and_bipolar_inputs_are_marked_in_their_places(point_of: PointOf) -> None:
    run = train_single(point_of(task__levels="soft", task__encoding="bipolar", epochs=5))
    binary = train_single(point_of(epochs=5))
    found = pixels(decision_surface(run.training, run.parameters[:, -1]))
    for row, target in enumerate(binary.training.targets[:, 0]):
        assert (found[corner(binary, row, 160)] == (255 if target else 0)).all()


def test_only_one_output_over_two_inputs_is_a_surface(solved: SingleRun, point_of: PointOf) -> None:
    parity = train_single(point_of(task="parity", epochs=1))
    assert has_surface(solved.training.network)
    assert not has_surface(parity.training.network)
    with pytest.raises(ValueError, match="two inputs and one output"):
        decision_surface(parity.training, parity.parameters[:, -1])


def test_a_reader_who_cannot_see_it_hears_the_outputs(solved: SingleRun) -> None:
    exact = replace(solved.training, inputs=solved.training.inputs)
    spoken = describe_surface(exact, with_weights(solved, c=0.0))
    assert spoken == (
        "Output over the square of inputs: 0.500 at 0 0 (target 0), 0.500 at 0 1 (target 1), "
        "0.500 at 1 0 (target 1), 0.500 at 1 1 (target 0)."
    )
