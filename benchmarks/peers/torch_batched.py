"""PyTorch with a batch axis: baddbmm forward, autograd backward, one thread."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch

from benchmarks.peers import INPUTS, LEARNING_RATE, TARGETS

torch.set_num_threads(1)


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train all networks together."""
    members = parameters.shape[1]
    columns = torch.tensor(np.ascontiguousarray(parameters.T))
    shapes = ((2, hidden), (1, hidden), (hidden, 1), (1, 1))
    sizes = [rows * units for rows, units in shapes]
    weights = [
        part.reshape(members, *shape).clone().requires_grad_()
        for part, shape in zip(columns.split(sizes, dim=1), shapes, strict=True)
    ]
    inputs = torch.tensor(INPUTS).expand(members, 4, 2)
    targets = torch.tensor(TARGETS)
    optimizer = torch.optim.SGD(weights, lr=LEARNING_RATE)
    started = perf_counter()
    for _ in range(epochs):
        optimizer.zero_grad()
        w1, b1, w2, b2 = weights
        activations = torch.sigmoid(torch.baddbmm(b1, inputs, w1))
        outputs = torch.sigmoid(torch.baddbmm(b2, activations, w2))
        (0.5 * ((targets - outputs) ** 2).sum()).backward()
        optimizer.step()
    seconds = perf_counter() - started
    flat = [weight.detach().reshape(members, -1) for weight in weights]
    return torch.cat(flat, dim=1).numpy().T, seconds
