"""The modules that an import loads; import-linter holds the order of the packages."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import xorsweep

HEAVY = {"pandas", "seaborn", "matplotlib", "numba", "scipy", "pyarrow", "hydra", "omegaconf"}
HEAVY |= {"dask", "distributed"}


STATEMENTS = {
    "package": "import xorsweep",
    "names": "assert 'train' in dir(xorsweep)",
    "commands": "import xorsweep.cli.main; from xorsweep.cli.commands import COMMANDS, "
    "load_command; [*map(load_command, COMMANDS)]",
    "drawings": "import xorsweep.reporting.svg.network_diagram, xorsweep.reporting.svg.error_curve",
    "surface": "from xorsweep.reporting.svg import decision_surface",
    "run": "import xorsweep.reporting.run, xorsweep.reporting.run_files",
    "single run": "xorsweep.train(epochs=3).outputs",
    "worker": "import xorsweep.network_experiment, xorsweep.networks.engines.numpy.engine",
    "runner": "import xorsweep.sweeps.runner",
    "values": "from pathlib import Path; from xorsweep.cli import compose_python, overrides; "
    "given = overrides.GivenSweep.read({'lr': [0.1, 1], 'optimizer': ['sgd', 'adam']}); "
    "assert len(compose_python.compose_sweep(given, Path()).grid) == 2 * 2 * 4 * 3 * 100",
    "batch": "request = compose_python.compose_sweep(overrides.GivenSweep.read({'epochs': 3}), "
    "Path()); request.experiment.run(request.experiment.batch_of_one(request.grid, 0))",
    "comparisons": "import numpy; from xorsweep.analysis.paired_tests import exact_mcnemar; "
    "assert exact_mcnemar(numpy.array([0]), numpy.array([6])) == 1 / 32",
    "report": "import xorsweep.reporting.report",
    "api": "assert callable(xorsweep.sweep); xorsweep.reporting.report.ReportWriter",
    "figure of a run": "import xorsweep.reporting.figures.hidden_outputs",
    "figure of a sweep": "import xorsweep.reporting.figures.rate_lines",
}
"""Run by one process in this order: none may have loaded a module that a later one mustn't."""


Loaded = dict[str, set[str]]


def modules_after(*statements: str) -> list[set[str]]:
    """Return the top-level modules that a new process has imported after each statement."""
    show = "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    script = "\n".join(["import sys", *(f"{each}\n{show}" for each in statements)])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return [set(line.split()) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return dict(zip(STATEMENTS, modules_after(*STATEMENTS.values()), strict=True))


def test_import_of_the_package_brings_nothing_heavy(loaded: Loaded) -> None:
    assert not loaded["package"] & HEAVY


def test_the_public_names_are_listed_before_anything_is_imported_for_them(loaded: Loaded) -> None:
    assert not loaded["names"] & {"numpy", "rich"}
    assert set(xorsweep.__all__) <= set(dir(xorsweep))
    assert all(getattr(xorsweep, name) is not None for name in xorsweep.__all__)


def test_subcommands_load_their_modules_when_they_run(loaded: Loaded) -> None:
    assert not loaded["commands"] & (HEAVY | {"rich", "joblib"})


def test_the_pieces_of_pages_need_no_matplotlib(loaded: Loaded) -> None:
    assert not loaded["surface"] & HEAVY
    assert "PIL" not in loaded["drawings"]


def test_a_worker_needs_neither_hydra_nor_the_tables_nor_the_pictures(loaded: Loaded) -> None:
    assert not loaded["worker"] & (HEAVY - {"pyarrow"})
    assert not loaded["batch"] & (HEAVY - {"pyarrow"})


def test_a_sweep_imports_pictures_and_tables_only_when_it_shows_them(loaded: Loaded) -> None:
    assert not loaded["runner"] & (HEAVY - {"pyarrow"})


def test_a_single_run_of_the_command_line_needs_no_files_of_sweeps(loaded: Loaded) -> None:
    assert not loaded["run"] & (HEAVY | {"joblib"})


def test_a_single_run_from_python_needs_no_tables_no_pictures_and_no_hydra(loaded: Loaded) -> None:
    assert not loaded["single run"] & (HEAVY - {"pyarrow"})


def test_a_sweep_of_values_is_composed_without_hydra(loaded: Loaded) -> None:
    assert not loaded["values"] & (HEAVY - {"pyarrow"})


def test_the_comparisons_of_a_small_sweep_need_no_scipy(loaded: Loaded) -> None:
    assert "scipy" not in loaded["comparisons"]


def test_a_report_leaves_the_pictures_to_those_who_draw_them(loaded: Loaded) -> None:
    assert not loaded["report"] & {"seaborn", "matplotlib", "hydra", "numba"}


def test_only_figures_of_sweeps_bring_seaborn(loaded: Loaded) -> None:
    assert "seaborn" not in loaded["figure of a run"]
    assert "seaborn" in loaded["figure of a sweep"]


def test_modules_that_share_a_name_with_nothing_public_stay_modules(loaded: Loaded) -> None:
    assert "xorsweep" in loaded["api"]


def test_the_longest_chain_of_imports_has_at_most_12_modules() -> None:
    """Counted are imports that run when a module is imported; a cycle would not end."""
    package = Path(xorsweep.__file__).parent
    files = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts): path
        for path in package.rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}

    @cache
    def depth(module: str) -> int:
        imported = {
            name if name in files else str(node.module)
            for node in ast.parse(files[module].read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("xorsweep")
            for name in (f"{node.module}.{alias.name}" for alias in node.names)
        }
        return 1 + max(map(depth, imported - {module}), default=0)

    assert max(map(depth, files)) <= 12
