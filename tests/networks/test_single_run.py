import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console as RichConsole
from single_run_files import FILES

from xorsweep.errors import ConfigError
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.planning import Batch
from xorsweep.networks.single_run import MOST_STEPS, headline, step_epochs, train_single
from xorsweep.networks.trainer import train_batch
from xorsweep.reporting.console import Console
from xorsweep.reporting.run import run_single
from xorsweep.reporting.run_console import MOST_LINES, describe_single
from xorsweep.reporting.run_files import write_numbers

PointOf = Callable[..., Point]
Weights = dict[str, Any]


def said(act: Callable[[RichConsole], object]) -> str:
    """Return the output of a console without a terminal, wide enough for any line."""
    console = RichConsole(width=200, force_terminal=False, highlight=False)
    with console.capture() as capture:
        act(console)
    return capture.get()


PRINTED_INITIAL = {
    "w1": np.array([[0.52399551, 0.12936348], [0.37207811, 0.09731689]]),
    "b1": np.array([0.76282442, 0.91433687]),
    "w2": np.array([[0.31447765], [0.90309069]]),
    "b2": np.array([0.46824842]),
}
PRINTED_FINAL = {
    "w1": np.array([[5.45203876, 2.9984076], [5.45119708, 2.99828539]]),
    "b1": np.array([-2.02338284, -4.52453236]),
    "w2": np.array([[6.31321859], [-6.68334086]]),
    "b2": np.array([-2.8176994]),
}
PRINTED_OUTPUTS = ["0.10415523", "0.89123295", "0.89123701", "0.12553166"]


def notebook(weights: Weights, lr: float, epochs: int) -> tuple[Weights, Any]:
    """Return the weights that the notebook's own loop ends with, and its last outputs."""
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    w1, b1, w2, b2 = (weights[role] for role in ("w1", "b1", "w2", "b2"))
    for _ in range(epochs):
        h = 1 / (1 + np.exp(-(x @ w1 + b1)))
        y = 1 / (1 + np.exp(-(h @ w2 + b2)))
        d = (t - y) * y * (1 - y)
        back = d @ w2.T * h * (1 - h)
        w2, b2 = w2 + lr * h.T @ d, b2 + lr * d.sum(axis=0)
        w1, b1 = w1 + lr * x.T @ back, b1 + lr * back.sum(axis=0)
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, y


def test_the_printed_weights_end_where_the_notebook_ended(point_of: PointOf) -> None:
    run = train_single(point_of(init="printed"))
    replayed, _ = notebook(PRINTED_INITIAL, 0.1, 10_000)
    for role, printed in PRINTED_FINAL.items():
        found = getattr(run.final, role)
        np.testing.assert_allclose(found, replayed[role], rtol=1e-13)
        # The notebook's loop misses its own final weights by as much from these initial ones:
        # they are printed to eight digits, and training makes the rounding five times as large.
        np.testing.assert_allclose(found, printed, rtol=0, atol=3.5e-8)
    before = [f"{value:.8f}" for value in run.outputs_before_last_epoch[:, 0]]
    assert before == PRINTED_OUTPUTS
    assert run.outcome == "solved"
    assert run.epochs[-1] == 10_000


@pytest.mark.parametrize(("seed", "lr", "epochs"), [(0, 0.1, 1), (3, 0.5, 700), (2024, 1.0, 150)])
def test_a_run_is_that_of_the_notebooks_own_loop(
    point_of: PointOf, seed: int, lr: float, epochs: int
) -> None:
    run = train_single(point_of(seed=seed, lr=lr, epochs=epochs))
    draws = np.random.RandomState(seed)
    shapes = {"w1": (2, 2), "b1": (2,), "w2": (2, 1), "b2": (1,)}
    drawn = {role: draws.uniform(size=shape) for role, shape in shapes.items()}
    weights, last_outputs = notebook(drawn, lr, epochs)
    for role, expected in weights.items():
        np.testing.assert_allclose(getattr(run.final, role), expected, rtol=1e-9)
    np.testing.assert_allclose(run.outputs_before_last_epoch, last_outputs, rtol=1e-9)


def test_a_run_has_the_bits_that_the_same_point_has_in_a_batch(point_of: PointOf) -> None:
    point = point_of(seed=5, lr=0.7, epochs=900, hidden=3)
    seeds = np.arange(11)
    fixed = {key: value for key, value in point.items() if key not in ("seed", "epochs")}
    shape = np.zeros((1, len(seeds)), np.int64)
    batch = Batch(fixed, {"seed": seeds}, (900,), shape, shape.astype(np.uint64))
    rows = train_batch(batch, Engine())
    run = train_single(point)
    assert run.final_error == rows.final_error[5]
    assert run.converged_epoch == rows.converged_epoch[5]
    np.testing.assert_array_equal(run.final_outputs[:, 0], rows.outputs[:, 5])


