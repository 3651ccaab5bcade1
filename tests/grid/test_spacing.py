"""Levels by number, held against arithmetic on exact decimals."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xorsweep.errors import ConfigError
from xorsweep.grid.spacing import is_spacing, read_spacing


@given(
    start=st.integers(-300, 300),
    step=st.integers(1, 50),
    count=st.integers(2, 40),
    tenth=st.integers(0, 3),
)
@example(start=-1, step=1, count=13, tenth=1)
def test_linspace_has_the_decimals_that_a_person_would_write(
    start: int, step: int, count: int, tenth: int
) -> None:
    exact = [Decimal(start + step * i).scaleb(-tenth) for i in range(count)]
    levels = read_spacing("lr", f"linspace({exact[0]},{exact[-1]},{count})").levels(whole=False)
    assert levels == [float(number) for number in exact]


@given(start=st.integers(-12, 12), count=st.integers(1, 12))
def test_logspace_has_powers_of_ten(start: int, count: int) -> None:
    levels = read_spacing("lr", f"logspace({start},{start + count - 1},{count})").levels(False)
    assert levels == [float(f"1e{start + i}") for i in range(count)]


def test_a_key_of_whole_numbers_has_the_nearest_ones() -> None:
    assert read_spacing("epochs", "logspace(2,3,4)").levels(True) == [100, 215, 464, 1000]
    assert read_spacing("hidden", "linspace(2,9,3)").levels(True) == [2, 6, 9]
    assert all(type(n) is int for n in read_spacing("hidden", " linspace( 1, 3, 2 ) ").levels(True))


def test_a_level_beyond_floats_is_left_to_the_field_of_its_key() -> None:
    assert read_spacing("lr", "logspace(308,310,3)").levels(True)[-1] == float("inf")


@pytest.mark.parametrize(
    "text", ["logspace", "range(1,2)", "0.1", "xlogspace(1,2,3)", "logspace(1"]
)
def test_other_texts_are_levels_of_their_own(text: str) -> None:
    assert not is_spacing(text)


@pytest.mark.parametrize(
    "arguments",
    ["", "1", "1,2", "1,2,3,4", "1,2,0", "1,2,-3", "1,2,2.5", "a,2,3", "nan,1,3", "1,inf,3"],
)
def test_other_arguments_are_refused_in_one_line(arguments: str) -> None:
    assert is_spacing(f"logspace({arguments})")
    with pytest.raises(ConfigError) as refused:
        read_spacing("lr", f"logspace({arguments})")
    assert str(refused.value) == (
        f"lr=logspace({arguments}): logspace takes three numbers, from, to and how many, "
        "such as logspace(-2,1,7)"
    )
