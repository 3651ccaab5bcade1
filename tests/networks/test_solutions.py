"""Which Boolean functions networks compute, against a plain loop over units and rows."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from training_batches import training_of

from xorsweep.grid.schema import Point
from xorsweep.networks.engines.numpy.engine import train
from xorsweep.networks.solutions import (
    MOST_HIDDEN,
    function_rows,
    is_label,
    is_solution,
    solution_labels,
)
from xorsweep.networks.trainer import read_snapshot

PointOf = Callable[..., Point]

NAMED = {
    "AND": lambda bits: all(bits),
    "OR": lambda bits: any(bits),
    "XOR": lambda bits: sum(bits) % 2 == 1,
}
COMPLEMENTS = {"AND": "NAND", "OR": "NOR", "XOR": "XNOR"}


def name_of(values: list[bool], up_to_complement: bool) -> str:
    """Return the name of a function by its values at the rows, written from the definition."""
    bits = list(product((0, 1), repeat=round(math.log2(len(values)))))
    for name, function in NAMED.items():
        if values == [bool(function(row)) for row in bits]:
            return name
        if values == [not function(row) for row in bits]:
            return name if up_to_complement else COMPLEMENTS[name]
    number = sum(2**k for k, value in enumerate(values) if value)
    other = 2 ** len(values) - 1 - number
    return f"f{min(number, other) if up_to_complement else number}"


def in_order(name: str) -> tuple[bool, int, str]:
    return (name.startswith("f"), int(name[1:]) if name.startswith("f") else 0, name)


def hidden_label(point: Point, weights: list[float], inputs: list[list[float]]) -> str:
    hidden, width = int(point["hidden"]), len(inputs[0])  # type: ignore[arg-type]
    names = []
    for j in range(hidden):
        z = [
            weights[width * hidden + j]
            + sum(x * weights[i * hidden + j] for i, x in enumerate(row))
            for row in inputs
        ]
        activation = {
            "logistic": lambda v: 1 / (1 + math.exp(-v)) > 0.5,
            "tanh": lambda v: math.tanh(v) > 0,
        }[str(point["activation"])]
        names.append(name_of([activation(v) for v in z], up_to_complement=True))
    return "+".join(sorted(names, key=in_order))


def labels_of(
    point: Point, parameters: Any, outputs: Any = None, solved: Any = None, finite: Any = None
) -> list[Any]:
    training = training_of(point, range(parameters.shape[1]), (1,))
    members = parameters.shape[1]
    if outputs is None:
        outputs = np.full((*training.targets.shape, members), 0.5)
    solved = np.ones(members, bool) if solved is None else solved
    finite = np.ones(members, bool) if finite is None else finite
    return list(solution_labels(training, parameters, outputs, solved, finite))


@pytest.mark.parametrize("hidden", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [2, 3])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"activation": "tanh", "task__encoding": "bipolar"},
        {"skip": True, "task__levels": "soft"},
        {"activation": "tanh", "output": "linear", "task__table": 0},
    ],
    ids=str,
)
def test_hidden_units_are_named_as_a_plain_loop_names_them(
    point_of: PointOf, bits: int, hidden: int, given: dict[str, Any]
) -> None:
    point = point_of(**{"task": "boolean", "task__bits": bits, "hidden": hidden, **given})
    training = training_of(point, range(1), (1,))
    parameters = np.random.default_rng(5).normal(size=(training.network.size, 60))
    found = labels_of(point, parameters)
    inputs = training.inputs.tolist()
    assert found == [hidden_label(point, each.tolist(), inputs) for each in parameters.T]
    assert len({*found}) > 1
    assert all(map(is_label, found))
    assert all(map(is_solution, found))


def test_order_and_complement_of_hidden_units_make_no_difference(point_of: PointOf) -> None:
    # w1 (2, 2), b1 (2,), w2 (2,), b2: an AND and an OR, and the other way round with a NOR.
    plain = [10, 10, 10, 10, -15, -5, 0, 0, 0]
    turned = [-10, 10, -10, 10, 5, -15, 0, 0, 0]
    middle = [-10, 10, 10, -10, -5, -5, 0, 0, 0]
    parameters = np.array([plain, turned, middle], float).T
    assert labels_of(point_of(), parameters) == ["AND+OR", "AND+OR", "f2+f4"]
    assert function_rows("f2", 2) == ["01"]
    assert function_rows("f4", 2) == ["10"]
    assert function_rows("AND", 3) == ["111"]


def test_an_unsolved_run_has_the_function_that_it_answers(point_of: PointOf) -> None:
    cases = {
        (0, 1, 1, 1): "answers OR",
        (0.1, 0.95, 1, 0.9): "answers OR",
        (0, 0, 0, 0): "answers f0",
        (1, 1, 1, 1): "answers f15",
        (1, 1, 1, 0): "answers NAND",
        (0, 1, 0, 0): "answers f2",
        (0, 1, 1, 0): "answers XOR",
        (0, 1, 0.5, 0.5): None,
        (0, 1, 1, 0.85): None,
        (0, 1, 1, math.nan): None,
    }
    outputs = np.array(list(cases), float).T[:, None]
    none = np.zeros(len(cases), bool)
    for given in ({}, {"activation": "relu"}, {"task": "and"}):
        point = point_of(**given)
        parameters = np.zeros((9, len(cases)))
        assert labels_of(point, parameters, outputs, none) == list(cases.values())
    soft = 0.1 + 0.8 * outputs
    assert labels_of(point_of(task__levels="soft"), parameters, soft, none)[0] == "answers OR"


@pytest.mark.parametrize("table", range(16))
def test_every_function_of_two_inputs_can_be_answered(point_of: PointOf, table: int) -> None:
    values = [bool(table >> k & 1) for k in range(4)]
    outputs = np.array(values, float)[:, None, None]
    point = point_of(task="boolean", task__table=table)
    found = labels_of(point, np.zeros((9, 1)), outputs, np.zeros(1, bool))
    assert found == [f"answers {name_of(values, up_to_complement=False)}"]
    assert is_label(found[0])
    assert not is_solution(found[0])


@pytest.mark.parametrize(
    "given",
    [
        {"activation": "relu"},
        {"activation": "leaky_relu"},
        {"hidden": MOST_HIDDEN + 1},
        {"task": "parity", "task__bits": 4},
        {"task": "encoder", "task__size": 2},
        {"task": "encoder", "task__size": 3},
    ],
    ids=str,
)
def test_there_is_no_label_where_units_have_none(point_of: PointOf, given: dict[str, Any]) -> None:
    point = point_of(**given)
    size = training_of(point, range(1), (1,)).network.size
    assert labels_of(point, np.ones((size, 2))) == [None, None]


def test_a_run_that_diverged_has_no_label(point_of: PointOf) -> None:
    parameters, no = np.full((9, 1), np.inf), np.zeros(1, bool)
    assert labels_of(point_of(), parameters, None, ~no, no) == [None]
    assert labels_of(point_of(), parameters, np.ones((4, 1, 1)), no, no) == [None]


def test_a_label_is_the_same_in_any_batch(point_of: PointOf) -> None:
    parameters = np.random.default_rng(2).normal(size=(3 * 3 + 3 + 3 + 1, 40))
    point = point_of(task="parity", hidden=3)
    alone = [labels_of(point, parameters[:, [member]])[0] for member in range(40)]
    assert labels_of(point, parameters) == alone


@pytest.mark.parametrize(
    "text", ["", "answers", "answers AND+OR", "AND+", "solved", "f", "+f2", "f2 f4", "AND+OR\n"]
)
def test_other_texts_are_no_labels(text: str) -> None:
    assert not is_label(text)


def trained_labels(point: Point, seeds: range, epochs: int) -> Counter[str]:
    """Return how many runs have each label, `None` where there is none, by the seeds."""
    training = training_of(point, seeds, (epochs,))
    return Counter(map(str, read_snapshot(training, train(training), 0)["solution"]))


def test_two_hidden_units_solve_xor_in_two_ways_and_each_about_half_the_time(
    point_of: PointOf,
) -> None:
    point = point_of(init="symmetric", lr=1.0)
    found = trained_labels(point, range(400), 5_000)
    assert {*found} == {"AND+OR", "f2+f4", "None"}
    share = found["AND+OR"] / (found["AND+OR"] + found["f2+f4"])
    assert 0.4 < share < 0.6


@pytest.mark.parametrize("task", ["xor", "xnor"])
def test_one_hidden_unit_never_solves_xor(point_of: PointOf, task: str) -> None:
    point = point_of(task=task, init="symmetric", lr=1.0, hidden=1)
    found = trained_labels(point, range(200), 3_000)
    assert not [label for label in found if is_solution(label) and label != "None"]


def separable(bits: int) -> set[int]:
    """Return the numbers of the functions that a line, or a plane, with small weights cuts out."""
    rows = list(product((0, 1), repeat=bits))
    return {
        sum(2**k for k, row in enumerate(rows) if 2 * np.dot(weights, row) > threshold)
        for weights in product(range(-2, 3), repeat=bits)
        for threshold in range(-9, 10, 2)
    }


def test_fourteen_functions_of_two_inputs_and_104_of_three_are_linearly_separable() -> None:
    assert separable(2) == {*range(16)} - {6, 9}
    assert len(separable(3)) == 104


@pytest.mark.slow
@pytest.mark.parametrize("bits", [2, 3])
def test_one_hidden_unit_learns_the_separable_functions_and_no_other(
    point_of: PointOf, bits: int
) -> None:
    learned = set()
    for table in range(2**2**bits):
        point = point_of(
            task="boolean", task__bits=bits, task__table=table, hidden=1, init="symmetric", lr=1.0
        )
        training = training_of(point, range(10), (3_000,))
        found = read_snapshot(training, train(training), 0)
        if found["converged_at_end"].any():
            learned.add(table)
    assert learned == separable(bits)
