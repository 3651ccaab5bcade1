"""Optimizers, each as how a step changes the parameters of a batch, given minus the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Batched, Real, field
from xorsweep.registry import Registry

Array = NDArray[Any]
State = tuple[Array, ...]


@dataclass(frozen=True)
class Optimizer:
    """An update rule; `online` tells whether it can be used with updates from single rows.

    P is the number of weights and biases, B that of networks; the parameters of a rule are numbers
    or arrays (B,). Its state is a tuple of arrays with B last: what is remembered between steps,
    and buffers, since a step allocates nothing.
    """

    online: ClassVar[bool] = True

    def check(self) -> None:
        """Raise ConfigError where parameters contradict each other."""

    def check_rate(self, learning_rate: Batched) -> None:
        """Raise ConfigError where a learning rate, or one of several (N,), can't be used."""

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the state before the first step.

        Args:
            parameters: The initial weights (P, B), float64 or float32.
            learning_rate: One per network (B,), of the same dtype.
        """
        return ()

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Update parameters and state in place.

        Args:
            state: What `start` returned, or the last step left.
            parameters: The weights (P, B), float64 or float32, as all arrays.
            negative_gradient: Minus the gradient of the loss (P, B); may be overwritten.
            learning_rate: One per network (B,).
            scratch: A buffer (P, B).
        """
        raise NotImplementedError


class Sgd(Optimizer):
    """Gradient descent: w += lr * g, with g minus the gradient."""

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)


