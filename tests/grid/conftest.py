from collections.abc import Callable

import pytest

from xorsweep.fields import Scalar
from xorsweep.grid.schema import Point

PointOf = Callable[..., Point]


@pytest.fixture(scope="session")
def bare_point_of(point_of: PointOf) -> PointOf:
    """Return a function that makes a checked point without the keys that are null."""

    def make(**given: Scalar) -> Point:
        return {key: value for key, value in point_of(**given).items() if value is not None}

    return make
