"""The sentences on the end of a run, against plain loops over the same weights."""

import math
import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from naive_loop import Network, gradient_of, table

from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.planning import Batch
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.networks.trainer import train_batch
from xorsweep.reporting.explanation import RunDiagnosis

PointOf = Callable[..., Point]
LABELS = ("00", "01", "10", "11")
NUMBER = r"([+\-]?\d+(?:\.\d+)?(?:e[+\-]?\d+)?)"


def text_of(run: SingleRun) -> str:
    return "\n".join(RunDiagnosis(run).sentences)


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(NUMBER, text)]


def near(found: float, expected: float, digits: int = 3) -> bool:
    """Tell whether a number is another one to so many significant digits."""
    size = 10.0 ** math.floor(math.log10(abs(expected))) if expected else 1.0
    return abs(found - expected) <= 0.51 * size * 10.0 ** (1 - digits)


def check_unsolved(run: SingleRun) -> None:
    """Compare the sentences on an unsolved run of XOR with one output with plain loops."""
    rows, targets = table(run.point)
    network = Network(run.point, 2, 1)
    weights = run.parameters[:, -1].tolist()
    passes = [network.forward(weights, x) for x in rows]
    gradients = [network.gradient(weights, rows, targets, [row]) for row in range(4)]
    apart = {
        pair: math.dist(passes[pair[0]][0], passes[pair[1]][0])
        for pair in combinations(range(4), 2)
        if targets[pair[0]] != targets[pair[1]]
    }
    text = text_of(run)
    closest = min(apart.values())
    if closest > 0.05:
        found = re.search(rf"the closest, (\d\d) and (\d\d), are {NUMBER} apart", text)
        assert found is not None
        assert near(float(found[3]), closest)
        assert apart[LABELS.index(found[1]), LABELS.index(found[2])] == closest
    else:
        pattern = r"Rows ([01, and]+) have the targets (.+) but nearly the same position in"
        for labels, wanted in re.findall(pattern, text):
            check_conflict(text, labels, wanted, targets, passes, gradients)
        assert re.search(pattern, text)
    together = [math.fsum(parts) for parts in zip(*gradients, strict=True)]
    (line,) = re.findall(r"The gradients of all rows .*", text)
    *alone, sum_length = numbers(line)
    assert all(near(a, math.hypot(*g)) for a, g in zip(alone, gradients, strict=True))
    assert near(sum_length, math.hypot(*together), 2)
    assert ("almost cancel" in line) == (
        math.hypot(*together) <= 0.1 * sum(math.hypot(*g) for g in gradients)
    )


def check_motion(run: SingleRun) -> None:
    """Compare the sentences on the last half of a run with plain passes through both networks."""
    rows, targets = table(run.point)
    network = Network(run.point, 2, 1)
    half = min(run.epochs, key=lambda epoch: abs(epoch - run.epochs[-1] / 2))
    then = run.parameters[:, run.epochs.index(half)].tolist()
    now = run.parameters[:, -1].tolist()
    moved, errors = 0.0, [0.0, 0.0]
    for x, (target,) in zip(rows, targets, strict=True):
        ends = [network.forward(weights, x) for weights in (then, now)]
        moved = max(moved, math.dist(ends[0][0], ends[1][0]))
        for end, (_, outputs, _) in enumerate(ends):
            errors[end] += (target - outputs[0]) ** 2 / 2
    text = text_of(run)
    found = re.search(rf"Since epoch ([\d,]+) .* errors (.*), and .* moved by {NUMBER}\.", text)
    assert found is not None
    assert found[1] == f"{half:,}"
    assert near(float(found[3]), moved)
    *before, after = numbers(found[2])
    assert near(after, errors[1])
    word = "fell" if errors[1] < errors[0] else "rose"
    steady = abs(errors[1] - errors[0]) <= 0.01 * errors[0]
    assert found[2].startswith("stayed near" if steady else word)
    assert steady == (not before)
    assert steady or near(before[0], errors[0])


def check_conflict(
    text: str,
    labels: str,
    wanted: str,
    targets: list[list[float]],
    passes: list[tuple[list[float], list[float], list[float]]],
    gradients: list[list[float]],
) -> None:
    rows = [LABELS.index(label) for label in re.findall(r"\d\d", labels)]
    assert numbers(wanted) == [targets[row][0] for row in rows]
    assert len(set(numbers(wanted))) > 1
    _, _, rest = text.partition(f"Rows {labels} have")
    first, answers, signals, lengths, *_ = rest.splitlines()
    places = [numbers(point) for point in re.findall(r"\(([^()]+, [^()]+)\)", first)]
    for place, row in zip(places, rows, strict=True):
        np.testing.assert_allclose(place, passes[row][0], atol=5.1e-4)
    (distance,) = re.findall(rf"{NUMBER} apart", first)
    largest = max(math.dist(passes[i][0], passes[j][0]) for i, j in combinations(rows, 2))
    assert near(float(distance), largest, 2)
    assert largest <= 0.05
    outputs = [passes[row][1][0] for row in rows]
    said = re.findall(r"the outputs are (.*?)\.(?:\s|$)", answers)
    assert all(near(a, y) for a, y in zip(numbers(said[0]), outputs, strict=True))
    deltas = [(targets[row][0] - passes[row][1][0]) for row in rows]
    deltas = [d * y * (1 - y) for d, y in zip(deltas, outputs, strict=True)]
    *each, total = numbers(signals.partition(" are ")[2])
    assert all(near(a, d, 4) for a, d in zip(each, deltas, strict=True))
    assert near(total, math.fsum(deltas), 2)
    *alone, together = numbers(lengths)
    assert all(near(a, math.hypot(*gradients[r])) for a, r in zip(alone, rows, strict=True))
    summed = [math.fsum(parts) for parts in zip(*(gradients[row] for row in rows), strict=True)]
    assert near(together, math.hypot(*summed), 2)


