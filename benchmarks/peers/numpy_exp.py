"""The lower limit of any program of NumPy calls: the exponentials of every epoch, one thread."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.peers import INPUTS

NUMBERS, REPEATS = 4_096, 2_000


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train nothing: take as many exponentials as there are units in all rows of the task."""
    numbers = np.zeros((len(INPUTS) * (hidden + 1), parameters.shape[1]))
    numbers[...] = parameters[0]
    found = np.empty_like(numbers)
    started = perf_counter()
    for _ in range(epochs):
        np.exp(numbers, out=found)
    return np.full_like(parameters, np.nan), perf_counter() - started


def exp_time() -> float:
    """Return the nanoseconds that one exponential takes in an array of 4,096 float64."""
    numbers = np.random.default_rng(0).uniform(-4, 4, NUMBERS)
    found = np.empty_like(numbers)
    started = perf_counter()
    for _ in range(REPEATS):
        np.exp(numbers, out=found)
    return 1e9 * (perf_counter() - started) / (REPEATS * NUMBERS)
