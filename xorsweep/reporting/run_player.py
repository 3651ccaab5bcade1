"""Data for the scripts of a run's page: the run by epoch, and the start of its playground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from xorsweep.fields import FloatArray, Scalar
from xorsweep.networks.metrics import plateaus
from xorsweep.networks.schema import component_of
from xorsweep.networks.single_run import SingleRun
from xorsweep.networks.tasks import Xor
from xorsweep.reporting.rendering import page_json
from xorsweep.reporting.svg.error_curve import count_before_divergence
from xorsweep.reporting.svg.palette import CIVIDIS
from xorsweep.text import level_text

ACTIVATIONS = ("logistic", "tanh", "relu")
"""Activations that the page computes itself."""
MOST_WEIGHTS = 60_000
"""Weights of all epochs together that the page holds."""
MOST_HIDDEN, MOST_ROWS, MOST_UNITS = 8, 16, 8
"""The most hidden units, rows, and inputs or outputs of networks in the playground."""
TRAINED = {"loss": "half_sse", "optimizer": "sgd", "schedule": "batch"}
"""How the playground trains."""
RATES = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Learning rates of each decade."""
# That of `fahlman`, the default criterion.
LIMIT = 0.4
# NumPy's legacy generator, which the page repeats, takes no larger one.
LARGEST_SEED = 2**32 - 1


def player_data(run: SingleRun) -> str:
    """Return as JSON that can stand in a page the run by epoch, and its playground."""
    return page_json({"scrubber": _recorded(run), "playground": _playground(run)})


def differences(run: SingleRun) -> list[str]:
    """Return the levels of a run that its playground doesn't have."""
    point = run.point
    found = [key for key, level in TRAINED.items() if point[key] != level]
    found += [key for key in ("skip", "lr_output") if point.get(key) not in (None, False)]
    if point["activation"] not in ACTIVATIONS:
        found.append("activation")
    if not _has_small_task(run):
        found.append("task")
    if run.training.network.hidden > MOST_HIDDEN:
        found.append("hidden")
    if _limit(point) is None:
        found.append("criterion")
    return [level_text(key, point[key]) for key in found]


def _recorded(run: SingleRun) -> dict[str, Any] | None:
    """Return the weights and errors by epoch; None of a network that the page can't compute."""
    network, finite = run.training.network, count_before_divergence(run.errors.final_error)
    if run.point["activation"] not in ACTIVATIONS or not finite or network.size > MOST_WEIGHTS:
        return None
    if not np.isfinite(run.parameters[:, :finite]).all():
        return None
    most = max(MOST_WEIGHTS // network.size, 1)
    places = np.unique(np.linspace(0, finite - 1, min(most, finite)).round().astype(int))
    if len(places) < 2:
        return None
    return {
        **_view(run.training.inputs, run.training.targets, run.task.row_labels()),
        "shape": {
            "inputs": network.inputs,
            "hidden": network.hidden,
            "outputs": network.outputs,
            "skip": network.skip,
            "activation": run.point["activation"],
            "output": run.point["output"],
        },
        "epochs": [run.epochs[place] for place in places],
        "errors": _short(run.errors.final_error[places]),
        "weights": [_short(run.parameters[:, place]) for place in places],
    }


def _playground(run: SingleRun) -> dict[str, Any]:
    """Return the settings of the playground, which are the run's as far as it has them."""
    point, network = run.point, run.training.network
    activation = point["activation"] if point["activation"] in ACTIVATIONS else "logistic"
    task: dict[str, Any]
    if _has_small_task(run):
        task = _view(run.training.inputs, run.training.targets, run.task.row_labels())
    else:
        xor = Xor()
        task = _view(xor.inputs(), xor.targets(), xor.row_labels())
    low, high = _range(point)
    seed = int(str(point["seed"]))
    return {
        **task,
        "shape": {
            "inputs": len(task["inputs"][0]),
            "outputs": len(task["targets"][0]),
            "skip": False,
            "activation": activation,
            "output": point["output"],
        },
        "rates": sorted({float(str(point["lr"])), *_rates()}),
        "lr": point["lr"],
        "hidden": min(network.hidden, MOST_HIDDEN),
        "low": low,
        "high": high,
        "seed": min(seed, LARGEST_SEED),
        "epochs": point["epochs"],
        "limit": _limit(point) or LIMIT,
        "initial": _own_weights(run),
    }


def _has_small_task(run: SingleRun) -> bool:
    network, rows = run.training.network, len(run.training.inputs)
    return rows <= MOST_ROWS and max(network.inputs, network.outputs) <= MOST_UNITS


def _view(inputs: FloatArray, targets: FloatArray, labels: Any) -> dict[str, Any]:
    return {
        "inputs": inputs.tolist(),
        "targets": targets.tolist(),
        "labels": list(labels),
        "low": float(targets.min()),
        "high": float(targets.max()),
        "plateaus": list(plateaus(targets).values()),
        "shades": [f"#{colour}" for colour in CIVIDIS.split()],
    }


def _range(point: Mapping[str, Scalar]) -> tuple[float, float]:
    """Return the limits of initial weights, the defaults where they aren't uniform."""
    if point["init"] == "symmetric":
        half = float(str(point["init.range"]))
        return -half, half
    if point["init"] == "uniform":
        return float(str(point["init.low"])), float(str(point["init.high"]))
    return 0.0, 1.0


def _own_weights(run: SingleRun) -> str:
    """Return the initial weights as text, nothing where the page draws the same from the seed."""
    point, network = run.point, run.training.network
    drawn = {"init.stream": "legacy", "init.layout": "notebook", "init.biases": "drawn"}
    same = all(point.get(key) == level for key, level in drawn.items())
    if same and point["init"] in ("uniform", "symmetric"):
        return ""
    fits = network.hidden <= MOST_HIDDEN and not network.skip and _has_small_task(run)
    initial = run.parameters[:, 0]
    if not fits or not np.isfinite(initial).all():
        return ""
    # w1, b1, w2 and b2, a line each; the page has no place for direct connections.
    return "\n".join(str(part.tolist()) for part in run.initial[:4])


def _limit(point: Mapping[str, Scalar]) -> float | None:
    """Return the limit of the errors; None for a criterion of another kind."""
    if point["criterion"] not in ("fahlman", "right_side", "margin"):
        return None
    if point["criterion.held_for"] != 1:
        return None
    return float(component_of("criterion", point).limit)


def _rates() -> Iterator[float]:
    for power in range(-2, 2):
        # Read as text, since 3 * 10**-1 is 0.30000000000000004.
        yield from (float(f"{rate}e{power}") for rate in RATES)
    yield 100.0


def _short(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values.tolist()]
