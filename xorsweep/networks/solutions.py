"""Which Boolean functions a network computes: those of its hidden units, or the one it answers.

R. Bland, "Learning XOR: exploring the space of a classic problem", University of Stirling (1998),
classifies the solutions of XOR with two hidden units by the functions of these units.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.fields import FloatArray
from xorsweep.networks.architecture import Network
from xorsweep.networks.metrics import TOLERANCE
from xorsweep.text import join_words

if TYPE_CHECKING:
    from xorsweep.networks.engines.interface import TrainingBatch

Tables = NDArray[np.int64]
"""Numbers of Boolean functions: bit k is the value at row k of the truth table."""

MOST_HIDDEN = 4
"""Hidden units up to which they are named one by one."""
INPUTS = (2, 3)
"""How many inputs a function may have."""
TARGET_LEVELS = ((0.0, 1.0), (0.1, 0.9))
"""Hard and soft targets, the lower one first."""
COMPLEMENTS = {"NAND": "AND", "NOR": "OR", "XNOR": "XOR"}
"""The functions with a name, each beside its complement."""
ANSWERS = "answers "
"""How the label of a run starts that solves nothing: no class of solutions starts so."""

_LABEL = re.compile(rf"{ANSWERS}[A-Z]+|{ANSWERS}f\d+|([A-Z]+|f\d+)(\+[A-Z]+|\+f\d+)*")


def solution_labels(
    training: TrainingBatch,
    parameters: FloatArray,
    outputs: FloatArray,
    solved: NDArray[np.bool_],
    finite: NDArray[np.bool_],
) -> NDArray[Any]:
    """Return the label (B,) of each network, texts, and None where there is none.

    The label of a network that solves its task names the functions of its hidden units, up to their
    order and to the complement of each: `AND+OR`. That of another one names the function that it
    answers, if every output is within TOLERANCE of a target: `answers OR`.

    Args:
        training: The components of B networks, and the truth table.
        parameters: Their weights (P, B), float64.
        outputs: Their outputs (rows, 1, B), float64.
        solved: Whether each meets the criterion (B,).
        finite: Whether each hasn't diverged (B,).
    """
    labels = np.full(len(solved), None, object)
    if not _has_functions(training.network, training.inputs):
        return labels
    mine = np.flatnonzero(solved & finite)
    if len(mine) and training.activation.has_threshold:
        labels[mine] = _hidden_labels(training, parameters[:, mine])
    others = np.flatnonzero(finite & ~solved)
    levels = _target_levels(training.targets)
    if len(others) and levels:
        labels[others] = _answer_labels(training.network.inputs, outputs[:, 0, others], levels)
    return labels


def is_label(text: str) -> bool:
    """Tell whether a text has the form of a label."""
    return _LABEL.fullmatch(text) is not None


def is_solution(label: object) -> bool:
    """Tell whether a label names a class of solutions, and not the function of an unsolved run."""
    return isinstance(label, str) and not label.startswith(ANSWERS)


def function_rows(name: str, inputs: int) -> list[str]:
    """Return the rows, such as `01`, at which the function with a name or a number is 1."""
    table = _names(inputs).index(name)
    rows = ["".join(bits) for bits in product("01", repeat=inputs)]
    return [row for k, row in enumerate(rows) if table >> k & 1]


def rows_text(name: str, inputs: int) -> str:
    """Return the rows at which the function with a name or a number is 1, in words."""
    rows = function_rows(name, inputs)
    return f"row{'s' * (len(rows) > 1)} {join_words(rows)}" if rows else "no row"


def _has_functions(network: Network, inputs: FloatArray) -> bool:
    """Tell whether units compute Boolean functions: of a full truth table in counting order."""
    if network.outputs != 1 or network.inputs not in INPUTS or network.hidden > MOST_HIDDEN:
        return False
    rows = np.array(list(product((inputs.min(), inputs.max()), repeat=network.inputs)))
    return inputs.shape == rows.shape and bool((inputs == rows).all())


def _target_levels(targets: FloatArray) -> tuple[float, float] | None:
    """Return the lower and the higher target of a Boolean task; None where there are others."""
    found = {float(target) for target in targets.ravel()}
    if len(found) == 2:
        return min(found), max(found)
    return next((levels for levels in TARGET_LEVELS if found <= {*levels}), None)


def _hidden_labels(training: TrainingBatch, parameters: FloatArray) -> NDArray[Any]:
    """Return the classes (B,) of networks with weights (P, B)."""
    names, rank = _classes(training.network.inputs)
    # Sorted, as the order of hidden units has no meaning.
    ranks = np.sort(rank[_hidden_tables(training, parameters)], axis=0)
    # One number per network, since np.unique along an axis sorts rows, which is far slower.
    codes = np.zeros(ranks.shape[1], np.int64)
    for row in ranks:  # the digits of a number
        codes = codes * len(names) + row
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    labels = np.empty(len(first), object)
    labels[:] = ["+".join(names[number] for number in ranks[:, member]) for member in first]
    found: NDArray[Any] = labels[place]
    return found


def _hidden_tables(training: TrainingBatch, parameters: FloatArray) -> Tables:
    """Return the function (hidden, B) of each unit: where its pre-activation is above 0."""
    weights = training.network.views(parameters)
    tables = np.zeros(weights.b1.shape, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        for k, row in enumerate(training.inputs):
            z = weights.b1
            for value, links in zip(row, weights.w1, strict=True):
                z = z + value * links
            tables |= (z > 0).astype(np.int64) << k
    return tables


def _answer_labels(inputs: int, outputs: FloatArray, levels: tuple[float, float]) -> NDArray[Any]:
    """Return the function (B,) that outputs (rows, B) are, None where they are none."""
    near_low, near_high = (np.abs(outputs - level) <= TOLERANCE for level in levels)
    tables = np.zeros(outputs.shape[1], np.int64)
    for k, high in enumerate(near_high):
        tables |= high.astype(np.int64) << k
    names = np.array([f"{ANSWERS}{name}" for name in _names(inputs)], object)
    labels: NDArray[Any] = names[tables]
    labels[~(near_low | near_high).all(axis=0)] = None
    return labels


@cache
def _names(inputs: int) -> list[str]:
    """Return the name of each function by its number; those without a name have the number."""
    rows = [sum(bits) for bits in product((0, 1), repeat=inputs)]
    last = 2 ** len(rows) - 1
    names = [f"f{table}" for table in range(last + 1)]
    for name, is_one in (
        ("AND", [ones == inputs for ones in rows]),
        ("OR", [ones > 0 for ones in rows]),
        ("XOR", [ones % 2 == 1 for ones in rows]),
    ):
        table = sum(2**k for k, one in enumerate(is_one) if one)
        names[table] = name
    for complement, name in COMPLEMENTS.items():
        names[last - names.index(name)] = complement
    return names


@cache
def _classes(inputs: int) -> tuple[list[str], Tables]:
    """Return the names of functions up to complement, and of each table the place of its name.

    A function and its complement have the name of the smaller table; AND, OR and XOR keep theirs.
    They come first, the others in the order of their numbers.
    """
    names = _names(inputs)
    last = len(names) - 1
    # last - table has every bit turned: the complement.
    smaller = [names[min(table, last - table)] for table in range(last + 1)]
    own = [COMPLEMENTS.get(name, name) for name in smaller]
    in_order = [
        *sorted({*own} & {*COMPLEMENTS.values()}),
        *(name for name in names if name in own and name.startswith("f")),
    ]
    return in_order, np.array([in_order.index(name) for name in own])
