"""The Python interface to networks: `train`, `evaluate` and `sweep`, and `load` for any sweep.

`train` is `python -m xorsweep`, `sweep` is `python -m xorsweep -m`. Keys, defaults, checks and the
bits of results are those of the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

from xorsweep.analysis.objective_values import ObjectiveValue, estimate_objective
from xorsweep.cli.compose_python import compose_resume, compose_sweep
from xorsweep.cli.overrides import GivenSweep, flattened
from xorsweep.errors import ConfigError
from xorsweep.experiment import Experiment
from xorsweep.experiment.lookup import remember_class
from xorsweep.fields import Boolean
from xorsweep.fields.sections import Group, group_values, read_changed, read_fields
from xorsweep.fields.values import read_value
from xorsweep.functions.signature import Function
from xorsweep.grid.axes import check_size
from xorsweep.grid.levels import levels_of_value, range_length
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine
from xorsweep.networks.missing_curvature import check_curvature
from xorsweep.networks.objectives import check_seeds, train_seeds
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.schema import NETWORK_SCHEMA, SCALAR_KEYS, network_of
from xorsweep.networks.single_run import train_single
from xorsweep.networks.warmup import warm_up
from xorsweep.networks.weight_values import read_weights
from xorsweep.reporting.console_python import ScriptConsole, caller_console
from xorsweep.reporting.run import Run
from xorsweep.settings import OBJECTIVE, NetworkSettings
from xorsweep.storage.paths import Folder, folder_of, named_folder
from xorsweep.sweeps.folders import experiment_in
from xorsweep.sweeps.keywords import keywords_in_errors
from xorsweep.sweeps.partial import PartialSweep
from xorsweep.sweeps.repeated_calls import resume_once, sweep_once
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.sweep import Sweep
from xorsweep.text import shorten

GroupLevels = str | Iterable[str] | Mapping[str, Any]
"""One or several components, or one by name with parameters that may have several levels."""

Request = TypeVar("Request", SweepRequest, ResumeRequest)


class Levels(TypedDict, total=False):
    """The levels of `sweep`: one value for a key, or several, which make it an axis.

    Defaults are those of `python -m xorsweep -m`; `xorsweep --help` lists them.
    """

    lr: float | Iterable[float]
    lr_output: float | Iterable[float | None] | None
    hidden: int | Iterable[int]
    epochs: int | Iterable[int]
    seed: int | Iterable[int]
    task: GroupLevels
    skip: bool | Iterable[bool]
    activation: GroupLevels
    output: str | Iterable[str]
    loss: GroupLevels
    optimizer: GroupLevels
    schedule: GroupLevels
    init: GroupLevels
    criterion: GroupLevels
    until_converged: bool | Iterable[bool]
    curvature: bool | str
    trainable: bool
    study: str | None
    engine: Group
    parallel: Group
    figures: str | Mapping[str, Any]
    precision: float | None
    max_seeds: int
    on_failure: str
    title: str | None
    csv: bool


def train(
    *,
    hidden: int = 2,
    lr: float = 0.1,
    lr_output: float | None = None,
    epochs: int = 10_000,
    seed: int = 0,
    task: Group = "xor",
    skip: bool = False,
    activation: Group = "logistic",
    output: str = "logistic",
    loss: Group = "half_sse",
    optimizer: Group = "sgd",
    schedule: Group = "batch",
    init: Group = "uniform",
    criterion: Group = "fahlman",
    until_converged: bool = False,
    curvature: bool | str = False,
    engine: Group = "numpy",
    weights: Sequence[object] | Mapping[str, object] | None = None,
    **parameters: Any,
) -> Run:
    """Train one network, as `python -m xorsweep` does, and return it.

    A component with parameters is a mapping: `optimizer={"name": "momentum", "momentum": 0.5}`.

    Args:
        hidden: The number of hidden units.
        lr: The learning rate.
        lr_output: The learning rate of the output layer; None: the same.
        epochs: The number of passes over the rows of the task.
        seed: The number that the initial weights are drawn from.
        task: The truth table to learn.
        skip: Whether inputs are also connected directly to outputs.
        activation: The activation of the hidden units.
        output: The activation of the outputs, `logistic` or `linear`.
        loss: The function that training minimizes.
        optimizer: The update rule of the weights.
        schedule: `batch`, or `online` with one update per row.
        init: How the initial weights are drawn.
        criterion: The test of convergence.
        until_converged: Whether training stops at the epoch that meets the criterion.
        curvature: Whether the network must have a curvature; with `learning_curve`, `save` writes
            it by epoch, too. `Run.curvature` has it in any case.
        engine: `numpy`, `numba` or `cuda`.
        weights: Initial weights instead of `init`: arrays w1 (inputs, hidden), b1 (hidden,) or
            (1, hidden), w2 (hidden, outputs), b2 (outputs,) or (1, outputs), as the notebook has
            them, in this order or by name; with direct connections also direct (inputs, outputs).
            They determine the number of hidden units.
        parameters: Parameters by the names of their columns, such as `optimizer.momentum`.

    Returns:
        The trained network with its weights, outputs and errors by epoch.

    Raises:
        ConfigError: A value isn't allowed, or a key is unknown.
    """
    given = {**_keys_of_point(locals()), **parameters}
    if weights is not None:
        given |= _given_weights(weights, given)
    point, chosen = _read_point(given), _engine(engine)
    settings = NetworkSettings(
        **read_fields("", {"curvature": curvature, "trainable": False}, NetworkSettings)
    )
    check_curvature(point, settings.curvature)
    # A compiled engine says that it compiles, which takes a while; the epochs don't matter for it.
    warm_up([batch_of_one(point, (1,))], chosen, ScriptConsole().warn)
    return Run(train_single(point, chosen, settings.curvature))


def evaluate(
    *,
    seeds: Iterable[int] | None = None,
    objective: str = "final_error",
    hidden: int = 2,
    lr: float = 0.1,
    lr_output: float | None = None,
    epochs: int = 10_000,
    seed: int | None = None,
    task: Group = "xor",
    skip: bool = False,
    activation: Group = "logistic",
    output: str = "logistic",
    loss: Group = "half_sse",
    optimizer: Group = "sgd",
    schedule: Group = "batch",
    init: Group = "uniform",
    criterion: Group = "fahlman",
    until_converged: bool = False,
    engine: Group = "numpy",
    **parameters: Any,
) -> ObjectiveValue:
    """Train a setting with several seeds together, and return one number to minimize.

    `seeds` are integers, each counted once; if None, one network is trained with `seed`.
    The `objective` is `final_error`, the median over the seeds, in which a network that diverged
    counts as infinite; `failure_rate`, the share that didn't converge; or `expected_running_time`,
    all epochs spent divided by the number of networks that converged, infinite if none did. The
    other arguments are those of `train`.

    Returns:
        The value, and its 95 % interval if it has one.

    Raises:
        ConfigError: A value isn't allowed, a key is unknown, or both `seed` and `seeds` are given.
    """
    read_value("objective", objective, OBJECTIVE)
    wanted = [0 if seed is None else seed] if seeds is None else _read_seeds(seeds, seed)
    given = {**_keys_of_point(locals()), "seed": wanted[0], **parameters}
    point, chosen = _read_point(given), _engine(engine)
    check_seeds(point, wanted)
    runs = train_seeds(point, wanted, chosen, ScriptConsole().warn)
    return estimate_objective(objective, runs)


def _keys_of_point(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: arguments[key] for key in NETWORK_SCHEMA.keys}


def _read_seeds(seeds: Iterable[int], seed: int | None) -> list[int]:
    if seed is not None:
        raise ConfigError(f"seed={shorten(seed)}: seeds says which are trained; leave seed out")
    levels = levels_of_value("seeds", seeds)
    if not levels:
        raise ConfigError(f"seeds={shorten(seeds)}: must be whole numbers, such as range(100)")
    check_size({"seeds": range_length(levels) if isinstance(levels, range) else len(levels)})
    read = (read_value("seeds", each, SCALAR_KEYS["seed"]) for each in levels)
    # Each once, as a repeated run says nothing new.
    return list(dict.fromkeys(int(each) for each in read if each is not None))


def _read_point(given: Mapping[str, Any]) -> Point:
    return NETWORK_SCHEMA.read_point(NETWORK_SCHEMA.nested(flattened(given)))


def _given_weights(weights: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a point that weights of the caller decide."""
    if given["init"] != "uniform":
        raise ConfigError(
            f"weights and init={shorten(given['init'])}: only one of them may be given"
        )
    task = network_of(_read_point(given))
    text, network = read_weights(weights, task.inputs, task.outputs)
    if task.skip and not network.skip:
        raise ConfigError("skip=true: the weights have no array direct, the direct connections")
    if task.hidden not in (2, network.hidden):  # 2 is the default
        raise ConfigError(
            f"hidden={shorten(given['hidden'])}: the weights have {network.hidden} hidden units"
        )
    init = {"name": "values", "values": text}
    return {"init": init, "hidden": network.hidden, "skip": network.skip}


