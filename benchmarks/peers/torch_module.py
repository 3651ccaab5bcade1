"""PyTorch as its tutorials have it: a module, an optimizer, a loop; one network, one thread."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch

from benchmarks.peers import INPUTS, LEARNING_RATE, TARGETS

torch.set_num_threads(1)


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train one network after the other."""
    modules = [module_of(column, hidden) for column in parameters.T]
    inputs, targets = torch.tensor(INPUTS), torch.tensor(TARGETS)
    started = perf_counter()
    for module in modules:
        optimizer = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE)
        for _ in range(epochs):
            optimizer.zero_grad()
            loss = 0.5 * ((targets - module(inputs)) ** 2).sum()
            loss.backward()
            optimizer.step()
    seconds = perf_counter() - started
    return np.stack([column_of(module) for module in modules], axis=1), seconds


def module_of(column: np.ndarray, hidden: int) -> torch.nn.Sequential:
    """Return a module with these parameters."""
    first = torch.nn.Linear(2, hidden, dtype=torch.float64)
    second = torch.nn.Linear(hidden, 1, dtype=torch.float64)
    with torch.no_grad():
        first.weight.copy_(torch.tensor(column[: 2 * hidden].reshape(2, hidden).T.copy()))
        first.bias.copy_(torch.tensor(column[2 * hidden : 3 * hidden]))
        second.weight.copy_(torch.tensor(column[3 * hidden : 4 * hidden].reshape(1, hidden)))
        second.bias.copy_(torch.tensor(column[4 * hidden :]))
    return torch.nn.Sequential(first, torch.nn.Sigmoid(), second, torch.nn.Sigmoid())


def column_of(module: torch.nn.Sequential) -> np.ndarray:
    """Return a module's parameters."""
    first, second = module[0], module[2]
    parts = (first.weight.T, first.bias, second.weight, second.bias)
    return np.concatenate([part.detach().numpy().ravel() for part in parts])