def test_both_kinds_of_outputs_lie_one_update_apart(point_of: PointOf) -> None:
    shorter, longer = (train_single(point_of(epochs=epochs)) for epochs in (499, 500))
    np.testing.assert_array_equal(longer.outputs_before_last_epoch, shorter.final_outputs)
    assert (longer.final_outputs != longer.outputs_before_last_epoch).all()


def test_the_curve_leads_from_the_initial_to_the_final_weights(point_of: PointOf) -> None:
    run = train_single(point_of(seed=9, epochs=100))
    assert run.epochs[0] == 0
    assert run.epochs[-1] == 100
    shorter = train_single(point_of(seed=9, epochs=10))
    at = run.epochs.index(10)
    np.testing.assert_array_equal(run.parameters[:, at], shorter.parameters[:, -1])
    drawn = np.random.RandomState(9).random_sample(9)
    np.testing.assert_array_equal(run.parameters[:, 0], drawn)
    np.testing.assert_array_equal(run.initial.w1, drawn[:4].reshape(2, 2))


def test_a_run_that_stops_when_it_has_converged_shows_its_own_last_update(
    point_of: PointOf,
) -> None:
    stopped = train_single(point_of(lr=1.0, until_converged=True))
    epochs = stopped.converged_epoch
    assert epochs is not None
    assert stopped.epochs[-1] == epochs < 10_000
    full = train_single(point_of(lr=1.0, epochs=epochs))
    np.testing.assert_array_equal(stopped.parameters, full.parameters)
    np.testing.assert_array_equal(stopped.outputs_before_last_epoch, full.outputs_before_last_epoch)
    assert stopped.converged_at_end


def test_a_run_that_has_converged_before_its_first_update_has_none(point_of: PointOf) -> None:
    run = train_single(point_of(until_converged=True, criterion="margin", criterion__threshold=5.0))
    assert run.epochs == (0,)
    assert run.converged_epoch == 0
    np.testing.assert_array_equal(run.final.w1, run.initial.w1)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        pytest.param(
            {"task": "nand", "task__levels": "soft", "task__encoding": "bipolar"},
            marks=pytest.mark.slow,
        ),
        pytest.param({"hidden": 1, "skip": True, "activation": "tanh"}, marks=pytest.mark.slow),
        pytest.param({"task": "parity", "task__bits": 3, "hidden": 4}, marks=pytest.mark.slow),
        pytest.param({"task": "encoder", "task__size": 4}, marks=pytest.mark.slow),
        {"task": "encoder", "task__size": 2},
    ],
)
def test_every_task_can_be_run_and_leaves_its_files(
    point_of: PointOf, tmp_path: Path, keys: dict[str, Any]
) -> None:
    point = point_of(epochs=5, **keys)
    final_error = run_single(point, Engine(), tmp_path, Console.silent())
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert final_error == train_single(point).final_error


def test_written_numbers_read_back_to_the_bit(point_of: PointOf, tmp_path: Path) -> None:
    point = point_of(seed=4, epochs=60)
    run = train_single(point)
    write_numbers(run, tmp_path)
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["point"] == point
    assert found["final_error"] == run.final_error
    assert found["outcome"] == run.outcome
    assert found["solution"] == run.solution
    for end in ("initial", "final"):
        weights = {role: np.array(values) for role, values in found[f"{end}_weights"].items()}
        assert set(weights) == {"w1", "b1", "w2", "b2"}
        for role, values in weights.items():
            np.testing.assert_array_equal(values, getattr(getattr(run, end), role))
    rows = found["truth_table"]
    assert [row["row"] for row in rows] == ["00", "01", "10", "11"]
    assert [row["outputs"] for row in rows] == run.final_outputs.tolist()
    assert [row["outputs_before_last_epoch"] for row in rows] == (
        run.outputs_before_last_epoch.tolist()
    )


