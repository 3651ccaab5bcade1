"""The kernel for any network, task, optimizer and schedule.

Arrays are (rows, B), a network a column: neighbouring threads read neighbouring numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba import cuda

from xorsweep.networks.engines.cuda.compile import compile_function, kernel
from xorsweep.networks.engines.cuda.forward_backward import passes
from xorsweep.networks.engines.cuda.observation import observation, record
from xorsweep.networks.engines.cuda.optimizers import update_rules
from xorsweep.networks.engines.cuda.row_order import draw_order
from xorsweep.networks.engines.numba.convergence import CONVERGED
from xorsweep.networks.engines.numba.optimizers import LIMIT


@cache
def train_networks(dtype: str) -> Any:
    """Return the kernel for float64 or float32."""
    pass_rows, train_online = _pass_rows(dtype), _train_online(dtype)
    step, observe = update_rules(dtype), observation(dtype)

    @kernel
    def train(
        members: Any, span: Any, shape: Any, codes: Any, x: Any, t: Any, targets: Any, factor: Any,
        w: Any, g: Any, state: Any, settings: Any, convergence_state: Any, seeds: Any, order: Any,
        keys: Any, a: Any, d: Any, y: Any, curve_epochs: Any, place: Any, curve: Any
    ) -> None:  # fmt: skip
        """Train from one epoch to another, in place.

        members (n,) are the networks to be trained, as columns. span is (first epoch, last epoch,
        the last that was observed, -1 before the first); shape (inputs, hidden, outputs, skip);
        codes (activation, output, criterion, optimizer, online, order, held_for, until_converged).
        The task: x (R, inputs), t (R, outputs), targets the same as (R * outputs,). Parameters
        w (P, B), the optimizer's state (S, P, B), settings (rows, B), convergence_state (3, B),
        seeds (B,) uint64. Outputs y (R * outputs, B) and the learning curve (C, B) float64 after
        each of curve_epochs (C,), the next of which is the one at `place`, are written. Buffers:
        g (P, B), a (hidden, B), d (hidden + outputs, B), online order and keys (R, B). A network
        that is to stand still is left at the epoch at which it converged.
        """
        thread = cuda.grid(1)
        if thread >= len(members):
            return
        i = members[thread]
        first, last, observed = span
        _, _, criterion, optimizer, online, _, held_for, until = codes
        if until and convergence_state[CONVERGED, i] >= 0:
            return
        for epoch in range(first, last + 1):
            has_gradient = not online and epoch < last
            pass_rows(i, shape, codes, factor, settings, x, t, has_gradient, w, a, y, d, g)
            stands_still = False
            if epoch > observed:
                limit = settings[LIMIT, i]
                converged = observe(
                    i, epoch, criterion, limit, held_for, y, targets, convergence_state
                )
                stands_still = converged and until > 0
            place = record(i, epoch, stands_still, y, targets, curve_epochs, place, curve)
            if stands_still or epoch == last:
                return
            if online:
                train_online(
                    i, shape, codes, epoch + 1, factor, x, t, w, g, state, settings, seeds, order,
                    keys, a, d, y
                )  # fmt: skip
            else:
                step(i, shape, optimizer, w, g, state, settings)

    return train


def _pass_rows(dtype: str) -> Any:
    """Return the function that passes all rows, for a precision."""
    forward, backward = passes(dtype)

    @compile_function
    def pass_rows(
        i: Any, shape: Any, codes: Any, factor: Any, settings: Any, x: Any, t: Any,
        has_gradient: Any, w: Any, a: Any, y: Any, d: Any, g: Any
    ) -> None:  # fmt: skip
        """Write the outputs y of all rows and, where wanted, minus the gradient g."""
        _clear(i, g)
        for row in range(len(x)):
            at = row * shape[2]
            forward(i, shape, codes, settings, x[row], False, w, a, y, at)
            if has_gradient:
                backward(
                    i, shape, codes, factor, settings, x[row], False, t[row], w, a, y, at, d, g
                )

    return pass_rows


def _train_online(dtype: str) -> Any:
    """Return the function that trains an epoch online, for a precision."""
    forward, backward = passes(dtype)
    step = update_rules(dtype)

    @compile_function
    def train_online(
        i: Any, shape: Any, codes: Any, epoch: Any, factor: Any, x: Any, t: Any, w: Any, g: Any,
        state: Any, settings: Any, seeds: Any, order: Any, keys: Any, a: Any, d: Any, y: Any
    ) -> None:  # fmt: skip
        """Make an update after each row, in the order of the network; y is a buffer."""
        draw_order(i, codes[5], seeds, epoch, keys, order)
        for place in range(len(x)):
            row = order[place, i]
            _clear(i, g)
            forward(i, shape, codes, settings, x[row], True, w, a, y, 0)
            backward(i, shape, codes, factor, settings, x[row], True, t[row], w, a, y, 0, d, g)
            step(i, shape, codes[3], w, g, state, settings)

    return train_online


@compile_function
def _clear(i: Any, g: Any) -> None:
    """Set a network's gradient to zero."""
    for p in range(len(g)):
        g[p, i] = 0
