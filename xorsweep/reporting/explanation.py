"""Explains the outcome of a run, in sentences about its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from xorsweep.fields import FloatArray
from xorsweep.networks.curvature import measure_curvature
from xorsweep.networks.hidden_space import HiddenSpace, RowGroup, hidden_outputs, hidden_space
from xorsweep.networks.metrics import (
    FLAT,
    PASSING,
    TRAPPED,
    Curvature,
    classify_curvature,
)
from xorsweep.networks.solutions import is_solution
from xorsweep.reporting.run_outcome import describe_solution
from xorsweep.reporting.svg.error_curve import LARGEST, count_before_divergence
from xorsweep.reporting.svg.markup import number
from xorsweep.text import count_text, join_words

if TYPE_CHECKING:
    from xorsweep.networks.single_run import SingleRun

MOST_GROUPS = 3
"""The number of groups of rows with sentences of their own."""
MOST_POSITIONS = 4
"""Hidden units up to which a sentence gives the places of rows in hidden space."""
CANCELLED = 0.1
"""Gradients almost cancel if their sum is shorter than this share of the sum of their lengths."""
CANCEL = "almost cancel"
ALIKE = 0.1
"""Outputs are alike if they differ by no more."""
HARDLY = 0.05
"""A unit hardly reacts where its slope is at most this."""
STEADY = 0.01
"""Relative change of a distance or an error up to which it is called unchanged."""
MIDDLE = 0.5
WRONG = 0.5
"""An output is wrong if it is further from its target than this."""


CURVATURE_TEXTS = {
    TRAPPED: "every direction curves upwards, as around a minimum, so the run counts as trapped",
    PASSING: "some direction curves downwards, so the run passes a saddle and may still leave it",
    FLAT: "too close to zero to distinguish a minimum from a saddle",
}
"""Where an unsolved run stands, by the sign of the smallest curvature."""


class RunDiagnosis:
    """Explains the outcome of a run: its hidden space after the last epoch that can be drawn.

    `space` is None where the error was never below LARGEST. `place` is that epoch's in
    `run.epochs`; it is the last one unless the run diverged.
    """

    def __init__(self, run: SingleRun) -> None:
        self.run = run
        self.place = count_before_divergence(run.errors.final_error) - 1
        self.space: HiddenSpace | None = None
        if self.place >= 0:
            self.space = hidden_space(run.training, run.parameters[:, self.place])

    @cached_property
    def title(self) -> str:
        """Return the question that the sentences answer."""
        if self._diverged:
            return "Hidden units before the run diverged"
        return "How it is solved" if self.run.outcome == "solved" else "Why it isn't solved"

    @cached_property
    def sentences(self) -> list[str]:
        """Return the explanation as texts of a sentence or two."""
        if self.space is None:
            return [
                f"Half the sum of squared errors was {LARGEST:g} or more before the first epoch."
            ]
        if self._diverged:
            return [*self._divergence()]
        if self.run.outcome == "solved":
            return [*self._solution(self.space)]
        return [*self._failure(self.space)]

    @cached_property
    def line(self) -> str | None:
        """Return in one line why a run isn't solved; None where it is, or has no epoch to show."""
        space = self.space
        if space is None or self.run.outcome == "solved":
            return None
        reasons = self._divergence() if self._diverged else self._reasons(space)
        return next(reasons, None)

    def _reasons(self, space: HiddenSpace) -> Iterator[str]:
        """Yield sentences about a failed run, the one that explains most first."""
        for group in self._conflicts(space):
            alike = f"{self._targets(group)}, have nearly the same position in hidden space"
            gradients = self._gradients(space, group.rows, "their gradients")
            yield f"Rows {self._labels(group.rows)}, with {alike}; {gradients}."
        yield from self._saturated_outputs(space)
        gradients = self._gradients(space, range(len(space.inputs)), "The gradients of all rows")
        # Gradients of all rows are a reason only where they cancel.
        if CANCEL in gradients:
            yield f"{gradients}."
        yield from self._motion()

    @property
    def _diverged(self) -> bool:
        return self.place + 1 < len(self.run.epochs) or self.run.outcome == "diverged"

    @property
    def _one_output(self) -> bool:
        return self.run.training.network.outputs == 1

    def _divergence(self) -> Iterator[str]:
        errors, epochs = self.run.errors.final_error, self.run.epochs
        text = f"Half the sum of squared errors was {number(float(errors[0]))} before training"
        if self.place:
            error = number(float(errors[self.place]))
            text += f" and {error} after {count_text(epochs[self.place], 'epoch')}"
        if self.place + 1 < len(epochs):
            following = epochs[self.place + 1]
            text += f"; at the next stored epoch, {following:,}, it isn't below {LARGEST:g}"
        yield f"{text}."
        yield f"The hidden outputs are those after {count_text(epochs[self.place], 'epoch')}."

    def _solution(self, space: HiddenSpace) -> Iterator[str]:
        if is_solution(self.run.solution):
            yield describe_solution(self.run)
        if space.closest is not None:
            yield (
                f"The two rows with different targets that are closest in hidden space, "
                f"{self._labels(space.closest.rows)}, are "
                f"{number(space.closest.distance)} apart."
            )
        same = [group for group in space.groups if not group.conflicting]
        for group in same[:MOST_GROUPS]:
            yield (
                f"{self._rows(group.rows)} have the same target and nearly the same position: "
                f"{self._apart(group)}."
            )
        yield from self._more(
            len(same) - MOST_GROUPS, "group with one target", "groups with one target each"
        )
        if not _all_right(space):
            return
        high = space.targets > MIDDLE
        network = self.run.training.network
        if self._one_output and not network.skip and high.any() and not high.all():
            divider = {1: "threshold", 2: "line"}.get(network.hidden, "plane")
            yield (
                f"The {divider} at which the output is one half separates the rows with the high "
                "target from those with the low one."
            )
        else:
            links = ", which also depends on direct connections," if network.skip else ""
            yield f"Every output{links} is on the same side of one half as its target."

    def _failure(self, space: HiddenSpace) -> Iterator[str]:
        yield from self._threshold(space)
        groups = self._conflicts(space)
        for group in groups[:MOST_GROUPS]:
            yield from self._conflict(space, group)
        yield from self._more(len(groups) - MOST_GROUPS, "group of rows", "groups of rows")
        if not groups and space.closest is not None:
            yield (
                "No two rows with different targets share a position in hidden space: the "
                f"closest, {self._labels(space.closest.rows)}, are "
                f"{number(space.closest.distance)} apart."
            )
        yield from self._saturated_outputs(space)
        yield f"{self._gradients(space, range(len(space.inputs)), 'The gradients of all rows')}."
        yield from self._motion()
        yield from self._curvature(space)

    def _conflicts(self, space: HiddenSpace) -> list[RowGroup]:
        return [group for group in space.groups if group.conflicting]

    def _threshold(self, space: HiddenSpace) -> Iterator[str]:
        """Yield an explanation where no threshold of a single hidden unit separates the rows."""
        network = self.run.training.network
        if network.hidden > 1 or network.skip or not self._one_output:
            return
        values, targets = space.hidden_outputs[:, 0], space.targets[:, 0]
        low, high = values[targets == targets.min()], values[targets == targets.max()]
        # A threshold lies between the targets, so the failure has another reason.
        if low.max() < high.min() or high.max() < low.min():
            return
        rows = np.argsort(values, kind="stable").tolist()
        yield (
            "With one hidden unit the output depends on one number, and is on one side of one half "
            "below a threshold and on the other side above it. In the order of that number the "
            f"rows are {self._labels(rows)}, with the targets "
            f"{join_words([f'{targets[row]:g}' for row in rows])}: no threshold separates these."
        )

    def _conflict(self, space: HiddenSpace, group: RowGroup) -> Iterator[str]:
        rows = list(group.rows)
        yield (
            f"{self._rows(rows)} have {self._targets(group)} but nearly the same position in "
            f"hidden space: {self._places(space, rows)}{self._apart(group)}{self._approach(group)}."
        )
        if self._one_output:
            yield from self._common_answer(space, rows)
        yield f"{self._gradients(space, rows, 'Their gradients')}."
        slope = float(np.abs(space.hidden_slopes[rows]).max())
        if slope <= HARDLY:
            yield (
                "There the outputs of the hidden units hardly change with their inputs: their "
                f"largest derivative is {number(slope)}. The gradients of the hidden weights, "
                "which alone can move the rows apart in hidden space, are multiplied by these "
                "derivatives."
            )

    def _common_answer(self, space: HiddenSpace, rows: list[int]) -> Iterator[str]:
        outputs, signals = space.outputs[rows, 0], space.error_signals[rows, 0]
        answers = join_words([number(float(output)) for output in outputs])
        if self.run.training.network.skip:
            yield f"Direct connections can still distinguish them; the outputs are {answers}."
        elif np.ptp(outputs) <= ALIKE:
            mean = float(space.targets[rows, 0].mean())
            yield (
                f"So the output unit can hardly distinguish them: the outputs are {answers}. For "
                f"equal outputs the loss is lowest at the mean of the targets, {number(mean)}."
            )
        else:
            yield (
                "The output weights are large enough to distinguish them: the outputs are "
                f"{answers}."
            )
        pull = join_words([_signed(float(signal), 4) for signal in signals])
        yield (
            "Their error signals, which say how strongly each row raises (+) or lowers (-) the "
            f"output, are {pull}: they add up to {_signed(float(signals.sum()))}."
        )

    def _saturated_outputs(self, space: HiddenSpace) -> Iterator[str]:
        """Yield an explanation of outputs that are wrong and saturated."""
        training = self.run.training
        # Where the loss cancels the slope, an error signal stays large at a saturated output.
        if not self._one_output or training.output != "logistic" or training.loss.cancels_slope:
            return
        outputs, targets = space.outputs[:, 0], space.targets[:, 0]
        slopes = outputs * (1 - outputs)
        rows = np.flatnonzero((np.abs(targets - outputs) > WRONG) & (slopes <= HARDLY)).tolist()
        if rows:
            noun = "output" if len(rows) == 1 else "outputs"
            yield (
                f"The {noun} of {self._rows(rows, 'row')} "
                f"{'is' if len(rows) == 1 else 'are'} wrong, but saturated: there the "
                "largest derivative y(1 - y) of the output unit is "
                f"{number(float(slopes[rows].max()))}, and error signals are multiplied by it."
            )

    def _motion(self) -> Iterator[str]:
        """Yield how far the run has moved in the last half of its epochs."""
        then, now = self._half, self.place
        if then == now:
            return
        errors = self.run.errors.final_error
        before, after = float(errors[then]), float(errors[now])
        went = "fell" if after < before else "rose"
        if abs(after - before) <= STEADY * before:
            error = f"stayed near {number(after)}"
        else:
            error = f"{went} from {number(before)} to {number(after)}"
        moved = self._positions[..., 1] - self._positions[..., 0]
        farthest = float(np.linalg.norm(moved, axis=1).max())
        yield (
            f"Since epoch {self.run.epochs[then]:,} half the sum of squared errors {error}, and "
            f"the row that moved farthest in hidden space moved by {number(farthest)}."
        )

    @cached_property
    def curvature(self) -> Curvature:
        """Return the curvature of the loss where the run ended, each (1,), NaN where unknown."""
        return measure_curvature(self.run.training, self.run.parameters[:, [self.place]])

    def _curvature(self, space: HiddenSpace) -> Iterator[str]:
        smallest, largest = self.curvature.curvature_min, self.curvature.curvature_max
        state = classify_curvature(smallest, largest)[0]
        if state:
            text = CURVATURE_TEXTS[state]
            if state == TRAPPED and _all_right(space):
                text = "every direction curves upwards, and every output is on its target's side"
            yield f"The smallest curvature of the loss is {_signed(float(smallest[0]))}: {text}."

    @cached_property
    def _half(self) -> int:
        """Return the place of the kept epoch that is closest to half of the epochs."""
        # Epochs are spaced on a log scale, so that the middle place isn't half of them.
        epochs = np.array(self.run.epochs[: self.place + 1])
        return int(np.abs(epochs - epochs[-1] / 2).argmin())

    @cached_property
    def _positions(self) -> FloatArray:
        """Return the hidden outputs (rows, hidden, 2) halfway and at the end."""
        ends = self.run.parameters[:, [self._half, self.place]]
        return hidden_outputs(self.run.training, ends)

    def _approach(self, group: RowGroup) -> str:
        """Return how far apart the rows of a group were halfway."""
        if self._half == self.place:
            return ""
        there = self._positions[list(group.rows), :, 0]
        then = max(float(np.linalg.norm(there - each, axis=1).max()) for each in there)
        return f" ({number(then)} after {self.run.epochs[self._half]:,} epochs)"

    def _gradients(self, space: HiddenSpace, rows: Sequence[int], whose: str) -> str:
        """Return how long the gradients of rows are alone and together."""
        alone = space.row_gradient_norms[list(rows)].tolist()
        together = space.gradient_norm(list(rows))
        few = len(alone) <= MOST_POSITIONS
        lengths = [number(length) for length in (alone if few else (min(alone), max(alone)))]
        words = join_words(lengths) if few else " to ".join(lengths)
        cancel = f"{CANCEL}: they " if together <= CANCELLED * sum(alone) else ""
        return f"{whose} {cancel}have the norms {words}, and their sum has norm {number(together)}"

    def _places(self, space: HiddenSpace, rows: list[int]) -> str:
        """Return where few rows lie in few dimensions, else nothing."""
        hidden = space.hidden_outputs[rows]
        if hidden.shape[1] > MOST_POSITIONS or len(rows) > MOST_POSITIONS:
            return ""
        points = [f"({', '.join(f'{value:.3f}' for value in row)})" for row in hidden]
        return f"at {join_words(points)}, "

    def _apart(self, group: RowGroup) -> str:
        farthest = "the farthest two " if len(group.rows) > 2 else ""
        return f"{farthest}{number(group.distance)} apart"

    def _targets(self, group: RowGroup) -> str:
        if not self._one_output:
            return "different targets"
        targets = self.run.training.targets[list(group.rows), 0]
        return f"the targets {join_words([f'{target:g}' for target in targets])}"

    def _rows(self, rows: Sequence[int], word: str = "Row") -> str:
        return f"{word}{'s' if len(rows) > 1 else ''} {self._labels(rows)}"

    def _labels(self, rows: Sequence[int]) -> str:
        names = self.run.task.row_labels()
        return join_words([names[row] for row in rows])

    def _more(self, count: int, noun: str, plural: str) -> Iterator[str]:
        if count > 0:
            yield f"So do the rows of {count_text(count, f'more {noun}', f'more {plural}')}."


def _all_right(space: HiddenSpace) -> bool:
    """Tell whether every output is on the same side of one half as its target."""
    return bool(((space.outputs > MIDDLE) == (space.targets > MIDDLE)).all())


def _signed(value: float, digits: int = 3) -> str:
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)
