"""The notebook's own loop: one 2-H-1 network, NumPy, one full-batch epoch at a time."""

from __future__ import annotations

from time import perf_counter

import numpy as np

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([[0], [1], [1], [0]])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


def slope(y: np.ndarray) -> np.ndarray:
    """Return the derivative of the logistic function where it is y."""
    return y * (1 - y)


def train(hidden: int, epochs: int, seed: int = 0, lr: float = 0.1) -> np.ndarray:
    """Return the outputs after training as the notebook trains: its inputs are whole numbers."""
    np.random.seed(seed)  # noqa: NPY002 - the notebook's stream
    hidden_weights = np.random.uniform(size=(2, hidden))  # noqa: NPY002
    hidden_bias = np.random.uniform(size=(1, hidden))  # noqa: NPY002
    output_weights = np.random.uniform(size=(hidden, 1))  # noqa: NPY002
    output_bias = np.random.uniform(size=(1, 1))  # noqa: NPY002
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
    return predicted


def seconds_a_net_epoch(hidden: int, epochs: int) -> float:
    """Return how long the loop takes for one epoch of one network."""
    started = perf_counter()
    train(hidden, epochs)
    return (perf_counter() - started) / epochs
