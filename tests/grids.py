"""Grids for tests: drawn axes, and their points one by one."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from hypothesis import strategies as st

from xorsweep.fields import Scalar
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point

PointOf = Callable[..., Point]

LEVELS: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.floats(1e-6, 1e3),
    "hidden": st.integers(1, 9),
    "epochs": st.integers(1, 50),
    "seed": st.integers(0, 2**32 - 1),
    "skip": st.booleans(),
    "init.high": st.floats(0.5, 5.0),
    "criterion.held_for": st.integers(1, 5),
    "task.levels": st.sampled_from(["hard", "soft"]),
    "output": st.sampled_from(["logistic", "linear"]),
}


@st.composite
def axes_of(draw: st.DrawFn, keys: Sequence[str] = tuple(LEVELS)) -> list[Axis]:
    """Return up to four axes with up to four distinct levels each."""
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=4))
    return [
        Axis(key, tuple(draw(st.lists(LEVELS[key], unique=True, min_size=1, max_size=4))))
        for key in chosen
    ]


def points(grid: Grid) -> list[Point]:
    return [grid.point(row) for row in range(len(grid))]


def frozen(point: Point) -> frozenset[tuple[str, str, Scalar]]:
    return frozenset((key, type(value).__name__, value) for key, value in point.items())


def expected(axes: Sequence[Axis], base: Point) -> Iterator[Point]:
    for levels in product(*(axis.levels for axis in axes)):
        yield {**base, **dict(zip([axis.key for axis in axes], levels, strict=True))}
