"""Checks that a component of your own meets the requirements of sweeps."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ComponentError, ConfigError
from xorsweep.execution.loky import run_loky
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import ExperimentTask
from xorsweep.fields import Field, FloatArray, Real, Scalar, allows, fields_of
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.activations import Activation
from xorsweep.networks.criteria import Criterion
from xorsweep.networks.engines import Engine, load_epoch_costs, load_train
from xorsweep.networks.engines.batch_ops import LANES, take_component
from xorsweep.networks.planning import Batch, make_plan
from xorsweep.networks.plugins import register
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, component_of
from xorsweep.networks.trainer import build_training
from xorsweep.settings import SweepSettings
from xorsweep.storage.parts import encode
from xorsweep.storage.store import PARTS, Store
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.text import exception_text

MEMBERS = 4096
"""Networks of the largest batch that is compared with smaller ones."""
SIZES = (1, 2, 7)
COMPARED = 14
"""Networks from either end of that batch that are trained in batches of those sizes."""
SNAPSHOTS = (10, 40)
STEP = 1e-4
"""Of central differences; their error is far below DIFFERENCE where a function is smooth."""
DIFFERENCE = 1e-5
"""By how much a derivative may differ from that of differences, times 1 or its size."""
KINKS = 0.05
"""Share of places at which it may differ more, as next to a kink."""
LEAVING: Mapping[str, Scalar] = {
    "until_converged": True,
    "criterion": "margin",
    "criterion.threshold": 0.6,
}
"""With this, networks leave their batch at one epoch or another."""

_SETTING: Mapping[str, Scalar] = {
    **{"hidden": 2, "skip": False, "output": "logistic", "until_converged": False},
    **{"lr": 0.5, "lr_output": None, "epochs": SNAPSHOTS[-1], "seed": 0},
}


def check_component(
    group: str,
    choice: str | type,
    point: Mapping[str, Scalar] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Raise ComponentError unless a component gives the same rows in any sweep.

    Networks are trained in batches of 1, 2, 7 and 4,096, in which every Real parameter differs,
    with both schedules, in both precisions and with networks that leave their batch; then in
    worker processes, and in a sweep that is interrupted and resumed. The second derivative of an
    activation, if it has one, is compared with differences of its slope, and the value of a loss
    with its factor.

    Args:
        group: The config group of the component, such as `optimizer`.
        choice: Its name, or a class that needs no name yet.
        point: Values of the point that is trained, by flat keys.
        say: Is called with a line for each check that passes.

    Raises:
        ComponentError: A check fails; the message says which.
        ConfigError: The component can't be used, or not at that point.
    """
    with _named(group, choice) as name:
        base = _base_point({**(point or {}), group: name})
        _check_batches(base, group)
        _check_distances(base)
        _check_loss(base)
        has_second_derivative = _check_second_derivative(base)
        sizes = ", ".join(map(str, SIZES))
        say(f"{group}={name}: the same bits in batches of {sizes} and {MEMBERS:,}")
        grid = _small_grid(base)
        _check_workers(grid)
        if group == "activation":
            text = "that of differences of its slope" if has_second_derivative else "not there"
            curvature = "" if has_second_derivative else ", so networks have no curvature"
            say(f"{group}={name}: the second derivative is {text}{curvature}")
        say(f"{group}={name}: the same rows from worker processes")
        _check_resumed(grid)
        say(f"{group}={name}: the same results.csv after a resume")


@contextmanager
def _named(group: str, choice: str | type) -> Iterator[str]:
    """Yield the name of a choice, which for a class is registered meanwhile."""
    if isinstance(choice, str):
        if choice not in COMPONENTS.get(group, ()):
            raise ConfigError(f"{group}={choice}: no such component")
        yield choice
        return
    name = f"checked_{choice.__name__}"
    register(group, name, choice)
    try:
        yield name
    finally:
        COMPONENTS[group].forget(name)


def _base_point(given: Mapping[str, Scalar]) -> Point:
    """Return the point that is trained; other components are the first of their registries."""
    return NETWORK_SCHEMA.read_point(NETWORK_SCHEMA.nested({**_SETTING, **given}))


def _check_batches(base: Point, group: str) -> None:
    for point, engine in _variants(base, group):
        batch = _large_batch(point)
        whole = _trained(batch, engine)
        for size in SIZES:
            for start in (*range(0, COMPARED, size), *range(MEMBERS - COMPARED, MEMBERS, size)):
                members = slice(start, start + size)
                few = _trained(batch.part(members), engine)
                _compare(whole, few, members, f"{_told(point)} {engine}")