def _engine(given: Group) -> Engine:
    return read_changed("engine", Engine(), group_values("engine", given, "name", Engine))


@keywords_in_errors()
def sweep(
    *,
    folder: Folder | None = None,
    resume: Folder | None = None,
    blocks: Sequence[Mapping[str, Any]] | None = None,
    zip: Sequence[Sequence[str]] | None = None,  # noqa: A002
    where: str | None = None,
    n_jobs: int | None = None,
    report: bool = False,
    progress: bool = True,
    **levels: Unpack[Levels],
) -> Sweep:
    """Train every point of a grid, as `python -m xorsweep -m` does, and return the sweep.

    A list, a range or an array of values makes a key an axis; the last axis varies fastest. Other
    keys have the levels of the command line's default grid, or of the `study`. A second call with
    the same levels or more trains only the missing points.

    Args:
        folder: The folder of the sweep; None: a cache, by the content of the sweep.
        resume: The folder of a sweep to resume, with further levels of its axes if given.
        blocks: Mappings of keys to levels; each makes a separate product.
        zip: The keys that vary together, such as `[("lr", "epochs")]`.
        where: An expression that is true for the points to keep, such as `"lr < hidden"`.
        n_jobs: The number of processes; -1: one per core.
        report: Whether to write the report into the folder.
        progress: Whether to print the progress.
        levels: Values by key, one or several. A component with parameters is a mapping:
            `optimizer={"name": "momentum", "momentum": [0.5, 0.9]}`.

    Returns:
        The finished sweep.

    Raises:
        ConfigError: A value isn't allowed, or a key is unknown.
        StoreError: The folder holds another sweep or can't be written.
    """
    given: dict[str, Any] = dict(levels)
    if n_jobs is not None:
        given["parallel.n_jobs"] = n_jobs
    for key, value in (("report", report), ("progress", progress)):
        read_value(key, value, Boolean())
    into = None if folder is None else folder_of(folder)
    asked = GivenSweep.read(given, blocks, zip, where)
    terminal = caller_console(progress)
    if resume is None:
        # Without a folder `sweep_once` finds one in the cache, by the content of the sweep.
        request = compose_sweep(asked, into or Path())
        return sweep_once(_with_report(request, report), into is None, terminal)
    if folder is not None:
        raise ConfigError(f"resume={shorten(resume)}: continues in that folder; omit folder")
    resumed = compose_resume(asked, named_folder(resume, "resume"))
    return resume_once(_with_report(resumed, report), terminal)