def test_the_curve_is_written_epoch_by_epoch(point_of: PointOf, tmp_path: Path) -> None:
    run = train_single(point_of(epochs=60))
    write_numbers(run, tmp_path)
    with (tmp_path / "learning_curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(run.epochs)
    for row, final_error, mse, largest in zip(rows, *run.errors, strict=True):
        assert float(row["half_sse"]) == final_error
        assert float(row["mse"]) == mse
        assert float(row["max_abs_error"]) == largest
        assert mse == pytest.approx(final_error / 2)


def test_hidden_outputs_are_written_by_epoch_and_row(point_of: PointOf, tmp_path: Path) -> None:
    run = train_single(point_of(hidden=3, epochs=60))
    write_numbers(run, tmp_path)
    with (tmp_path / "hidden_outputs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [epoch for epoch in run.epochs for _ in range(4)]
    assert [row["row"] for row in rows[-4:]] == ["00", "01", "10", "11"]
    x, (w1, b1, *_) = run.training.inputs, run.final
    expected = 1 / (1 + np.exp(-(x @ w1 + b1)))
    found = [[float(row[f"hidden_{unit}"]) for unit in (1, 2, 3)] for row in rows[-4:]]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_of_very_many_hidden_outputs_the_last_epochs_are_written(
    point_of: PointOf, tmp_path: Path
) -> None:
    run = train_single(point_of(task="parity", task__bits=8, hidden=40, epochs=12))
    write_numbers(run, tmp_path)
    lines = (tmp_path / "hidden_outputs.csv").read_text().splitlines()
    assert len(lines) == 1 + 256
    assert lines[-1].startswith("12,11111111,")


def test_the_causes_of_a_failed_run_are_written_as_numbers(
    point_of: PointOf, tmp_path: Path
) -> None:
    run = train_single(point_of(seed=11))
    write_numbers(run, tmp_path)
    found = json.loads((tmp_path / "run.json").read_text())
    (group,) = found["rows_on_one_spot"]
    assert group["rows"] == ["01", "11"]
    assert 0 < group["distance"] < 0.05
    alone = [row["gradient_norm"] for row in found["truth_table"]]
    assert group["gradient_norm"] < 0.1 * alone[1]
    signals = [row["error_signals"][0] for row in found["truth_table"]]
    assert [round(signal, 4) for signal in signals[1::2]] == [0.1266, -0.1266]
    assert found["gradient_norm"] < min(alone)
    assert 0 < found["curvature_min"] < found["curvature_max"]
    text = said(lambda console: describe_single(run, console))
    assert "Why: Rows 01 and 11, with the targets 1 and 0, have nearly the same position" in text


def test_a_run_can_continue_from_its_stored_weights(point_of: PointOf, tmp_path: Path) -> None:
    write_numbers(train_single(point_of(epochs=300)), tmp_path)
    path = str(tmp_path / "weights.npz")
    further = train_single(point_of(init="file", init__path=path, seed=1, epochs=200))
    whole = train_single(point_of(epochs=500))
    np.testing.assert_array_equal(further.parameters[:, -1], whole.parameters[:, -1])
    again = train_single(point_of(init="file", init__path=path, seed=0, epochs=500))
    np.testing.assert_array_equal(again.parameters[:, -1], whole.parameters[:, -1])
    with pytest.raises(ConfigError, match="seed=2"):
        point_of(init="file", init__path=path, seed=2)


@pytest.mark.parametrize(
    "keys",
    [
        {"lr": 1e6, "output": "linear", "activation": "relu"},
        {"init__low": -1.7e308, "init__high": 1.7e308},
    ],
)
def test_a_run_that_diverges_is_reported_and_written(
    point_of: PointOf, tmp_path: Path, keys: dict[str, Any]
) -> None:
    run = train_single(point_of(epochs=500, **keys))
    assert (run.status, run.outcome, run.converged_epoch) == ("diverged", "diverged", None)
    assert not np.isfinite(run.final_error)
    write_numbers(run, tmp_path)
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["status"] == "diverged"
    assert found["final_error"] is None
    assert (tmp_path / "learning_curve.csv").read_text().splitlines()[-1] == "500,,,"
    assert "Diverged: its numbers exceeded" in said(lambda console: describe_single(run, console))


def test_a_run_is_described_in_the_words_of_the_notebook(point_of: PointOf) -> None:
    run = train_single(point_of(init="printed"))
    text = said(lambda console: describe_single(run, console))
    for when, weights in (("Initial", run.initial), ("Final", run.final)):
        assert f"{when} hidden weights: {weights.w1[0]} {weights.w1[1]}\n" in text
        assert f"{when} hidden biases: {weights.b1}\n" in text
        assert f"{when} output weights: {weights.w2[0]} {weights.w2[1]}\n" in text
        assert f"{when} output biases: {weights.b2}\n" in text
    assert "Initial hidden weights: [0.52399551 0.12936348] [0.37207811 0.09731689]\n" in text
    assert "[0 0] -> 0.10412804 (expected 0)\n  [0 1] -> 0.89127014 (expected 1)\n" in text
    passed = " ".join(str(output) for output in run.outputs_before_last_epoch)
    assert f"In the last forward pass: {passed}\n" in text
    assert "0.10415523" in passed
    assert "Solved: the criterion is met after the last epoch.\n" in text
    assert (
        "The run first met the criterion (fahlman: every error below 0.4) after 8,282 of 10,000 "
        "epochs.\n" in text
    )


def test_the_description_lists_the_error_at_equal_steps(point_of: PointOf) -> None:
    run = train_single(point_of(epochs=700))
    text = said(lambda console: describe_single(run, console))
    found = dict(re.findall(r"^  epoch +(\d+)  (\S+)$", text, re.MULTILINE))
    assert [*map(int, found)] == [*range(0, 701, 100)]
    for epochs in (100, 700):
        error = train_single(point_of(epochs=epochs)).final_error
        assert float(found[str(epochs)]) == pytest.approx(error, rel=1e-7)


@given(st.integers(0, 10**9))
def test_steps_are_few_round_and_end_with_the_last_epoch(last: int) -> None:
    first, *others = step_epochs(last)
    if last == 0:
        assert (first, others) == (0, [])
        return
    assert first == 0
    assert others[-1] == last
    assert len(others) <= MOST_STEPS
    step = others[0] if len(others) > 1 else last
    assert all(epoch % step == 0 for epoch in others[:-1])
    if len(others) > 1:
        assert str(step).rstrip("0") in ("1", "2", "5")


def test_lines_of_a_run_fit_the_terminal(point_of: PointOf) -> None:
    run = train_single(point_of(hidden=8, epochs=30))
    console = RichConsole(width=60, force_terminal=False, highlight=False)
    with console.capture() as capture:
        describe_single(run, console)
    lines = capture.get().splitlines()
    start = lines.index("Final hidden biases:")
    assert lines[start + 1].startswith("  [")
    assert lines[start + 2].startswith("   ")
    weights = " ".join(str(weight) for weight in run.final.w2)
    assert weights in " ".join(" ".join(lines).split())


def test_without_a_terminal_there_are_no_control_characters(
    point_of: PointOf, tmp_path: Path
) -> None:
    point = point_of(epochs=20)
    text = said(lambda console: run_single(point, Engine(), tmp_path, Console(console)))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.startswith("xor, 2-2-1, logistic, sgd at lr 0.1, uniform weights, seed 0")
    assert str(tmp_path / "run.html") in text


def test_long_tables_are_left_to_the_file(point_of: PointOf) -> None:
    run = train_single(point_of(task="encoder", hidden=5, epochs=30))
    text = said(lambda console: describe_single(run, console))
    assert "[1 0 0 0 0 0 0 0 0 0] -> within 0." in text
    wide = train_single(point_of(task="parity", task__bits=6, hidden=20, epochs=30))
    text = said(lambda console: describe_single(wide, console))
    rest = 20 - MOST_LINES
    assert text.count(f"\n  and {rest} more rows in run.json\n") == 2  # of output weights
    assert f"\n  and {64 - MOST_LINES} more rows in run.json\n" in text
    assert text.count("(expected ") == MOST_LINES


def test_the_headline_names_the_values_that_differ_from_the_notebook(point_of: PointOf) -> None:
    point = point_of(skip=True, optimizer="momentum", schedule="online", lr=0.25, seed=4)
    assert headline(point) == (
        "xor, 2-2-1 with direct connections, logistic, momentum online at lr 0.25, uniform "
        "weights, seed 4, 10,000 epochs"
    )
    given = point_of(init="values", init__values="0.5 0.1 0.4 0.1 0.8 0.9 0.3 0.9 0.5")
    assert ", given weights, seed 0, " in headline(given)
    numbered = point_of(task="boolean", task__bits=3, task__table=30)
    assert headline(numbered).startswith("boolean 30, 3-2-1, ")


def test_a_criterion_that_was_met_and_left_again_is_reported(point_of: PointOf) -> None:
    # At this rate a last bit decides which networks leave: processors differ in the seed.
    runs = (train_single(point_of(lr=20.0, hidden=4, seed=s, epochs=300)) for s in range(100))
    run = next(run for run in runs if run.converged_epoch is not None and not run.converged_at_end)
    text = said(lambda console: describe_single(run, console))
    assert f"after {run.converged_epoch} of 300 epochs, and left it again before the end." in text