def check_curvature(run: SingleRun) -> None:
    """Compare the sign of the curvature with that of differences of the plain gradient."""
    weights, step = run.parameters[:, -1].tolist(), 1e-5
    hessian = []
    for place in range(len(weights)):
        ends = []
        for sign in (1, -1):
            moved = [*weights]
            moved[place] += sign * step
            ends.append(gradient_of(run.point, moved))
        hessian.append([(a - b) / (2 * step) for a, b in zip(*ends, strict=True)])
    smallest = float(np.linalg.eigvalsh(np.array(hessian)).min())
    text = text_of(run)
    (found,) = re.findall(rf"The smallest curvature of the loss is {NUMBER}", text)
    assert float(found) == pytest.approx(smallest, rel=1e-2, abs=1e-8)
    if abs(smallest) > 1e-7:
        assert ("curves upwards" in text) == (smallest > 0)
        assert ("passes a saddle" in text) == (smallest < 0)


@pytest.fixture(scope="module")
def seed_eleven(point_of: PointOf) -> SingleRun:
    return train_single(point_of(seed=11))


def test_an_unsolved_run_is_explained_by_its_numbers(seed_eleven: SingleRun) -> None:
    check_unsolved(seed_eleven)
    check_motion(seed_eleven)
    check_curvature(seed_eleven)


@pytest.mark.parametrize("seed", [17, 41])
def test_so_is_one_that_passes_a_saddle(point_of: PointOf, seed: int) -> None:
    run = train_single(point_of(seed=seed, lr=0.5, epochs=2_000))
    check_unsolved(run)
    check_motion(run)
    check_curvature(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"lr": 0.5, "epochs": 20_000, "init": "symmetric", "init__range": 6.0},
        {"epochs": 1_000},
        {"hidden": 3, "lr": 0.3, "epochs": 3_000},
    ],
)
def test_every_unsolved_run_of_sixty_is_explained_by_its_numbers(
    point_of: PointOf, keys: dict[str, Any]
) -> None:
    unsolved = unsolved_seeds(point_of(**keys), 60)
    assert len(unsolved) >= 2
    for seed in unsolved:
        run = train_single(point_of(seed=seed, **keys))
        check_unsolved(run)
        check_motion(run)
        check_curvature(run)


def unsolved_seeds(point: Point, count: int) -> list[int]:
    fixed = {key: value for key, value in point.items() if key not in ("seed", "epochs")}
    shape = np.zeros((1, count), np.int64)
    epochs = (int(point["epochs"]),)  # type: ignore[arg-type]
    seeds = np.arange(count)
    batch = Batch(fixed, {"seed": seeds}, epochs, shape, shape.astype(np.uint64))
    return np.flatnonzero(~train_batch(batch, Engine()).converged_at_end).tolist()


def test_seed_eleven_is_as_it_was_measured_independently(seed_eleven: SingleRun) -> None:
    diagnosis = RunDiagnosis(seed_eleven)
    text = "\n".join(diagnosis.sentences)
    assert text.startswith("Rows 01 and 11 have the targets 1 and 0 but nearly the same position")
    assert "are +0.1266 and -0.1266" in text
    assert diagnosis.title == "Why it isn't solved"
    assert diagnosis.line is not None
    assert diagnosis.line.startswith("Rows 01 and 11, with the targets 1 and 0, have nearly")


@pytest.mark.parametrize(
    ("keys", "start"),
    [
        ({"epochs": 1_000}, "The gradients of all rows almost cancel: they have the norms"),
        ({"seed": 4, "lr": 50.0, "epochs": 300}, "The outputs of rows 01 and 10 are wrong, but"),
        ({"task": "encoder", "hidden": 5, "epochs": 30}, "Since epoch 15 half the sum of"),
    ],
)
def test_a_failed_run_without_rows_on_one_position_has_a_reason(
    point_of: PointOf, keys: dict[str, Any], start: str
) -> None:
    diagnosis = RunDiagnosis(train_single(point_of(**keys)))
    assert diagnosis.line is not None
    assert diagnosis.line.startswith(start)
    assert diagnosis.line in [*diagnosis.sentences]


