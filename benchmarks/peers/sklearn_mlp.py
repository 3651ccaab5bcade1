"""scikit-learn's MLPClassifier: one logistic hidden layer, sgd, full batch, nothing adaptive."""

from __future__ import annotations

import warnings
from time import perf_counter

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers import INPUTS, LEARNING_RATE, TARGETS


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train as many networks, from weights of its own."""
    seconds = 0.0
    for member in range(parameters.shape[1]):
        model = MLPClassifier(
            (hidden,),
            activation="logistic",
            solver="sgd",
            alpha=0.0,
            batch_size=4,
            learning_rate_init=LEARNING_RATE,
            max_iter=epochs,
            shuffle=False,
            random_state=member,
            tol=0.0,
            momentum=0.0,
            n_iter_no_change=epochs,
        )
        started = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(INPUTS, TARGETS.ravel())
        seconds += perf_counter() - started
    return np.full_like(parameters, np.nan), seconds