def _check_distances(point: Point) -> None:
    """Compare the criterion's results for errors, most of which would never meet it."""
    batch = _large_batch(point)
    values = {**batch.fixed, **batch.varying}
    criterion, targets = component_of("criterion", values), component_of("task", values).targets()
    errors = np.random.default_rng(2).uniform(-1.0, 1.0, (targets.size, MEMBERS))
    # From small errors to large ones, so that some lie below any limit.
    errors *= np.linspace(0.01, 1.0, MEMBERS)
    together = _distance(criterion, errors)
    for start in (*range(0, COMPARED, LANES), MEMBERS - LANES):
        members = np.arange(start, start + LANES)
        few = _distance(
            take_component(criterion, members), np.ascontiguousarray(errors[:, members])
        )
        if few.tobytes() != together[members].tobytes():
            raise ComponentError(
                f"criterion={point['criterion']}: network {start} is at another distance in a "
                f"batch of {LANES} than in one of {MEMBERS:,}; no sum or maximum may go over the "
                "last axis"
            )


def _distance(criterion: Criterion, errors: FloatArray) -> FloatArray:
    distance = np.full(errors.shape[1], np.nan)
    criterion.distance(errors.copy(), np.empty_like(errors), distance)
    return distance


def _check_second_derivative(point: Point) -> bool:
    """Compare it with differences of the slope that `back` gives; tell whether there is one."""
    activation = component_of("activation", point)
    sums = np.random.default_rng(3).uniform(-3.0, 3.0, MEMBERS).reshape(1, 1, -1)
    found = activation.second_derivative(_activated(activation, sums))
    if found is None:
        return False
    wanted = (_slope(activation, sums + STEP) - _slope(activation, sums - STEP)) / (2 * STEP)
    if found.shape != sums.shape:
        raise ComponentError(
            f"activation={point['activation']}: second_derivative must return an array like its "
            f"activations {sums.shape}, not {found.shape}"
        )
    # Negated, so that NaN counts as wrong.
    off = ~(np.abs(found - wanted) <= DIFFERENCE * np.maximum(1.0, np.abs(wanted)))
    if off.mean() > KINKS:
        place = np.unravel_index(int(off.argmax()), off.shape)
        raise ComponentError(
            f"activation={point['activation']}: second_derivative is {found[place]:g} at the "
            f"weighted sum {sums[place]:.4g}, and the slope that back gives changes there by "
            f"{wanted[place]:g}"
        )
    return True


def _activated(activation: Activation, sums: FloatArray) -> FloatArray:
    values = -sums if activation.negated else sums.copy()
    activation.activate(values, np.empty_like(values))
    return values


def _slope(activation: Activation, sums: FloatArray) -> FloatArray:
    values, slope = _activated(activation, sums), np.empty_like(sums)
    activation.back(values.copy(), np.ones_like(sums), values, slope)
    return slope


def _check_loss(point: Point) -> None:
    """Compare the change of a loss with its factor."""
    loss, targets = component_of("loss", point), component_of("task", point).targets()
    outputs, moves = np.random.default_rng(4).uniform(0.1, 0.9, (2, *targets.shape, SIZES[-1]))
    errors = targets[..., None] - outputs
    # `factor` is about the pre-activation then, whose derivative of the output is y (1 - y).
    if loss.cancels_slope:
        errors /= outputs * (1 - outputs)
    wanted = -loss.factor(targets.size) * (errors * moves).sum(axis=(0, 1))
    ahead, behind = (loss.value(outputs + step * moves, targets) for step in (STEP, -STEP))
    found = (ahead - behind) / (2 * STEP)
    if not np.allclose(found, wanted, rtol=DIFFERENCE, atol=DIFFERENCE):
        raise ComponentError(
            f"loss={point['loss']}: where factor says that the loss changes by {wanted[0]:g}, "
            f"value changes by {found[0]:g}"
        )


def _variants(base: Point, group: str) -> Iterator[tuple[Point, Engine]]:
    """Yield the ways of training in which batches are compared."""
    yield base, Engine()
    yield base, Engine(dtype="float32")
    leaving = LEAVING if group != "criterion" else {"until_converged": True}
    yield _base_point({**base, **leaving}), Engine()
    try:
        yield _base_point({**base, "schedule": "online"}), Engine()
    except ConfigError:  # a rule that makes no sense for single rows
        return


