"""One network trained by plain loops over floats, written from the formulas: the tests' oracle.

It shares no code with the package: it reads the flat keys of a point, initial weights in the order
w1 (inputs, hidden), b1, w2 (hidden, outputs), b2, direct (inputs, outputs), and nothing else.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

Vector = list[float]
Table = list[Vector]
MASK = 2**64 - 1


@dataclass
class Course:
    """Parameters, outputs and errors after each epoch from 0, and the epoch of convergence."""

    parameters: list[Vector]
    outputs: list[Table]
    errors: list[Vector]
    converged_epoch: int


def train(point: Mapping[str, Any], weights: Vector, epochs: int) -> Course:
    rows, targets = table(point)
    network = Network(point, len(rows[0]), len(targets[0]))
    course = Course([], [], [], -1)
    w, memory, held = list(weights), {}, 0
    for epoch in range(epochs + 1):
        if epoch and not (point["until_converged"] and course.converged_epoch >= 0):
            for shown in updates(point, epoch, len(rows)):
                gradient = network.gradient(w, rows, targets, shown)
                w = OPTIMIZERS[point["optimizer"]](point, w, gradient, memory)
        outputs = [network.forward(w, row)[1] for row in rows]
        errors = [
            t - y
            for ts, ys in zip(targets, outputs, strict=True)
            for t, y in zip(ts, ys, strict=True)
        ]
        course.parameters.append(w)
        course.outputs.append(outputs)
        course.errors.append(errors)
        held = held + 1 if meets(point, errors) else 0
        if held >= point["criterion.held_for"] and course.converged_epoch < 0:
            course.converged_epoch = epoch
    return course


def gradient_of(point: Mapping[str, Any], weights: Vector) -> Vector:
    """Return the derivative of the loss over all rows by each weight."""
    rows, targets = table(point)
    network = Network(point, len(rows[0]), len(targets[0]))
    return network.gradient(weights, rows, targets, list(range(len(rows))))


def table(point: Mapping[str, Any]) -> tuple[Table, Table]:
    task = point["task"]
    if task == "encoder":
        size = point["task.size"]
        rows = [[float(i == j) for j in range(size)] for i in range(size)]
        truth = [list(row) for row in rows]
    else:
        rows = [
            list(map(float, bits)) for bits in product((0, 1), repeat=point.get("task.bits", 2))
        ]
        answer = {
            "xor": lambda bits: sum(bits) == 1,
            "xnor": lambda bits: sum(bits) != 1,
            "and": lambda bits: sum(bits) == 2,
            "nand": lambda bits: sum(bits) != 2,
            "or": lambda bits: sum(bits) > 0,
            "parity": lambda bits: sum(bits) % 2 == 1,
            "boolean": lambda bits: digit(point["task.table"], binary_number(bits)),
        }[task]
        truth = [[float(answer(row))] for row in rows]
    if point["task.encoding"] == "bipolar":
        rows = [[2 * x - 1 for x in row] for row in rows]
    if point["task.levels"] == "soft":
        truth = [[0.9 if t else 0.1 for t in row] for row in truth]
    return rows, truth


def binary_number(bits: Vector) -> int:
    """Return the number that bits are, the first of them worth most."""
    number = 0
    for bit in bits:
        number = 2 * number + int(bit)
    return number


def digit(number: int, place: int) -> bool:
    """Return a binary digit of a number, that of ones at place 0."""
    return number // 2**place % 2 == 1


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


class Network:
    def __init__(self, point: Mapping[str, Any], inputs: int, outputs: int) -> None:
        self.point, self.inputs, self.hidden, self.outputs = point, inputs, point["hidden"], outputs
        self.b1 = inputs * self.hidden
        self.w2 = self.b1 + self.hidden
        self.b2 = self.w2 + self.hidden * outputs
        self.direct = self.b2 + outputs

    def forward(self, w: Vector, x: Vector) -> tuple[Vector, Vector, Vector]:
        """Return the hidden activations, the outputs, and the hidden slopes."""
        hidden, slopes, outputs = [], [], []
        for j in range(self.hidden):
            z = w[self.b1 + j] + sum(x[i] * w[i * self.hidden + j] for i in range(self.inputs))
            a, slope = self.activation(z)
            hidden.append(a)
            slopes.append(slope)
        for k in range(self.outputs):
            z = w[self.b2 + k]
            z += sum(hidden[j] * w[self.w2 + j * self.outputs + k] for j in range(self.hidden))
            if self.point["skip"]:
                z += sum(x[i] * w[self.direct + i * self.outputs + k] for i in range(self.inputs))
            outputs.append(z if self.point["output"] == "linear" else logistic(z))
        return hidden, outputs, slopes

    def activation(self, z: float) -> tuple[float, float]:
        name = self.point["activation"]
        if name == "logistic":
            return logistic(z), logistic(z) * (1 - logistic(z))
        if name == "tanh":
            return math.tanh(z), 1 - math.tanh(z) ** 2
        below = self.point["activation.slope"] if name == "leaky_relu" else 0.0
        return (z, 1.0) if z > 0 else (below * z, below)

    def gradient(self, w: Vector, rows: Table, targets: Table, shown: list[int]) -> Vector:
        """Return the derivative, by each weight, of the loss's share of the rows shown."""
        gradient = [0.0] * len(w)
        count = len(rows) * self.outputs
        scale = {"half_sse": 1.0, "cross_entropy": 1.0, "mse": 2 / count, "half_mse": 1 / count}
        for row in shown:
            x = rows[row]
            hidden, outputs, slopes = self.forward(w, x)
            deltas = []
            for y, t in zip(outputs, targets[row], strict=True):
                flat = self.point["output"] == "linear" or self.point["loss"] == "cross_entropy"
                deltas.append(scale[self.point["loss"]] * (y - t) * (1 if flat else y * (1 - y)))
            for k, delta in enumerate(deltas):
                gradient[self.b2 + k] += delta
                for j in range(self.hidden):
                    gradient[self.w2 + j * self.outputs + k] += delta * hidden[j]
                for i in range(self.inputs if self.point["skip"] else 0):
                    gradient[self.direct + i * self.outputs + k] += delta * x[i]
            for j in range(self.hidden):
                back = slopes[j] * sum(
                    delta * w[self.w2 + j * self.outputs + k] for k, delta in enumerate(deltas)
                )
                gradient[self.b1 + j] += back
                for i in range(self.inputs):
                    gradient[i * self.hidden + j] += back * x[i]
        return gradient


