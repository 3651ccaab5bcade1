"""The cost of an epoch of the reference engine, counted: passes over arrays and memory."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from xorsweep.grid.schema import Point
from xorsweep.networks import activations, criteria
from xorsweep.networks.engines.interface import TrainingBatch
from xorsweep.networks.engines.numpy import engine as numpy_engine
from xorsweep.networks.engines.numpy import input_layers, operations, passes, recorder
from xorsweep.networks.engines.numpy.state import NetworkState
from xorsweep.networks.optimizers import base as rule
from xorsweep.networks.optimizers import momentum, sgd
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training

PointOf = Callable[..., Point]
TrainingOf = Callable[..., TrainingBatch]

FEW, MANY = 64, 32_768
"""Networks of a batch: as many passes over arrays, and enough for one row to be seen."""


class CountingNumPy:
    """NumPy for a module, with ufuncs that count how often they are called, by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        return CountingUfunc(found, self.counts) if isinstance(found, np.ufunc) else found


class CountingUfunc:
    """A ufunc that counts, apart from all calls those that NumPy is slow to start."""

    def __init__(self, ufunc: np.ufunc, counts: Counter[str]) -> None:
        self._ufunc, self._counts = ufunc, counts

    def __call__(self, *given: Any, **named: Any) -> Any:
        self._counts[self._ufunc.__name__] += 1
        if not is_quick_to_start([*given, *named.values()]):
            self._counts["slow"] += 1
        return self._ufunc(*given, **named)

    def reduce(self, *given: Any, **named: Any) -> Any:
        self._counts[f"{self._ufunc.__name__}.reduce"] += 1
        self._counts["slow"] += 1
        return self._ufunc.reduce(*given, **named)


def is_quick_to_start(operands: list[Any]) -> bool:
    """Tell whether all are contiguous arrays of one shape, except for arrays of one number."""
    if not all(isinstance(each, np.ndarray) and each.flags.c_contiguous for each in operands):
        return False
    return len({each.shape for each in operands if each.ndim}) == 1


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingNumPy:
    """Return the name of NumPy in every module that works on arrays of the reference engine."""
    counting = CountingNumPy()
    engine = (input_layers, operations, passes, recorder)
    for module in (*engine, activations, criteria, momentum, rule, sgd):
        monkeypatch.setattr(module, "np", counting)
    return counting


@pytest.fixture
def training_of(point_of: PointOf) -> TrainingOf:
    """Return a function that makes the training of networks that never converge."""

    def make(epochs: int, members: int, **given: Any) -> TrainingBatch:
        point = point_of(lr=1e-3, criterion="margin", criterion__threshold=1e-9, **given)
        fixed = {key: value for key, value in point.items() if key not in ("epochs", "seed")}
        rows = np.arange(members)[None]
        batch = Batch(fixed, {"seed": rows[0]}, (epochs,), rows, rows.astype(np.uint64))
        return replace(build_training(batch), curve_epochs=())

    return make


@pytest.mark.parametrize(
    ("given", "most", "most_slow"),
    [
        ({}, 34, 7),
        ({"hidden": 8}, 40, 7),
        ({"optimizer": "momentum"}, 36, 8),
        ({"skip": True}, 43, 7),
        ({"loss": "mse", "output": "linear"}, 28, 7),
    ],
)
def test_an_epoch_calls_numpy_no_more_often_than_it_did(
    training_of: TrainingOf,
    counting: CountingNumPy,
    given: dict[str, Any],
    most: int,
    most_slow: int,
) -> None:
    numpy_engine.train(training_of(5, FEW, **given))
    short = Counter(counting.counts)
    counting.counts.clear()
    numpy_engine.train(training_of(15, FEW, **given))
    counting.counts.subtract(short)
    each = {name: count / 10 for name, count in counting.counts.items() if count}
    slow = each.pop("slow")
    assert 25 < sum(each.values()) <= most, each
    assert slow <= most_slow
    assert each["exp"] == (2 if "output" not in given else 1)


@pytest.mark.parametrize(
    "given", [{}, {"optimizer": "adam"}, {"activation": "tanh"}, {"schedule": "online"}]
)
def test_an_epoch_allocates_no_array(training_of: TrainingOf, given: dict[str, Any]) -> None:
    allocated = []
    networks = NetworkState(training_of(6, MANY, **given))
    networks.forward()
    tracemalloc.start()
    for epoch in range(1, 7):
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        networks.train(epoch)
        networks.forward()
        allocated.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    one_row = MANY * 8
    assert max(allocated[1:]) < one_row // 2  # NumPy's own buffers are of one size for any batch
