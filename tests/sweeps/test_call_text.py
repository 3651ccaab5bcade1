"""Calls in Python as the report repeats them."""

from itertools import count, islice

import numpy as np
import pytest

from xorsweep.sweeps.call_text import call_text, function_call

pytestmark = pytest.mark.unit


def test_a_call_imports_its_function_and_can_be_run() -> None:
    axes = {"x": range(3), "y": [0.5, True, "a'b"], "z": np.array([1, 2]), "w": np.float64(2)}
    options = {"blocks": [{"x": (1, 2)}], "where": "x < 2", "csv": False}
    lines = function_call("physics.waves:Wave.energy", axes, options).splitlines()
    assert lines[:2] == ["import xorsweep", "from physics.waves import Wave"]
    read = eval(  # as a reader would, who pastes it
        lines[2].replace("xorsweep.sweep_function", "dict").replace("Wave.energy, ", "axes="),
    )
    assert read == {
        "axes": {"x": range(3), "y": [0.5, True, "a'b"], "z": [1, 2], "w": 2.0},
        "blocks": [{"x": [1, 2]}],
        "where": "x < 2",
        "csv": False,
    }


@pytest.mark.parametrize("name", ["__main__:halving", "package.module:make.<locals>.halving"])
def test_a_function_that_cannot_be_imported_is_named_alone(name: str) -> None:
    text = function_call(name, {"x": 1}, {})
    assert text == "import xorsweep\nxorsweep.sweep_function(halving, {'x': 1})"


def test_many_levels_and_those_of_an_iterator_are_shortened() -> None:
    axes = {"x": [*range(100)], "y": islice(count(), 3)}
    text = call_text("sweep_experiment", "Walk()", axes, {})
    assert text.endswith("47, 48, ..., 99], 'y': ...})")