def updates(point: Mapping[str, Any], epoch: int, rows: int) -> Iterator[list[int]]:
    """Return the rows that each update of an epoch sees."""
    if point["schedule"] == "batch":
        yield list(range(rows))
    elif point["schedule.order"] == "fixed":
        yield from ([row] for row in range(rows))
    else:
        stream = splitmix64(splitmix64(point["seed"]) + epoch)
        yield from ([row] for row in sorted(range(rows), key=lambda r: splitmix64(stream + r)))


def splitmix64(state: int) -> int:
    z = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def meets(point: Mapping[str, Any], errors: Vector) -> bool:
    largest = max(abs(error) for error in errors)
    squares = math.fsum(error**2 for error in errors)
    name = point["criterion"]
    if name in ("fahlman", "right_side"):
        return largest < {"fahlman": 0.4, "right_side": 0.5}[name]
    distance = {"margin": largest, "sse": squares, "rms": math.sqrt(squares / len(errors))}[name]
    return distance < point["criterion.threshold"]


Memory = dict[str, Any]
Step = Callable[[Mapping[str, Any], Vector, Vector, Memory], Vector]


def rates(point: Mapping[str, Any], w: Vector) -> Vector:
    """Return the learning rate of each weight; behind those of the hidden layer is the output's."""
    if point.get("lr_output") is None:
        return [point["lr"]] * len(w)
    first = (len(table(point)[0][0]) + 1) * point["hidden"]
    return [point["lr"] if n < first else point["lr_output"] for n in range(len(w))]


