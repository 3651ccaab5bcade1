"""Columns whose kinds differ between points: the same rows whatever the batches, in any order."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions import FunctionError, check_function, resume_function, sweep_function

ALONE = ExecutionSettings("serial")
BIG = 2**53 + 1


def whole_then_floats(columns: Any) -> Any:
    """Return whole numbers for batches that have no others."""
    x = columns["x"]
    return {"y": x if (x < 6).all() else x / 2 * 2, "z": x}


def one_by_one(levels: list[Any]) -> Any:
    """Return a function of values that are found by the number of the point."""

    def function(columns: Any) -> Any:
        return {"y": [levels[x] for x in columns["x"]]}

    return function


def by_batch(levels: list[Any]) -> Any:
    """Return one whose batches have columns of their first point's kind, or raise."""

    def function(columns: Any) -> Any:
        found = [levels[x] for x in columns["x"]]
        if len({type(each) for each in found}) > 1:
            raise TypeError("kinds")
        return {"y": np.array(found)}

    return function


def swept(folder: Path, function: Any, count: int, size: int) -> list[dict[str, Any]]:
    sweep_function(function, {"x": range(count)}, folder, ALONE, batch=size)
    found: list[dict[str, Any]] = pq.read_table(folder / "results.parquet").to_pylist()
    return found


@pytest.mark.parametrize("reverse", [False, True])
def test_whole_numbers_become_floats_where_other_batches_have_those(
    reverse: bool, tmp_path: Path
) -> None:
    def function(columns: Any) -> Any:
        return whole_then_floats({"x": 9 - columns["x"] if reverse else columns["x"]})

    for size in (1, 3, 10):
        folder = tmp_path / str(size)
        points = swept(folder, function, 10, size)
        assert {(type(point["y"]), type(point["z"])) for point in points} == {(float, int)}
        assert [point["y"] for point in points] == sorted(range(10), reverse=reverse)
        assert (folder / "results.csv").read_bytes() == (tmp_path / "1/results.csv").read_bytes()
    check_function(function, {"x": range(10)})


LEVELS: list[tuple[list[Any], list[str | None]]] = [
    ([1, 0.5, 2], [None, None, None]),
    ([BIG, 1, 0.5], ["returned y, a whole number that a float can't hold", None, None]),
    ([0.5, 2**63 - 1, 2], [None, "returned y, a whole number that a float can't hold", None]),
    ([1, "a", 2], [None, "returned y (texts) where the first point has y (whole numbers)", None]),
    (["a", 1, 0.5], [None, *["returned y (whole", "returned y (numbers)"]]),
    ([True, 1, False], [None, "returned y (whole numbers) where the first", None]),
    (["b", "\ud800", "a"], [None, "returned y with '\\ud800', which isn't UTF-8", None]),
]


ALTERED: list[tuple[list[Any], list[str | None]]] = [
    ([1, np.ma.masked, 2], [None, "returned y masked", None]),
    ([1, 2**63, 2], [None, "returned y=9223372036854775808, which its column", None]),
]
"""What NumPy itself would alter, were it asked to make an array of these."""


@pytest.mark.parametrize(
    ("levels", "messages", "returned"),
    [
        *((*each, one_by_one) for each in [*LEVELS, *ALTERED]),
        *((*each, by_batch) for each in LEVELS),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_how_a_point_ends_depends_on_the_points_alone(
    levels: list[Any], messages: list[str | None], returned: Any, tmp_path: Path
) -> None:
    for size in (1, 2, 3):
        if size > 1 and len({type(each) for each in levels[:2]} - {float}) == 2:
            continue  # a list of both is refused at once, with the first points
        folder = tmp_path / str(size)
        points = swept(folder, returned(levels), len(levels), size)
        for point, wanted, level in zip(points, messages, levels, strict=True):
            if wanted is None:
                assert (point["y"], point["message"]) == (level, None)
            else:
                assert point["y"] is None
                assert point["message"].startswith(wanted)


@pytest.mark.parametrize(("levels", "_"), LEVELS, ids=str)
def test_a_resume_with_other_batches_changes_no_byte(
    levels: list[Any], _: Any, tmp_path: Path
) -> None:
    function = by_batch(levels)
    sweep_function(function, {"x": range(len(levels))}, tmp_path, ALONE, batch=2)
    before = (tmp_path / "results.csv").read_bytes()
    for part in sorted((tmp_path / "parts").iterdir())[:1]:
        part.unlink()
    resume_function(tmp_path, function, ALONE)
    assert (tmp_path / "results.csv").read_bytes() == before


def test_kinds_that_do_not_become_one_are_found_out() -> None:
    with pytest.raises(FunctionError, match="texts and numbers in one column"):
        check_function(one_by_one([0.5, "a"]), {"x": range(2)})