def test_with_more_epochs_its_rows_come_together(point_of: PointOf) -> None:
    text = text_of(train_single(point_of(seed=11, lr=1.0, epochs=6_000)))
    assert "Rows 01 and 11 have the targets 1 and 0" in text
    assert "at (1.000, 1.000) and (1.000, 1.000)" in text


def test_a_solved_run_describes_the_line_that_divides_the_rows(point_of: PointOf) -> None:
    diagnosis = RunDiagnosis(train_single(point_of(lr=1.0, epochs=3_000)))
    assert diagnosis.title == "How it is solved"
    assert diagnosis.line is None
    text = "\n".join(diagnosis.sentences)
    assert diagnosis.run.solution == "AND+OR"
    assert text.startswith("The hidden units compute AND and OR, or the complements of these.")
    assert "The line at which the output is one half separates the rows" in text
    assert "Rows 01 and 10 have the same target and nearly the same position" in text
    assert "curvature" not in text


def test_one_hidden_unit_puts_the_rows_in_an_order(point_of: PointOf) -> None:
    text = text_of(train_single(point_of(hidden=1, lr=1.0, epochs=1_000)))
    assert re.search(r"the rows are 00, \d\d, \d\d and 11, with the targets 0, 1, 1 and 0", text)
    assert "no threshold separates these" in text
    linked = text_of(train_single(point_of(hidden=1, skip=True, epochs=100)))
    assert "threshold" not in linked
    easy = text_of(train_single(point_of(task="and", hidden=1, lr=1.0, epochs=2_000)))
    assert "The threshold at which the output is one half separates the rows" in easy


def test_direct_links_may_tell_rows_apart_that_share_a_spot(point_of: PointOf) -> None:
    keys: dict[str, Any] = {"skip": True, "init": "symmetric", "init__range": 9.0, "lr": 0.01}
    texts = [text_of(train_single(point_of(epochs=30, seed=seed, **keys))) for seed in range(12)]
    assert any("Direct connections can still distinguish them" in text for text in texts)
    assert not any("can hardly distinguish them" in text for text in texts)


def test_a_saturated_output_that_is_wrong_is_reported(point_of: PointOf) -> None:
    point = point_of(init="symmetric", init__range=6.0, lr=0.5, seed=3, epochs=2000)
    run = train_single(point)
    text = text_of(run)
    assert "The outputs of rows 01 and 10 are wrong, but saturated" in text
    outputs = run.final_outputs[1:3, 0]
    largest = max(y * (1 - y) for y in outputs)
    (found,) = re.findall(rf"y\(1 - y\) of the output unit is {NUMBER}", text)
    assert near(float(found), largest)


OTHERS: dict[str, dict[str, Any]] = {
    "parity": {"task": "parity", "hidden": 4, "lr": 1.0, "epochs": 300},
    "wide": {"task": "parity", "task__bits": 6, "hidden": 20, "epochs": 20},
    "encoder": {"task": "encoder", "hidden": 2, "lr": 1.0, "epochs": 300},
    "relu": {"activation": "relu", "epochs": 300},
    "online": {"schedule": "online", "epochs": 300},
    "no epoch": {"until_converged": True, "criterion": "margin", "criterion__threshold": 5.0},
    "one target": {"task": "boolean", "task__table": 0, "epochs": 300},
    "large": {"hidden": 200, "epochs": 5},
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_run_has_sentences(point_of: PointOf, name: str) -> None:
    run = train_single(point_of(**OTHERS[name]))
    sentences = RunDiagnosis(run).sentences
    assert sentences
    for sentence in sentences:
        assert sentence.endswith(".")
        assert not re.search(r"\bnan\b|\binf\b|None|  ", sentence)
        assert sentence[0].isupper()
    assert (RunDiagnosis(run).line is None) == (run.outcome == "solved" or name == "no epoch")
    has_curvature = name in ("parity", "encoder", "relu")
    assert ("curvature" in text_of(run)) == (has_curvature and run.outcome != "solved")


def test_a_run_that_diverged_is_explained_up_to_there(point_of: PointOf) -> None:
    keys: dict[str, Any] = {"lr": 0.6, "seed": 3, "hidden": 4, "output": "linear"}
    run = train_single(point_of(epochs=300, activation="relu", **keys))
    diagnosis = RunDiagnosis(run)
    assert diagnosis.title == "Hidden units before the run diverged"
    sentence, hidden = diagnosis.sentences
    assert diagnosis.line == sentence
    place = diagnosis.place
    assert f"after {run.epochs[place]} epochs; at the next stored epoch" in sentence
    assert f", {run.epochs[place + 1]}, it isn't below 1e+09." in sentence
    assert hidden == f"The hidden outputs are those after {run.epochs[place]} epochs."
    assert run.errors.final_error[place] < 1e9
    assert not run.errors.final_error[place + 1] < 1e9


def test_a_run_without_a_finite_error_is_labelled(point_of: PointOf) -> None:
    keys = {"init__low": -1.7e308, "init__high": 1.7e308, "output": "linear", "activation": "relu"}
    (sentence,) = RunDiagnosis(train_single(point_of(epochs=5, **keys))).sentences
    assert "before the first epoch" in sentence
