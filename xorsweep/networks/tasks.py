"""Tasks: the truth tables that networks learn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, FloatArray, Integer, field
from xorsweep.registry import Registry


@dataclass(frozen=True)
class Task:
    """A table of input rows, in counting order with the last input fastest, and their targets.

    Targets of 0 and 1 have the `levels` hard, 0 and 1, or soft, 0.1 and 0.9. Inputs of 0 and 1 have
    the `encoding` binary, 0 and 1, or bipolar, -1 and 1. `allows_skip` is false where direct
    connections from input to output would leave nothing to learn.
    """

    allows_skip: ClassVar[bool] = True
    levels: str = field("hard", Choice(("hard", "soft")))
    encoding: str = field("binary", Choice(("binary", "bipolar")))

    def check(self) -> None:
        """Raise ConfigError where parameters contradict each other."""

    def rows(self) -> FloatArray:
        """Return the inputs as 0 and 1 (rows, inputs), float64."""
        raise NotImplementedError

    def truth(self) -> FloatArray:
        """Return the targets as 0 and 1 (rows, outputs), float64."""
        raise NotImplementedError

    def inputs(self) -> FloatArray:
        """Return the encoded inputs (rows, inputs), float64."""
        return self.rows() if self.encoding == "binary" else 2 * self.rows() - 1

    def targets(self) -> FloatArray:
        """Return the targets at their levels (rows, outputs), float64."""
        # 0.1 + 0.8 is the float64 0.9, to which `metrics.is_xor` compares.
        return self.truth() if self.levels == "hard" else 0.1 + 0.8 * self.truth()

    def row_labels(self) -> tuple[str, ...]:
        """Return a short name of each row: its input bits."""
        return tuple("".join(str(int(bit)) for bit in row) for row in self.rows())


class _Bits(Task):
    """A function of every row of `bits` inputs."""

    bits: int

    def rows(self) -> FloatArray:
        """Return every row of bits."""
        return np.array(list(product((0.0, 1.0), repeat=self.bits)))


class _TwoBits(_Bits):
    """A Boolean function of two inputs, given by its four values."""

    bits = 2
    values: ClassVar[tuple[float, ...]]

    def truth(self) -> FloatArray:
        """Return the four values."""
        return np.array(self.values)[:, None]


class Xor(_TwoBits):
    """One where exactly one of two inputs is one."""

    values = (0.0, 1.0, 1.0, 0.0)


class Xnor(_TwoBits):
    """One where two inputs are equal."""

    values = (1.0, 0.0, 0.0, 1.0)


class And(_TwoBits):
    """One where both inputs are one; a single layer can learn it."""

    values = (0.0, 0.0, 0.0, 1.0)


class Nand(_TwoBits):
    """Zero where both inputs are one."""

    values = (1.0, 1.0, 1.0, 0.0)


class Or(_TwoBits):
    """One where any input is one."""

    values = (0.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Parity(_Bits):
    """One where an odd number of the inputs is one: XOR of `bits` inputs."""

    bits: int = field(3, Integer(2, 8))

    def truth(self) -> FloatArray:
        """Return the parity of each row."""
        ones: FloatArray = self.rows().sum(axis=1, keepdims=True)
        return ones % 2


@dataclass(frozen=True)
class Boolean(_Bits):
    """The Boolean function of `bits` inputs with the number `table`.

    Bit k of the number is the target of row k, in counting order: of two inputs AND is 8, OR 14 and
    XOR 6.
    """

    bits: int = field(2, Integer(2, 5))
    table: int = field(6, Integer(0, 2**32 - 1))

    def check(self) -> None:
        """Raise ConfigError for a number that no function of these inputs has."""
        functions = 2**2**self.bits
        if self.table >= functions:
            raise ConfigError(
                f"task.table={self.table}: must be a whole number from 0 to {functions - 1} with "
                f"task.bits={self.bits}, as there are {functions} functions of {self.bits} inputs"
            )

    def truth(self) -> FloatArray:
        """Return the bits of the number, the lowest first."""
        return np.array([[float(self.table >> row & 1)] for row in range(2**self.bits)])


@dataclass(frozen=True)
class Encoder(Task):
    """The N-M-N encoder: N one-hot rows, reproduced through M = `hidden` units.

    D. H. Ackley, G. E. Hinton and T. J. Sejnowski, "A learning algorithm for Boltzmann machines",
    Cognitive Science 9 (1985).
    """

    allows_skip = False
    size: int = field(10, Integer(2, 64))

    def rows(self) -> FloatArray:
        """Return the unit vectors."""
        return np.eye(self.size)

    def truth(self) -> FloatArray:
        """Return the unit vectors."""
        return np.eye(self.size)

    def row_labels(self) -> tuple[str, ...]:
        """Return the number of each row, from 0."""
        return tuple(str(row) for row in range(self.size))


TASKS = Registry(
    "task",
    "xorsweep.tasks",
    Task,
    {
        "xor": Xor,
        "xnor": Xnor,
        "and": And,
        "nand": Nand,
        "or": Or,
        "parity": Parity,
        "boolean": Boolean,
        "encoder": Encoder,
    },
    shared=True,
)
