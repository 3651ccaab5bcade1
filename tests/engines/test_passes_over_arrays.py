"""What an epoch of the reference engine costs, counted: passes over arrays and memory."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xorsweep.config import Point
from xorsweep.engines import numpy_engine
from xorsweep.engines.contract import Training
from xorsweep.plan import Batch
from xorsweep.worker import build_training

PointOf = Callable[..., Point]
TrainingOf = Callable[..., Training]


class Counted(np.ndarray):
    """An array that counts the ufuncs that pass over it, each by its name."""

    counts: dict[str, int] = {}  # noqa: RUF012 - of the whole test

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **given: Any
    ) -> Any:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        Counted.counts[name] = Counted.counts.get(name, 0) + 1
        plain = [each.view(np.ndarray) if isinstance(each, Counted) else each for each in inputs]
        if out:
            given["out"] = tuple(each.view(np.ndarray) for each in out)
        getattr(ufunc, method)(*plain, **given)
        return out[0] if len(out) == 1 else getattr(ufunc, method)(*plain, **given)


@pytest.fixture
def training_of(point_of: PointOf) -> TrainingOf:
    """Return a function that makes the training of 4,096 networks that never converge."""

    def make(epochs: int, **given: Any) -> Training:
        point = point_of(lr=1e-3, criterion="margin", criterion__threshold=1e-9, **given)
        fixed = {key: value for key, value in point.items() if key not in ("epochs", "seed")}
        rows = np.arange(4096)[None]
        batch = Batch(fixed, {"seed": rows[0]}, (epochs,), rows, rows.astype(np.uint64))
        return replace(build_training(batch), course_epochs=())

    return make


def passes(training: Training) -> dict[str, int]:
    Counted.counts = {}
    numpy_engine.train(replace(training, parameters=training.parameters.view(Counted)))
    return dict(Counted.counts)


@pytest.mark.parametrize(
    ("given", "most"),
    [({}, 60), ({"hidden": 8}, 72), ({"optimizer": "momentum"}, 62), ({"skip": True}, 80)],
)
def test_an_epoch_passes_over_the_arrays_no_more_often_than_it_did(
    training_of: TrainingOf, given: dict[str, Any], most: int
) -> None:
    short, long = (passes(training_of(epochs, **given)) for epochs in (5, 15))
    per_epoch = {name: (long[name] - short[name]) / 10 for name in long}
    assert 20 < sum(per_epoch.values()) <= most, per_epoch
    assert per_epoch["exp"] == 2


@pytest.mark.parametrize(
    "given", [{}, {"optimizer": "adam"}, {"activation": "tanh"}, {"schedule": "online"}]
)
def test_an_epoch_allocates_no_array(training_of: TrainingOf, given: dict[str, Any]) -> None:
    peaks = []
    for epochs in (3, 12):
        training = training_of(epochs, **given)
        tracemalloc.start()
        numpy_engine.train(training)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    one_row = 4096 * 8
    assert abs(peaks[1] - peaks[0]) < one_row
