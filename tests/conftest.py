"""Fixtures that all tests share, markers by the imports of a module, and the budget."""

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import budget
import composition_memo
import profiles
import pytest
from filelock import FileLock
from weight_sweeps import run_weight_sweep

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Scalar, fields_of
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

STARTERS = ("command_line.", "hydra.", "subprocess.", "xorsweep.cli.")
"""Modules with which a test starts a process, or Hydra in this one."""
STARTED = "started"

MEMORY = Path("/dev/shm")
ROOM = 2**29
"""Bytes of memory with which the folders of the quick tests are kept there; they need a tenth."""

NOTEBOOK = {
    "task": "xor",
    "hidden": 2,
    "skip": False,
    "activation": "logistic",
    "output": "logistic",
    "loss": "half_sse",
    "optimizer": "sgd",
    "schedule": "batch",
    "init": "uniform",
    "criterion": "fahlman",
    "until_converged": False,
    "lr": 0.1,
    "lr_output": None,
    "epochs": 10_000,
    "seed": 0,
}


def pytest_configure() -> None:
    """Begin to count the processes of tests, and to remember the files that Hydra reads.

    Imports leave little garbage, so the search for it waits. A shell lets its background processes
    ignore Ctrl-C, and `nohup` lets them ignore a closed terminal; the processes of the tests would
    inherit this. Each sweep is synchronized to the disk, so quick tests have their folders in
    memory.
    """
    for number, default in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, default)
    if not profiles.IS_THOROUGH and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    budget.begin_to_count()
    composition_memo.begin_to_remember()
    gc.disable()


def pytest_collection_finish() -> None:
    """Search for garbage from now on, seldom, and never among imported objects."""
    gc.set_threshold(20_000)
    gc.enable()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the imports of their module; thorough examples are slow."""
    for item in items:
        module = getattr(item, "module", None)
        item.add_marker("cli" if module and _starts(module) else "unit")
        if profiles.IS_THOROUGH and hasattr(getattr(item, "obj", None), "hypothesis"):
            item.add_marker("slow")


def _starts(module: ModuleType) -> bool:
    """Tell whether a module uses another one that starts a process or Hydra."""
    values = [each for each in vars(module).values() if hasattr(each, "__name__")]
    names = {
        each.__name__ if isinstance(each, ModuleType) else str(getattr(each, "__module__", ""))
        for each in values
    }
    return any(f"{name}.".startswith(STARTERS) for name in names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count the starts of a quick test."""
    with budget.counted_for(item.nodeid if item.get_closest_marker("slow") is None else None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> Iterator[None]:
    """Count the starts of a shared fixture separately from those of the first test."""
    if fixturedef.scope == "function" or not budget.is_counting():
        return (yield)
    name = f"{fixturedef.baseid}::{fixturedef.argname}[{request.param_index}]"
    with budget.counted_once_for(name):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Hand the counts to the process that started this one, or fail where they are too high.

    The reason comes after all else, where it is seen.
    """
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[STARTED] = {starter: dict(counts) for starter, counts in budget.started.items()}
    yield
    lines = [] if output is not None else budget.exceeded(budget.total())
    if lines and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    for line in lines:
        session.config.get_terminal_writer().line(f"FAILED: {line}", red=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the counts of a worker of xdist that has ended."""
    budget.add_worker(getattr(node, "workeroutput", {}).get(STARTED, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report the counts."""
    counts = budget.total()
    text = ", ".join(
        f"{counts[what]} of at most {most} {what}" for what, most in budget.MOST.items()
    )
    terminalreporter.write_line(f"quick tests started {text}")


PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]


@pytest.fixture(scope="session")
def point_of() -> PointOf:
    """Return a function that makes a checked point: the notebook's, except for the keys given."""

    def make(**given: Scalar) -> Point:
        values = {key.replace("__", "."): value for key, value in given.items()}
        config: dict[str, object] = {}
        for key in NETWORK_SCHEMA.keys:
            config[key] = values.pop(key, NOTEBOOK[key])
            if key in COMPONENTS:
                choice = COMPONENTS[key][str(config[key])]
                defaults = {name: getattr(choice(), name) for name in fields_of(choice)}
                set_here = {
                    name: values.pop(f"{key}.{name}")
                    for name in fields_of(choice)
                    if f"{key}.{name}" in values
                }
                config[key] = {"name": config[key], **defaults, **set_here}
        assert not values
        return NETWORK_SCHEMA.read_point(config)

    return make


@pytest.fixture(scope="session")
def grid_of(point_of: PointOf) -> GridOf:
    """Return a function that makes a grid: a list or range is an axis, anything else a value."""

    def make(**given: object) -> Grid:
        axes = {key: list(value) for key, value in given.items() if isinstance(value, list | range)}
        fixed = {key: value for key, value in given.items() if key not in axes}
        first = {key: levels[0] for key, levels in axes.items()}
        base = point_of(**fixed, **first)  # type: ignore[arg-type]
        return product_grid(
            NETWORK_SCHEMA,
            [Axis(key.replace("__", "."), tuple(levels)) for key, levels in axes.items()],
            [base],
        )

    return make


FolderOf = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> FolderOf:
    """Return a function that makes a folder once, for all tests and all workers of xdist.

    Nothing may change the folder: a test that would takes a copy.
    """
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made_once(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                make(folder)
        return folder

    return made_once


@pytest.fixture(scope="session")
def small_sweep(grid_of: GridOf, shared_folder: FolderOf) -> Path:
    """Return the folder of a finished sweep with its report, some of its runs unsolved."""

    def sweep(folder: Path) -> None:
        grid = grid_of(lr=[0.5, 2.0, 1e3], hidden=[2, 4], epochs=[200, 1500], seed=range(12))
        settings = SweepSettings(ExecutionSettings("serial"))
        provenance = {"command_line": ["xorsweep", "-m"]}
        run_sweep(SweepRequest(NetworkExperiment(), grid, settings, folder, provenance))

    return shared_folder("small_sweep", sweep)


@pytest.fixture(scope="session")
def weight_sweep(grid_of: GridOf, shared_folder: FolderOf) -> Path:
    """Return the folder of a finished sweep whose initial weights can be looked at."""
    return shared_folder("weight_sweep", partial(run_weight_sweep, grid_of))


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out of reports, which take longest, where they aren't the subject."""
    none: Future[list[object]] = Future()
    none.set_result([])
    monkeypatch.setattr("xorsweep.reporting.report.submit_figures", lambda *_: none)
