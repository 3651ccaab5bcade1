"""The Python interface to sweeps of a function or an experiment of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from xorsweep.cli.overrides import GivenSweep
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import Experiment
from xorsweep.experiment.lookup import remember_class
from xorsweep.fields import Boolean
from xorsweep.fields.sections import Group, group_values, read_changed, read_fields
from xorsweep.fields.values import read_value
from xorsweep.functions.experiment import FunctionExperiment, read_rate, read_times
from xorsweep.functions.signature import Function
from xorsweep.grid.grid import Grid
from xorsweep.grid.levels import levels_of_value
from xorsweep.grid.product import grid_of_levels
from xorsweep.reporting.console_python import caller_console
from xorsweep.settings import FIGURES, AdaptiveSeeds, SweepSettings, read_figures
from xorsweep.storage.paths import Folder, folder_of
from xorsweep.sweeps.adaptive_seeds import check_rounds
from xorsweep.sweeps.call_text import call_text, function_call
from xorsweep.sweeps.keywords import keywords_in_errors
from xorsweep.sweeps.repeated_calls import sweep_once
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.sweep import Sweep
from xorsweep.text import shorten


@keywords_in_errors()
def sweep_function(
    function: Function,
    axes: Mapping[str, Any],
    folder: Folder | None = None,
    *,
    blocks: Sequence[Mapping[str, Any]] | None = None,
    zip: Sequence[Sequence[str]] | None = None,  # noqa: A002
    where: str | None = None,
    vectorized: bool = False,
    times: Mapping[str, str] | None = None,
    rate: str | None = None,
    precision: float | None = None,
    max_seeds: int = 10_000,
    n_jobs: int | None = None,
    parallel: Group = "loky",
    on_failure: str = "continue",
    title: str | None = None,
    report: bool = False,
    figures: Mapping[str, Any] | None = None,
    csv: bool = True,
    progress: bool = True,
) -> Sweep:
    """Call a function for every point of a grid, and return the sweep.

    A second call with the same levels or more calls the function only for the missing points. A
    point for which the function raises is a row with the status `failed`.

    Args:
        function: Takes one argument per key and returns a number, a boolean, a text, or a
            dictionary of them; a one-dimensional array is stored as a curve. A function whose
            only parameter isn't a key receives all keys as one mapping.
        axes: Levels by argument, one value or several; the last axis varies fastest. Other
            arguments have their defaults.
        folder: The folder of the sweep; None: a cache, by the content of the sweep.
        blocks: Mappings that replace or extend `axes`; each makes a separate product.
        zip: The arguments that vary together, such as `[("lr", "width")]`.
        where: An expression that is true for the points to keep, `"lr * width < 10"`.
        vectorized: Whether the function takes and returns arrays (n,), one element per point.
        times: Columns of times, each with the boolean column that is true if the event happened
            at that time.
        rate: The boolean column that `precision` applies to.
        precision: Seeds are added to each setting until half the width of its 95 % interval is
            below this.
        max_seeds: The maximum number of seeds of a setting.
        n_jobs: The number of processes; -1: one per core.
        parallel: `loky`, `serial` or `dask`, or a mapping with its parameters.
        on_failure: `continue`, or `stop` at the first point that fails.
        title: The title of the report.
        report: Whether to write the report into the folder.
        figures: The axes, the style and the files of its figures, such as `{"x": "size"}`.
        csv: Whether to write results.csv in addition to results.parquet.
        progress: Whether to print the progress.

    Returns:
        The finished sweep.

    Raises:
        ConfigError: An argument or a level isn't allowed; the message names it.
        StoreError: The folder holds another sweep, or can't be written.
    """
    for key, value in (("vectorized", vectorized), ("report", report), ("progress", progress)):
        read_value(key, value, Boolean())
    options = _given_options(sweep_function, locals())
    given = _read_blocks_of(axes, blocks)
    experiment, grid = FunctionExperiment.of(
        function,
        given,
        GivenSweep.read({}, None, zip, where).zipped or (),
        where,
        vectorized=vectorized,
        times=read_times(times),
        rate=read_rate(rate),
    )
    call = function_call(experiment.full_name, axes, options)
    return _sweep(experiment, grid, _settings(locals()), folder, call, progress)


@keywords_in_errors()
def sweep_experiment(
    experiment: Experiment[Any],
    axes: Mapping[str, Any],
    folder: Folder | None = None,
    *,
    blocks: Sequence[Mapping[str, Any]] | None = None,
    zip: Sequence[Sequence[str]] | None = None,  # noqa: A002
    where: str | None = None,
    precision: float | None = None,
    max_seeds: int = 10_000,
    n_jobs: int | None = None,
    parallel: Group = "loky",
    on_failure: str = "continue",
    title: str | None = None,
    report: bool = False,
    figures: Mapping[str, Any] | None = None,
    csv: bool = True,
    progress: bool = True,
) -> Sweep:
    """Run an experiment at every point of a grid, and return the sweep.

    A second call with the same levels or more runs only the missing points.

    `experiment` is an implementation of `xorsweep.experiment.Experiment`, such as an object of a
    class that derives from `xorsweep.tabular_experiment.TabularExperiment`. `axes` has levels by
    key of its schema. The other arguments are those of `sweep_function`.

    Returns:
        The finished sweep.

    Raises:
        ConfigError: A key or a level isn't allowed.
        StoreError: The folder holds another sweep, or can't be written.
    """
    options = _given_options(sweep_experiment, locals())
    if not isinstance(experiment, Experiment):
        raise ConfigError(
            f"experiment={shorten(experiment)}: must be an Experiment, such as MyClass()"
        )
    remember_class(type(experiment))
    zipped = GivenSweep.read({}, None, zip, where).zipped or ()
    grid = grid_of_levels(experiment.schema, _read_blocks_of(axes, blocks), zipped, where)
    call = call_text("sweep_experiment", str(experiment), axes, options)
    return _sweep(experiment, grid, _settings(locals()), folder, call, progress)


def _given_options(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call that have a default and differ from it, except `progress`."""
    defaults = {name: each.default for name, each in signature(function).parameters.items()}
    options = {
        name: arguments[name]
        for name, default in defaults.items()
        if default is not Parameter.empty and repr(arguments[name]) != repr(default)
    }
    options.pop("progress", None)
    if "folder" in options:
        options["folder"] = str(options["folder"])  # as it was typed, also where it is a Path
    return options