@dataclass(frozen=True)
class _Velocity(Optimizer):
    """Rules with a velocity v = m v + lr * g, where g is minus the gradient."""

    momentum: Batched = field(0.9, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return a velocity of zero."""
        return (np.zeros_like(parameters),)

    def _accelerated(self, state: State, negative_gradient: Array, learning_rate: Array) -> Array:
        """Return the velocity after a step, and multiply negative_gradient by lr in place."""
        (velocity,) = state
        np.multiply(velocity, self.momentum, out=velocity)
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.add(velocity, negative_gradient, out=velocity)
        return velocity


@dataclass(frozen=True)
class Momentum(_Velocity):
    """Heavy ball: v = m v + lr * g; w += v, with g minus the gradient.

    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning internal representations by error
    propagation", in Parallel Distributed Processing, vol. 1 (1986).
    """

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        velocity = self._accelerated(state, negative_gradient, learning_rate)
        np.add(parameters, velocity, out=parameters)


@dataclass(frozen=True)
class Nesterov(_Velocity):
    """Nesterov's momentum: v = m v + lr * g; w += m v + lr * g, with g minus the gradient.

    The parameters are the point ahead, w + m v in the usual notation, at which the gradient is
    taken. Y. Nesterov, "A method of solving a convex programming problem with convergence rate
    O(1/k^2)", Soviet Mathematics Doklady 27 (1983); in this form Y. Bengio,
    N. Boulanger-Lewandowski and R. Pascanu, "Advances in optimizing recurrent networks",
    ICASSP 2013.
    """

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        velocity = self._accelerated(state, negative_gradient, learning_rate)
        np.multiply(velocity, self.momentum, out=scratch)
        np.add(parameters, scratch, out=parameters)
        np.add(parameters, negative_gradient, out=parameters)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: w += lr * m / (sqrt(v) + epsilon), of moments m and v corrected for their start at 0.

    With g minus the gradient, m = beta1 m + (1 - beta1) g and v = beta2 v + (1 - beta2) g**2;
    after t steps m is divided by 1 - beta1**t and v by 1 - beta2**t. D. P. Kingma and J. Ba, "Adam:
    a method for stochastic optimization", ICLR 2015.
    """

    beta1: Batched = field(0.9, Real(at_least=0, below=1))
    beta2: Batched = field(0.999, Real(at_least=0, below=1))
    epsilon: Batched = field(1e-8, Real(above=0))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the moments (P, B), and (2, B): 1 - beta, beta**t and room for 1 - beta**t."""
        shape, dtype = learning_rate.shape, learning_rate.dtype
        both = [np.broadcast_to(beta, shape) for beta in (self.beta1, self.beta2)]
        betas = np.stack(both).astype(dtype)
        moments = np.zeros_like(parameters), np.zeros_like(parameters)
        return *moments, 1.0 - betas, np.ones_like(betas), np.empty_like(betas)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        mean, square, shares, powers, corrections = state
        np.multiply(powers[0], self.beta1, out=powers[0])
        np.multiply(powers[1], self.beta2, out=powers[1])
        np.subtract(1.0, powers, out=corrections)
        np.multiply(mean, self.beta1, out=mean)
        np.multiply(negative_gradient, shares[0], out=scratch)
        np.add(mean, scratch, out=mean)
        np.multiply(square, self.beta2, out=square)
        np.multiply(negative_gradient, negative_gradient, out=scratch)
        np.multiply(scratch, shares[1], out=scratch)
        np.add(square, scratch, out=square)
        np.divide(square, corrections[1], out=scratch)
        np.sqrt(scratch, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        np.divide(mean, corrections[0], out=negative_gradient)
        np.multiply(negative_gradient, learning_rate, out=negative_gradient)
        np.divide(negative_gradient, scratch, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)


@dataclass(frozen=True)
class Rprop(Optimizer):
    """iRprop-: w += sign(slope) * step, with a step size of its own for each weight.

    The slope is minus the gradient. A step starts at lr, is multiplied by `increase` where the
    slope keeps its sign, and by `decrease` where it turns; there the weight rests for an epoch and
    the next slope is compared with none. Steps stay between `smallest` and `largest`.

    M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm", ICNN 1993; this variant C. Igel and M. Hüsken, "Improving the Rprop learning
    algorithm", NC 2000, and "Empirical evaluation of the improved Rprop learning algorithms",
    Neurocomputing 50 (2003).
    """

    online = False
    increase: Batched = field(1.2, Real(above=1))
    decrease: Batched = field(0.5, Real(above=0, below=1))
    smallest: Batched = field(1e-6, Real(at_least=0))
    largest: Batched = field(50.0, Real(above=0))

    def check(self) -> None:
        """Raise ConfigError unless smallest is at most largest."""
        for smallest, largest in _descending(self.smallest, self.largest):
            raise ConfigError(
                f"optimizer.smallest={smallest}: must be at most optimizer.largest, "
                f"which is {largest}"
            )

    def check_rate(self, learning_rate: Batched) -> None:
        """Raise ConfigError unless the first step lies between smallest and largest."""
        reason = "is the first step of optimizer=rprop and must be"
        for rate, largest in _descending(learning_rate, self.largest):
            raise ConfigError(f"lr={rate}: lr {reason} at most optimizer.largest, {largest}")
        for smallest, rate in _descending(self.smallest, learning_rate):
            raise ConfigError(f"lr={rate}: lr {reason} at least optimizer.smallest, {smallest}")

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return steps of lr, previous signs of zero, and room for a mask, each (P, B)."""
        steps = np.full_like(parameters, learning_rate)
        return steps, np.zeros_like(parameters), np.empty(parameters.shape, bool)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        steps, previous, mask = state
        np.sign(negative_gradient, out=negative_gradient)
        np.multiply(negative_gradient, previous, out=scratch)
        np.greater(scratch, 0.0, out=mask)
        np.multiply(steps, self.increase, out=steps, where=mask)
        np.minimum(steps, self.largest, out=steps)
        np.less(scratch, 0.0, out=mask)
        np.multiply(steps, self.decrease, out=steps, where=mask)
        np.maximum(steps, self.smallest, out=steps)
        np.copyto(negative_gradient, 0.0, where=mask)
        np.copyto(previous, negative_gradient)
        np.multiply(negative_gradient, steps, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)


def _descending(first: Batched, second: Batched) -> list[tuple[float, float]]:
    """Return the first pair of which the first is the larger, if there is one."""
    firsts, seconds = map(np.ravel, np.broadcast_arrays(first, second))
    return [(firsts[wrong], seconds[wrong]) for wrong in np.flatnonzero(firsts > seconds)[:1]]


@dataclass(frozen=True)
class Quickprop(Optimizer):
    """Quickprop: to the minimum of a parabola through two slopes, a weight at a time.

    With g minus the gradient, the slope s = g - decay * w, the one before it p and the last step d,
    the next step is d s / (p - s), but d * growth where that would be longer or lie uphill, which
    is where s / p reaches growth / (1 + growth). To it lr * s is added, unless s and p differ in
    sign; the first step is lr * s. S. E. Fahlman, "An empirical study of learning speed in
    back-propagation networks", CMU-CS-88-162 (1988), where growth is mu and lr epsilon. Neither his
    division of epsilon by fan-in nor the 0.1 that he adds to the slope of the logistic is part of
    the rule.
    """

    online = False
    growth: Batched = field(1.75, Real(above=0))
    decay: Batched = field(0.0, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return the last step, the slope before it and room for a mask, each (P, B)."""
        last = np.zeros_like(parameters), np.zeros_like(parameters)
        return *last, np.empty(parameters.shape, bool)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        step, previous, mask = state
        np.multiply(parameters, self.decay, out=scratch)
        np.subtract(negative_gradient, scratch, out=negative_gradient)
        self._jump(step, previous, negative_gradient, mask, scratch)
        np.sign(previous, out=scratch)
        np.multiply(scratch, negative_gradient, out=scratch)
        np.less(scratch, 0.0, out=mask)
        np.multiply(negative_gradient, learning_rate, out=scratch)
        np.copyto(scratch, 0.0, where=mask)
        np.add(step, scratch, out=step)
        np.add(parameters, step, out=parameters)
        np.copyto(previous, negative_gradient)

    def _jump(
        self, step: Array, previous: Array, slope: Array, mask: Array, scratch: Array
    ) -> None:
        """Make of the last step the one to the parabola's minimum, or the longest allowed.

        A step always goes the way of its slope, so s / (p - s) is at most -1 where s is steeper
        than p: there the parabola has no minimum. It is NaN where neither slope nor step is.
        """
        np.subtract(previous, slope, out=scratch)
        np.divide(slope, scratch, out=scratch)
        np.less_equal(scratch, -1.0, out=mask)
        np.copyto(scratch, self.growth, where=mask)
        np.fmin(scratch, self.growth, out=scratch)
        np.multiply(step, scratch, out=step)


@dataclass(frozen=True)
class DeltaBarDelta(Optimizer):
    """Delta-bar-delta: w += rate * slope, with a learning rate of its own for each weight.

    The slope is minus the gradient. A rate starts at lr. Where the average of past slopes has the
    sign of the present one it grows by `kappa`, where it has the other sign it shrinks by the share
    `phi`; then the step is taken. The average is (1 - theta) slope + theta average. Without
    momentum. R. A. Jacobs, "Increased rates of convergence through learning rate adaptation",
    Neural Networks 1 (1988).
    """

    online = False
    kappa: Batched = field(0.1, Real(at_least=0))
    phi: Batched = field(0.5, Real(at_least=0, below=1))
    theta: Batched = field(0.7, Real(at_least=0, below=1))

    def start(self, parameters: Array, learning_rate: Array) -> State:
        """Return rates of lr, averages of zero, and room for a mask, each (P, B)."""
        rates = np.full_like(parameters, learning_rate)
        return rates, np.zeros_like(parameters), np.empty(parameters.shape, bool)

    def step(
        self, state: State, parameters: Array, negative_gradient: Array, learning_rate: Array,
        scratch: Array
    ) -> None:  # fmt: skip
        """Take one step."""
        rates, average, mask = state
        self._adapt(rates, average, negative_gradient, mask, scratch)
        np.subtract(average, negative_gradient, out=average)
        np.multiply(average, self.theta, out=average)
        np.add(average, negative_gradient, out=average)
        np.multiply(negative_gradient, rates, out=negative_gradient)
        np.add(parameters, negative_gradient, out=parameters)

    def _adapt(
        self, rates: Array, average: Array, slope: Array, mask: Array, scratch: Array
    ) -> None:
        """Let each rate grow or shrink by the signs of slope and average."""
        np.sign(average, out=scratch)
        np.multiply(scratch, slope, out=scratch)
        np.greater(scratch, 0.0, out=mask)
        np.add(rates, self.kappa, out=rates, where=mask)
        np.less(scratch, 0.0, out=mask)
        np.multiply(rates, self.phi, out=scratch)
        np.subtract(rates, scratch, out=rates, where=mask)


OPTIMIZERS = Registry(
    "optimizer",
    "xorsweep.optimizers",
    Optimizer,
    {
        "sgd": Sgd,
        "momentum": Momentum,
        "nesterov": Nesterov,
        "adam": Adam,
        "rprop": Rprop,
        "quickprop": Quickprop,
        "delta_bar_delta": DeltaBarDelta,
    },
)