def _large_batch(point: Point) -> Batch:
    """Return networks that differ in seed, learning rate and every real parameter."""
    chooser = np.random.default_rng(1)
    varying: dict[str, NDArray[Any]] = {
        "seed": np.arange(MEMBERS),
        "lr": np.float64(point["lr"]) * chooser.uniform(0.2, 5.0, MEMBERS),
    }
    for group, choices in COMPONENTS.items():
        for name, rule in fields_of(choices[str(point[group])]).items():
            if isinstance(rule, Real):
                key = f"{group}.{name}"
                varying[key] = _around(point[key], rule, chooser)
    fixed = {key: value for key, value in point.items() if key not in ("epochs", *varying)}
    rows = np.arange(len(SNAPSHOTS) * MEMBERS).reshape(len(SNAPSHOTS), MEMBERS)
    return Batch(fixed, varying, SNAPSHOTS, rows, rows.astype(np.uint64))


def _around(value: Scalar, rule: Field, chooser: np.random.Generator) -> NDArray[np.float64]:
    """Return numbers near a value, all of them allowed."""
    assert isinstance(value, float)
    spread = 0.1 * abs(value) or 0.05
    drawn = value + chooser.uniform(-spread, spread, MEMBERS)
    return np.array([number if allows(rule, number) else value for number in drawn])


def _trained(batch: Batch, engine: Engine) -> Mapping[str, NDArray[Any]]:
    try:
        return vars(load_train(engine)(build_training(batch)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a stranger's class raises
        raise ComponentError(
            f"{_told(batch.fixed)}: {batch.members:,} networks can't be trained together "
            f"({exception_text(error)})"
        ) from error


def _compare(
    whole: Mapping[str, NDArray[Any]], few: Mapping[str, NDArray[Any]], members: slice, where: str
) -> None:
    for name, array in whole.items():
        together = np.ascontiguousarray(array[..., members])
        if together.tobytes() != np.ascontiguousarray(few[name]).tobytes():
            count = together.shape[-1]
            raise ComponentError(
                f"{where}: network {members.start} has other {name} in a batch of {count} than "
                f"in one of {MEMBERS:,}; no sum or mean may go over the last axis, and no branch "
                "may look at more than one network"
            )


def _told(point: Mapping[str, Scalar]) -> str:
    return " ".join(f"{group}={point[group]}" for group in (*COMPONENTS, "until_converged"))


def _small_grid(point: Point) -> Grid:
    """Return a grid of a few batches."""
    seeds = Axis("seed", tuple(range(6)))
    return product_grid(
        NETWORK_SCHEMA, [Axis("lr", (0.1, 1.0)), Axis("epochs", (5, 20, 30)), seeds], [point]
    )


def _check_workers(grid: Grid) -> None:
    experiment, batches = NetworkExperiment().for_grid(grid), _batches_of(grid)
    task = ExperimentTask(experiment)
    # As bytes, so that any difference in any column counts.
    here = sorted(encode([task(batch)], experiment) for batch in batches)
    there = sorted(encode([rows], experiment) for _, rows in run_loky(batches, task, workers=2))
    if here != there:
        raise ComponentError(f"{_told(grid.point(0))}: other rows from a worker process")


def _batches_of(grid: Grid) -> Sequence[Batch]:
    pending, costs = np.arange(len(grid)), load_epoch_costs(Engine())
    # At most three networks a batch, so that a small grid has several.
    return make_plan(grid, lambda network, rows: 3, 2, pending, costs).batches


def _check_resumed(grid: Grid) -> None:
    settings = replace(SweepSettings(), parallel=ExecutionSettings("serial"), report=False)
    with TemporaryDirectory(prefix="xorsweep-check-") as made:
        folder, resumed = Path(made) / "whole", Path(made) / "resumed"
        result = run_sweep(SweepRequest(NetworkExperiment(), grid, settings, folder))
        if result.counts["failed"]:
            raise ComponentError(f"{_told(grid.point(0))}: {result.counts['failed']} points failed")
        shutil.copytree(folder, resumed)
        experiment = NetworkExperiment().for_grid(grid)
        store, task = Store(resumed, experiment), ExperimentTask(experiment)
        shutil.rmtree(resumed / PARTS)
        (resumed / PARTS).mkdir()
        # Every other batch is there, as after a kill; the rest is run by the resume.
        for batch in _batches_of(grid)[::2]:
            store.add([task(batch)])
        resume_sweep(ResumeRequest(resumed, settings))
        if (resumed / "results.csv").read_bytes() != result.results.read_bytes():
            raise ComponentError(f"{_told(grid.point(0))}: other rows after a resume")
