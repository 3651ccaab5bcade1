from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.errors import ConfigError
from xorsweep.fields import Boolean, Choice, Integer, Real, String, field, fields_of
from xorsweep.fields.values import read_value

RATE = Real(above=0)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "abc", None, True, [0.1]])
def test_a_value_that_is_no_positive_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^lr=.*: lr must be a finite number above 0(;|$)"):
        read_value("lr", value, RATE)


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False))
def test_a_real_is_read_to_the_bit(value: float) -> None:
    assert read_value("lr", value, RATE) == value
    assert read_value("lr", np.float64(value), RATE) == value


def test_a_whole_number_reads_as_a_real_and_minus_zero_as_zero() -> None:
    read_one = read_value("lr", 1, RATE)
    assert isinstance(read_one, float)
    assert str(Real().read(-0.0)) == "0.0"


def test_bounds_are_inclusive_or_exclusive_as_named() -> None:
    rule = Real(at_least=0, below=1)
    assert rule.read(0) == 0
    with pytest.raises(ConfigError, match="at least 0 and below 1"):
        read_value("momentum", 1, rule)


def test_whole_numbers_may_be_written_as_floats_but_not_be_fractions() -> None:
    rule = Integer(1, 10**6)
    assert read_value("epochs", 1e4, rule) == 10_000
    assert isinstance(read_value("epochs", 1e4, rule), int)
    for value in (2.5, 0, True, "3", float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="a whole number from 1 to 1000000"):
            read_value("epochs", value, rule)


def test_names_texts_and_truth_values_are_taken_as_they_are() -> None:
    assert read_value("init", "he", Choice(("he", "normal"))) == "he"
    assert read_value("skip", True, Boolean()) is True
    assert read_value("init.path", "a.npz", String()) == "a.npz"
    with pytest.raises(ConfigError, match=r"^init=hee: .* he, normal; did you mean he\?$"):
        read_value("init", "hee", Choice(("he", "normal")))
    with pytest.raises(
        ConfigError, match=r"^skip=yes: skip must be true or false; did you mean true\?$"
    ):
        read_value("skip", "yes", Boolean())
    with pytest.raises(ConfigError, match=r"^init.path=null: "):
        read_value("init.path", None, String())


def test_only_declared_parameters_are_keys() -> None:
    @dataclass(frozen=True)
    class Momentum:
        momentum: float = field(0.9, Real(at_least=0, below=1))
        online = True

    assert list(fields_of(Momentum)) == ["momentum"]
    assert Momentum().momentum == 0.9
