"""JAX: the gradient of one network, mapped over a batch, scanned over epochs, compiled by XLA.

XLA takes every core that it finds.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import INPUTS, LEARNING_RATE, TARGETS

jax.config.update("jax_enable_x64", True)


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train all networks together, compiled beforehand."""
    columns = jnp.asarray(parameters.T)
    trained = _trained.lower(columns, hidden, epochs).compile()
    started = perf_counter()
    found = trained(columns).block_until_ready()
    return np.asarray(found).T, perf_counter() - started


@partial(jax.jit, static_argnums=(1, 2))
def _trained(columns: jax.Array, hidden: int, epochs: int) -> jax.Array:
    gradient = jax.vmap(jax.grad(partial(_loss, hidden=hidden)))

    def step(now: jax.Array, _: None) -> tuple[jax.Array, None]:
        return now - LEARNING_RATE * gradient(now), None

    return jax.lax.scan(step, columns, None, length=epochs)[0]


def _loss(column: jax.Array, hidden: int) -> jax.Array:
    w1, b1 = column[: 2 * hidden].reshape(2, hidden), column[2 * hidden : 3 * hidden]
    w2, b2 = column[3 * hidden : 4 * hidden].reshape(hidden, 1), column[4 * hidden]
    outputs = jax.nn.sigmoid(jax.nn.sigmoid(INPUTS @ w1 + b1) @ w2 + b2)
    return 0.5 * ((TARGETS - outputs) ** 2).sum()