def _settings(arguments: Mapping[str, Any]) -> SweepSettings:
    """Return the settings of a sweep among the arguments of a call."""
    return SweepSettings(
        parallel=_parallel(arguments["parallel"], arguments["n_jobs"]),
        rounds=AdaptiveSeeds(**read_fields("", arguments, AdaptiveSeeds)),
        figures=read_figures(arguments["figures"]),
        **read_fields("", arguments, SweepSettings),
    )


def _sweep(
    experiment: Experiment[Any],
    grid: Grid,
    settings: SweepSettings,
    folder: Folder | None,
    call: str,
    progress: bool,
) -> Sweep:
    # Without a folder `sweep_once` finds one in the cache, by the content of the sweep.
    into = Path() if folder is None else folder_of(folder)
    check_rounds(experiment, grid, settings.rounds)
    settings.figures.check_axes(grid.swept)
    config = {"title": settings.title, FIGURES: vars(settings.figures)}
    provenance = {"command_line": [call], "config": config}
    request = SweepRequest(experiment, grid, settings, into, provenance)
    return sweep_once(request, folder is None, caller_console(progress))


def _read_blocks_of(
    axes: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]] | None
) -> list[Mapping[str, Any]]:
    if axes == {} and not blocks:
        raise ConfigError("axes={}: is empty; a sweep needs a key with its levels")
    if not isinstance(axes, Mapping):
        raise ConfigError(f"axes={shorten(axes)}: must be a dictionary of keys and their levels")
    given = [{}] if blocks is None else levels_of_value("blocks", blocks)
    if not isinstance(given, list) or not given:
        raise ConfigError(f"blocks={shorten(blocks)}: must be a list of dictionaries")
    for block in given:
        if not isinstance(block, Mapping):
            raise ConfigError(f"blocks: {shorten(block)} must be a dictionary of keys and levels")
    return [{**axes, **block} for block in given]


def _parallel(given: Group, n_jobs: int | None) -> ExecutionSettings:
    values = group_values("parallel", given, "backend", ExecutionSettings)
    if n_jobs is not None:
        values["n_jobs"] = n_jobs
    return read_changed("parallel", ExecutionSettings(), values)