def sgd(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    return [x - lr * g for x, lr, g in zip(w, rates(point, w), gradient, strict=True)]


def momentum(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    m, v = point["optimizer.momentum"], memory.setdefault("v", [0.0] * len(w))
    lrs = rates(point, w)
    memory["v"] = [m * u - lr * g for u, lr, g in zip(v, lrs, gradient, strict=True)]
    return [x + u for x, u in zip(w, memory["v"], strict=True)]


def nesterov(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    """Return the point ahead, whose gradient this is, from the iterates x and x + m v."""
    m, lrs = point["optimizer.momentum"], rates(point, w)
    x = memory.setdefault("x", list(w))
    after = [ahead - lr * g for ahead, lr, g in zip(w, lrs, gradient, strict=True)]
    memory["x"] = after
    return [new + m * (new - old) for new, old in zip(after, x, strict=True)]


def adam(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    b1, b2, eps = (point[f"optimizer.{key}"] for key in ("beta1", "beta2", "epsilon"))
    t = memory["t"] = memory.get("t", 0) + 1
    first = memory.setdefault("m", [0.0] * len(w))
    second = memory.setdefault("v", [0.0] * len(w))
    after = []
    lrs = rates(point, w)
    for n, g in enumerate(gradient):
        first[n] = b1 * first[n] + (1 - b1) * g
        second[n] = b2 * second[n] + (1 - b2) * g * g
        mean, square = first[n] / (1 - b1**t), second[n] / (1 - b2**t)
        after.append(w[n] - lrs[n] * mean / (math.sqrt(square) + eps))
    return after


def rprop(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    steps = memory.setdefault("steps", [point["lr"]] * len(w))
    previous = memory.setdefault("previous", [0.0] * len(w))
    after = []
    for n, g in enumerate(gradient):
        if g * previous[n] > 0:
            steps[n] = min(steps[n] * point["optimizer.increase"], point["optimizer.largest"])
        elif g * previous[n] < 0:
            steps[n] = max(steps[n] * point["optimizer.decrease"], point["optimizer.smallest"])
            g = 0.0
        previous[n] = g
        after.append(w[n] - (math.copysign(steps[n], g) if g else 0.0))
    return after


def quickprop(point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory) -> Vector:
    """Return the weights after a step as Fahlman's own program takes it, branch by branch."""
    mu, decay, epsilons = point["optimizer.growth"], point["optimizer.decay"], rates(point, w)
    shrink = mu / (1 + mu)
    steps = memory.setdefault("steps", [0.0] * len(w))
    slopes = memory.setdefault("slopes", [0.0] * len(w))
    for n, g in enumerate(gradient):
        slope, before, last = g + decay * w[n], slopes[n], steps[n]
        epsilon = epsilons[n]
        step = 0.0
        if last > 0:
            if slope < 0:
                step -= epsilon * slope
            step += mu * last if slope <= shrink * before else last * slope / (before - slope)
        elif last < 0:
            if slope > 0:
                step -= epsilon * slope
            step += mu * last if slope >= shrink * before else last * slope / (before - slope)
        else:
            step -= epsilon * slope
        steps[n], slopes[n] = step, slope
    return [x + step for x, step in zip(w, steps, strict=True)]


def delta_bar_delta(
    point: Mapping[str, Any], w: Vector, gradient: Vector, memory: Memory
) -> Vector:
    kappa, phi, theta = (point[f"optimizer.{key}"] for key in ("kappa", "phi", "theta"))
    own = memory.setdefault("rates", rates(point, w))
    average = memory.setdefault("average", [0.0] * len(w))
    after = []
    for n, g in enumerate(gradient):
        if average[n] * g > 0:
            own[n] += kappa
        elif average[n] * g < 0:
            own[n] -= phi * own[n]
        average[n] = (1 - theta) * g + theta * average[n]
        after.append(w[n] - own[n] * g)
    return after


OPTIMIZERS: dict[str, Step] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adam": adam,
    "rprop": rprop,
    "quickprop": quickprop,
    "delta_bar_delta": delta_bar_delta,
}