def _with_report(request: Request, report: bool) -> Request:
    return replace(request, settings=replace(request.settings, report=report))


def load(
    folder: Folder,
    function: Function | None = None,
    *,
    experiment: type[Experiment[Any]] | None = None,
    partial: bool = False,
) -> Sweep:
    """Return the finished sweep in a folder, or the newest of the command line for `latest`.

    Args:
        folder: The folder.
        function: The function of a sweep of a function, so that `run` can call it again.
        experiment: The class of an experiment of your own without an entry point.
        partial: Whether to accept a sweep that is running or interrupted. `results` then has the
            rows that are on disk, and `counts` the number of missing ones. Nothing is written,
            and a running sweep isn't disturbed.

    Raises:
        StoreError: The folder has no finished sweep, or no point, or a sweep of another
            function.
        ConfigError: The folder isn't a path.
    """
    read_value("partial", partial, Boolean())
    if experiment is not None:
        if not (isinstance(experiment, type) and issubclass(experiment, Experiment)):
            raise ConfigError(
                f"experiment={shorten(experiment)}: must be a class that derives from Experiment"
            )
        remember_class(experiment)
    path = named_folder(folder)
    runner = None if function is None else experiment_in(path, function)
    return PartialSweep.open(path, runner) if partial else Sweep.open(path, runner)
