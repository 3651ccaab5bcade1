"""Where the rows of a task lie in hidden space, and how their gradients add up.

A point of hidden space is the outputs of the hidden units for a row. Rows at one position
are the same to the output units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.engines.numpy.passes import Pass

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

SAME_SPOT = 0.05
"""Distance up to which rows lie on one spot, in units of the larger of 1 and the largest hidden
output."""


@dataclass(frozen=True)
class RowGroup:
    """Rows on one spot of hidden space, as places in the truth table, ascending.

    `distance` is the largest between two of them; they are `conflicting` where any two of them have
    different targets.
    """

    rows: tuple[int, ...]
    distance: float
    conflicting: bool


@dataclass(frozen=True, eq=False)
class HiddenSpace:
    """The hidden space of a network at some weights without a batch axis.

    inputs (rows, inputs) and targets (rows, units) are the task's; hidden_outputs and hidden_slopes
    (rows, hidden) the values and derivatives of the activation, outputs (rows, units) those of
    the network. error_signals (rows, units) are minus the derivatives of the loss by the
    outputs' pre-activations. All are float64, and infinite or NaN where numbers overflow.
    """

    weights: Weights
    inputs: FloatArray
    targets: FloatArray
    hidden_outputs: FloatArray
    hidden_slopes: FloatArray
    outputs: FloatArray
    error_signals: FloatArray

    @cached_property
    def distances(self) -> FloatArray:
        """Return how far apart the rows lie (rows, rows), Euclidean."""
        with np.errstate(all="ignore"):
            return np.stack(
                [np.linalg.norm(self.hidden_outputs - row, axis=1) for row in self.hidden_outputs]
            )

    @cached_property
    def differ(self) -> NDArray[np.bool_]:
        """Return which rows have different targets (rows, rows)."""
        found: NDArray[np.bool_] = (self.targets[:, None] != self.targets).any(axis=2)
        return found

    @property
    def reach(self) -> float:
        """Return the distance up to which rows lie on one spot."""
        finite = self.hidden_outputs[np.isfinite(self.hidden_outputs)]
        return SAME_SPOT * float(np.abs(finite).max(initial=1.0))

    @cached_property
    def groups(self) -> tuple[RowGroup, ...]:
        """Return the rows that lie on one spot, those with different targets first.

        Any two rows of a group are within `reach`, and no row is in two groups. Groups form around
        pairs, the closest first; of a pair with different targets within `reach` at least one row
        is in a conflicting group.
        """
        return tuple(self._groups())

    def _groups(self) -> Iterator[RowGroup]:
        near = self.distances <= self.reach
        # Each pair once, and no row with itself.
        first, second = np.nonzero(np.triu(near, 1))
        # lexsort's last key counts most: pairs with different targets, then the closest.
        order = np.lexsort((self.distances[first, second], ~self.differ[first, second]))
        free = np.ones(len(near), bool)
        for pair in np.stack([first, second], axis=1)[order].tolist():
            if not (free[pair[0]] and free[pair[1]]):
                continue
            rows = pair
            for row in np.flatnonzero(free & near[pair].all(axis=0)).tolist():
                if row not in rows and near[row, rows].all():
                    rows.append(row)
            free[rows] = False
            yield self.group(sorted(rows))

    def group(self, rows: Sequence[int]) -> RowGroup:
        """Return some rows as a group, near or not."""
        among = np.ix_(rows, rows)
        distance = float(self.distances[among].max())
        return RowGroup(tuple(rows), distance, bool(self.differ[among].any()))

    @cached_property
    def closest(self) -> RowGroup | None:
        """Return the two rows with different targets that are closest; None where there are none.

        Rows whose distance isn't finite don't count.
        """
        allowed = np.triu(self.differ, 1) & np.isfinite(self.distances)
        if not allowed.any():
            return None
        place = int(np.argmin(np.where(allowed, self.distances, np.inf)))
        return self.group([int(row) for row in np.unravel_index(place, allowed.shape)])

    @cached_property
    def row_gradient_norms(self) -> FloatArray:
        """Return the length of the gradient of each row's share of the loss (rows,)."""
        with np.errstate(all="ignore"):
            signals = (self.error_signals**2).sum(axis=1)
            hidden = (self._hidden_signals() ** 2).sum(axis=1)
            inputs, outputs = ((each**2).sum(axis=1) for each in (self.inputs, self.hidden_outputs))
            direct = inputs if len(self.weights.direct) else 0.0
            # A layer's gradient of one row is an outer product, whose norm is that of its two
            # factors multiplied.
            norms: FloatArray = np.sqrt(signals * (1 + outputs + direct) + hidden * (1 + inputs))
        return norms

    def _hidden_signals(self, rows: Sequence[int] | slice = slice(None)) -> FloatArray:
        """Return minus the derivatives by the hidden units' pre-activations (n, hidden)."""
        back: FloatArray = self.error_signals[rows] @ self.weights.w2.T
        return back * self.hidden_slopes[rows]

    def gradient_norm(self, rows: Sequence[int] | slice = slice(None)) -> float:
        """Return the length of the gradient of the loss's share of some rows, by default of all."""
        some = rows if isinstance(rows, slice) else list(rows)
        inputs, signals = self.inputs[some], self.error_signals[some]
        with np.errstate(all="ignore"):
            hidden = self._hidden_signals(some)
            parts = [inputs.T @ hidden, hidden.sum(axis=0)]
            parts += [self.hidden_outputs[some].T @ signals, signals.sum(axis=0)]
            if len(self.weights.direct):
                parts.append(inputs.T @ signals)
            return float(np.linalg.norm([np.linalg.norm(part) for part in parts]))


def hidden_space(training: TrainingBatch, parameters: FloatArray) -> HiddenSpace:
    """Return where the rows of a task lie for the weights (P,) of one network.

    The training's own weights aren't used.
    """
    through = _pass(training, parameters[:, None])
    with np.errstate(all="ignore"):
        run(through.backward)
        hidden = through.activations
        slopes = np.empty_like(hidden)
        training.activation.back(hidden, np.ones_like(hidden), hidden, slopes)
    views = training.network.views(parameters[:, None])
    return HiddenSpace(
        weights=Weights(*(view[..., 0] for view in views)),
        inputs=training.inputs,
        targets=training.targets,
        hidden_outputs=hidden[..., 0],
        hidden_slopes=slopes[..., 0],
        outputs=through.outputs[..., 0].T,
        error_signals=through.output_deltas[..., 0].T,
    )


def hidden_outputs(training: TrainingBatch, parameters: FloatArray) -> FloatArray:
    """Return the outputs of the hidden units for each row (rows, hidden, E).

    The weights (P, E) are those of one network after each of E epochs, not the training's own.
    """
    return _pass(training, parameters).activations


def _pass(training: TrainingBatch, parameters: FloatArray) -> Pass:
    """Return a forward pass of all rows through E networks of one kind."""
    through = Pass.over_task(training, parameters.astype(np.float64))
    with np.errstate(all="ignore"):
        run(through.forward)
    return through
