"""A network's weights as text and as a user's arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xorsweep as xs
from xorsweep.errors import ConfigError
from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers import File, Printed, Values
from xorsweep.networks.weight_values import WeightValues, numbers_of, read_weights

NOTEBOOK = Network(2, 2, 1)
SEED = np.zeros(1, np.uint32)
W1, B1, W2, B2 = [[0.5, -0.25], [0.125, 2.0]], [[0.75, 1.0]], [[-1.5], [3.0]], [[0.0625]]
FLAT = [0.5, -0.25, 0.125, 2.0, 0.75, 1.0, -1.5, 3.0, 0.0625]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12))
def test_numbers_come_back_to_the_bit(numbers: list[float]) -> None:
    text = WeightValues().read(" ".join(map(repr, numbers)))
    assert numbers_of(text).tobytes() == np.array(numbers).tobytes()
    assert WeightValues().read(text) == text


def test_weights_as_the_notebook_prints_them_are_read() -> None:
    printed = "[[0.5 -.25]\n [1.25e-1 2]] [[0.75, 1.]] [[-1.5]\n [3]] [[0.0625]]"
    assert numbers_of(WeightValues().read(printed)).tolist() == FLAT


@pytest.mark.parametrize("value", ["", "  ", "0.5 x", "nan 1", "1e999", "[]", 0.5, None])
def test_other_texts_are_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        WeightValues().read(value)


@pytest.mark.parametrize(
    "weights",
    [
        (W1, B1, W2, B2),
        (np.array(W1), np.array(B1)[0], np.array(W2), np.array(B2)[0]),
        {"b2": B2, "w2": W2, "b1": B1, "w1": W1},
    ],
)
def test_arrays_are_read_in_order_or_by_name(weights: Any) -> None:
    text, network = read_weights(weights, 2, 1)
    assert network == NOTEBOOK
    assert numbers_of(text).tolist() == FLAT


def test_direct_connections_come_last() -> None:
    text, network = read_weights((W1, B1, W2, B2, [[7.0], [8.0]]), 2, 1)
    assert network == Network(2, 2, 1, skip=True)
    assert numbers_of(text).tolist() == [*FLAT, 7.0, 8.0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((W1, B1, W2), "has 3 entries; give w1, b1, w2 and b2, in this order or by name; direct, "),
        (FLAT, "has 9 entries; give w1"),
        ({"w1": W1, "b1": B1, "w2": W2, "b3": B2}, "b2 is missing, b3 is unknown; give w1"),
        ({1: W1}, "w1 is missing, b1 is missing, w2 is missing, b2 is missing, 1 is unknown; give"),
        (5, "5 isn't a tuple or a dictionary; give w1"),
        (np.array(W1), "[[ 0.5   -0.25 ]  [ 0.125  2.   ]] isn't a tuple or a dictionary; give w1"),
        (([0.5, 1.0], B1, W2, B2), "w1 has the shape (2,); for this task it must have (2, hidden)"),
        (
            ([W1], [B1], [W2], [B2]),
            "w1 has the shape (1, 2, 2); for this task it must have (2, hid",
        ),
        (
            (np.ones((3, 2)), B1, W2, B2),
            "w1 has the shape (3, 2); for this task it must have (2, hi",
        ),
        (
            (np.ones((2, 0)), [], W2, B2),
            "w1 has the shape (2, 0); for this task it must have (2, h",
        ),
        (
            (W1, [1.0], W2, B2),
            "b1 has the shape (1,); for this task and 2 hidden units it must have (2,) or (1, 2)",
        ),
        (
            (W1, B1, [[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]),
            "w2 has the shape (2, 2); for this task and 2 hidden units it must have (2, 1)",
        ),
        (
            (W1, B1, W2, 0.5),
            "b2 has the shape (); for this task and 2 hidden units it must have (1,)",
        ),
        (
            (W1, B1, W2, B2, [[1.0, 2.0]]),
            "direct has the shape (1, 2); for this task and 2 hidden un",
        ),
        (
            ([[1.0], [2.0, 3.0]], B1, W2, B2),
            "w1=[[1.0], [2.0, 3.0]]: must be an array of finite num",
        ),
        ((W1, B1, [["a"], ["b"]], B2), "w2=[['a'], ['b']]: must be an array of finite numbers"),
        ((W1, B1, [["1"], ["2"]], B2), "w2=[['1'], ['2']]: must be an array of finite numbers"),
        (
            (W1, B1, np.array(W2) + 1j, B2),
            "w2=[[-1.5+1.j]  [ 3. +1.j]]: must be an array of finite",
        ),
        (
            (W1, B1, np.array(W2) > 0, B2),
            "w2=[[False]  [ True]]: must be an array of finite numbers",
        ),
        ((W1, B1, W2, None), "b2=null: must be an array of finite numbers"),
        ((W1, B1, W2, [10**400]), "b2=[1000"),
        ((W1, B1, W2, [[float("nan")]]), "b2=[[nan]]: must be an array of finite numbers"),
    ],
)
def test_other_weights_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        xs.train(weights=weights, epochs=1)
    assert str(raised.value).startswith(f"weights: {message}")
    assert len(str(raised.value).splitlines()) == 1


def test_a_text_is_no_array_but_read_by_an_init() -> None:
    with pytest.raises(ConfigError, match=r"^weights=w.npz: must be arrays; init=.* reads a file"):
        xs.train(weights="w.npz", epochs=1)


def test_training_starts_from_the_weights() -> None:
    run = xs.train(weights=(W1, B1, W2, B2), epochs=3, lr=0.5)
    by_number = xs.train(init={"name": "values", "values": str(FLAT)}, epochs=3, lr=0.5)
    np.testing.assert_array_equal(run.outputs, by_number.outputs)
    w1, b1 = np.array(W1), np.array(B1)
    w2, b2 = np.array(W2), np.array(B2)
    inputs, targets = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    for _ in range(3):  # the notebook's loop
        hidden = 1 / (1 + np.exp(-(inputs @ w1 + b1)))
        output = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
        d_output = (targets - output) * output * (1 - output)
        d_hidden = d_output @ w2.T * hidden * (1 - hidden)
        w2 = w2 + hidden.T @ d_output * 0.5
        b2 = b2 + d_output.sum(axis=0, keepdims=True) * 0.5
        w1 = w1 + inputs.T @ d_hidden * 0.5
        b1 = b1 + d_hidden.sum(axis=0, keepdims=True) * 0.5
    hidden = 1 / (1 + np.exp(-(inputs @ w1 + b1)))
    wanted = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    np.testing.assert_allclose(np.ravel(run.outputs), np.ravel(wanted), rtol=0, atol=1e-14)


def test_the_weights_determine_the_number_of_hidden_units() -> None:
    three = (np.ones((2, 3)), np.ones(3), np.arange(3.0)[:, None], [0.5])
    assert xs.train(weights=three, epochs=1).point["hidden"] == 3
    with pytest.raises(ConfigError, match=r"^hidden=4: the weights have 3 hidden units"):
        xs.train(weights=three, hidden=4, epochs=1)
    with pytest.raises(ConfigError, match=r"^weights and init=he: only one of them"):
        xs.train(weights=three, init="he", epochs=1)
    with pytest.raises(ConfigError, match=r"^skip=true: the weights have no array direct"):
        xs.train(weights=three, skip=True, epochs=1)


@pytest.mark.parametrize("skip", [False, True])
def test_the_weights_of_a_run_start_another(skip: bool, tmp_path: Path) -> None:
    first = xs.train(epochs=3, skip=skip)
    np.savez(tmp_path / "weights.npz", **first.weights._asdict())  # type: ignore[arg-type]
    file = {"name": "file", "path": str(tmp_path / "weights.npz")}
    wanted = xs.train(epochs=6, skip=skip).outputs
    from_arrays = xs.train(weights=first.weights, epochs=3)
    from_file = xs.train(init=file, epochs=3, skip=skip)
    np.testing.assert_array_equal(from_arrays.outputs, wanted)
    np.testing.assert_array_equal(from_file.outputs, wanted)


def test_the_notebooks_weights_are_the_default() -> None:
    np.testing.assert_array_equal(Values().draw(NOTEBOOK, SEED), Printed().draw(NOTEBOOK, SEED))


@pytest.mark.parametrize("flat_biases", [True, False])
def test_a_file_may_hold_one_network_without_the_axis(tmp_path: Path, flat_biases: bool) -> None:
    b1, b2 = (np.array(b)[0] if flat_biases else np.array(b) for b in (B1, B2))
    path = tmp_path / "weights.npz"
    np.savez(path, w1=W1, b1=b1, w2=W2, b2=b2)
    assert File(str(path)).draw(NOTEBOOK, SEED)[:, 0].tolist() == FLAT
    with pytest.raises(ConfigError, match=r"^seed=1: .* holds 1 network, so seed must be 0$"):
        File(str(path)).draw(NOTEBOOK, SEED + 1)
    np.savez(path, w1=W1, b1=b1, w2=[W2], b2=b2)
    with pytest.raises(ConfigError, match=r"w2 has the shape \(1, 2, 1\) and must have \(2, 1\)$"):
        File(str(path)).draw(NOTEBOOK, SEED)
    np.savez(path, w1=np.ones((2, 3)), b1=b1, w2=W2, b2=b2)
    with pytest.raises(
        ConfigError, match=r"w1 has the shape \(2, 3\) and must have \(N, 2, 2\) for"
    ):
        File(str(path)).draw(NOTEBOOK, SEED)
