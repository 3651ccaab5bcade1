"""Python values become the overrides that a person would type, and Hydra reads them back."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.cli.overrides import GivenSweep, flattened, levels_text
from xorsweep.errors import ConfigError

SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), min_size=1),
)


def read_back(line: str) -> Any:
    """Return Hydra's reading of an override: a value, or a list of levels."""
    override = OverridesParser.create().parse_override(line)
    if override.is_sweep_override():
        return [getattr(level, "text", level) for level in override.sweep_iterator()]
    return getattr(override.value(), "text", override.value())


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


@given(SCALARS)
def test_a_value_is_read_back_as_it_was(value: Any) -> None:
    text = levels_text("key", value)
    found = OverridesParser.create().parse_override(f"key={text}").value()
    assert same(getattr(found, "text", found), value)


@given(st.lists(st.integers(-50, 50), min_size=2))
def test_whole_numbers_are_read_back_in_their_order_however_they_are_written(
    levels: list[int],
) -> None:
    assert read_back(f"seed={levels_text('seed', levels)}") == levels


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        ([0.1, 1], "0.1,1"),
        ((2, 4), "2,4"),
        (range(100), "range(0,100)"),
        (range(5, 0, -2), "range(5,0,-2)"),
        (np.arange(0, 1000, 10), "range(0,1000,10)"),
        (np.array([0.5, 0.25]), "0.5,0.25"),
        (np.float64(0.1), "0.1"),
        (np.array(3), "3"),
        (pd.Series([7, 5]), "7,5"),
        ((2**n for n in range(5)), "1,2,4,8,16"),
        ([3, 3, 3, 3], "3,3,3,3"),
        ([True, False], "true,false"),
        (["sgd", "adam"], "sgd,adam"),
        (["a,b", "null"], '"a,b","null"'),
        (None, "null"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_levels_are_written_as_a_person_would(levels: Any, text: str) -> None:
    assert levels_text("key", levels) == text


def test_a_mapping_is_a_choice_and_its_parameters() -> None:
    given = {"lr": 0.1, "optimizer": {"momentum": [0.5, 0.9], "name": "momentum"}}
    lines = ["lr=0.1", "optimizer=momentum", "optimizer.momentum=0.5,0.9"]
    assert GivenSweep.read(given).overrides == lines
    assert GivenSweep.read({"init": {"range": 2.0}}).overrides == ["init.range=2.0"]
    assert GivenSweep.read({"parallel": {"n_jobs": 2}}).overrides == ["parallel.n_jobs=2"]


def test_blocks_are_one_override_that_hydra_reads_back() -> None:
    blocks = [{"lr": [0.5, 2]}, {"init": {"name": "file", "path": 'a,"b'}, "skip": True}]
    (line,) = GivenSweep.read({}, blocks).overrides
    found = OverridesParser.create().parse_override(line).value()
    assert isinstance(found, list)
    texts = [{str(key): getattr(v, "text", v) for key, v in block.items()} for block in found]
    assert texts[0] == {"lr": "0.5,2"}
    assert texts[1] == {"init": "file", "init.path": '"a,\\"b"', "skip": "true"}


def test_zipped_axes_and_filters_are_overrides_too() -> None:
    zips, where = [("lr", "epochs"), ("init", "loss")], 'task == "xor" and lr < 1'
    lines = GivenSweep.read({}, None, zips, where).overrides
    zipped, kept = (OverridesParser.create().parse_override(line) for line in lines)
    assert zipped.key_or_group == "grid.zip"
    assert zipped.value() == [["lr", "epochs"], ["init", "loss"]]
    assert kept.value() == 'task == "xor" and lr < 1'


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"seed": []}, "seed=[]: this axis has no levels"),
        ({"lr": [[1]]}, "lr=[1]: must be a number, a text, True, False or None, or a list of them"),
        ({"lr": object}, "lr=<class 'object'>: must be a number, a text"),
        ({"lr": {"a": 1}}, "lr={'a': 1}: a mapping is for config groups alone: task, activation"),
        ({"optimizer": [{"name": "sgd"}]}, "optimizer={'name': 'sgd'}: components with their"),
        (
            {"init": {"range": 1}, "init.range": 2},
            "init.range: given twice, as 1 and 2; give it once",
        ),
    ],
)
def test_impossible_values_are_refused_in_one_line(given: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(line)) as raised:
        GivenSweep.read(given)
    assert "\n" not in str(raised.value)


def test_a_mapping_of_the_flat_keys_is_flat_already() -> None:
    assert flattened({"optimizer.momentum": 0.5}) == {"optimizer.momentum": 0.5}
