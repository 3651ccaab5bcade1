"""The notebook's own loop: NumPy, one network, one full-batch epoch at a time."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.peers import LEARNING_RATE

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([[0], [1], [1], [0]])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


def slope(y: np.ndarray) -> np.ndarray:
    """Return the derivative of the logistic function where it is y."""
    return y * (1 - y)


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train one network after the other."""
    started = perf_counter()
    columns = [train_one(column, hidden, epochs) for column in parameters.T]
    return np.stack(columns, axis=1), perf_counter() - started


def train_one(column: np.ndarray, hidden: int, epochs: int) -> np.ndarray:
    """Train as the notebook trains: its inputs are whole numbers."""
    lr = LEARNING_RATE
    hidden_weights = column[: 2 * hidden].reshape(2, hidden).copy()
    hidden_bias = column[2 * hidden : 3 * hidden].reshape(1, hidden).copy()
    output_weights = column[3 * hidden : 4 * hidden].reshape(hidden, 1).copy()
    output_bias = column[4 * hidden :].reshape(1, 1).copy()
    for _ in range(epochs):
        hidden_activation = np.dot(INPUTS, hidden_weights)
        hidden_activation += hidden_bias
        hidden_output = sigmoid(hidden_activation)
        output_activation = np.dot(hidden_output, output_weights)
        output_activation += output_bias
        predicted = sigmoid(output_activation)

        error = TARGETS - predicted
        d_predicted = error * slope(predicted)
        error_hidden = d_predicted.dot(output_weights.T)
        d_hidden = error_hidden * slope(hidden_output)

        output_weights += hidden_output.T.dot(d_predicted) * lr
        output_bias += np.sum(d_predicted, axis=0, keepdims=True) * lr
        hidden_weights += INPUTS.T.dot(d_hidden) * lr
        hidden_bias += np.sum(d_hidden, axis=0, keepdims=True) * lr
    weights = (hidden_weights, hidden_bias, output_weights, output_bias)
    return np.concatenate([each.ravel() for each in weights])
