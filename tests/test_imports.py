"""What an import brings; the order of the packages is held by import-linter."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import xorsweep
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES

HEAVY = {"pandas", "seaborn", "matplotlib", "numba", "scipy", "pyarrow", "hydra", "omegaconf"}
HEAVY |= {"dask", "distributed"}


def modules_after(statement: str) -> set[str]:
    script = (
        f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_of_the_package_brings_nothing_heavy() -> None:
    assert not modules_after("import xorsweep") & HEAVY


def test_the_public_names_are_listed_before_anything_is_imported_for_them() -> None:
    assert not modules_after("import xorsweep; assert 'train' in dir(xorsweep)") & {"numpy", "rich"}
    assert set(xorsweep.__all__) <= set(dir(xorsweep))
    assert all(getattr(xorsweep, name) is not None for name in xorsweep.__all__)


def test_a_single_run_from_python_needs_no_tables_no_pictures_and_no_hydra() -> None:
    loaded = modules_after("import xorsweep; xorsweep.train(epochs=3).outputs")
    assert not loaded & (HEAVY - {"pyarrow"})


def test_a_sweep_of_values_is_composed_without_hydra() -> None:
    loaded = modules_after(
        "from pathlib import Path; from xorsweep.cli import compose_python, overrides; "
        "given = overrides.GivenSweep.read({'lr': [0.1, 1], 'optimizer': ['sgd', 'adam']}); "
        "assert len(compose_python.compose_sweep(given, Path()).grid) == 2 * 2 * 4 * 3 * 100"
    )
    assert not loaded & (HEAVY - {"pyarrow"})


def test_modules_that_share_a_name_with_nothing_public_stay_modules() -> None:
    script = "import xorsweep.reporting.report; import xorsweep; assert callable(xorsweep.sweep)"
    assert "xorsweep" in modules_after(f"{script}; xorsweep.reporting.report.ReportWriter")


def test_a_worker_needs_neither_hydra_nor_the_tables_nor_the_pictures() -> None:
    loaded = modules_after(
        "import xorsweep.network_experiment, xorsweep.networks.engines.numpy.engine"
    )
    assert not loaded & (HEAVY - {"pyarrow"})


def test_subcommands_load_what_they_need_when_they_run() -> None:
    every = (
        "from xorsweep.cli.commands import COMMANDS, load_command; [*map(load_command, COMMANDS)]"
    )
    assert not modules_after(f"import xorsweep.cli.main; {every}") & (HEAVY | {"rich", "joblib"})


def test_a_sweep_imports_pictures_and_tables_only_when_it_shows_them() -> None:
    assert not modules_after("import xorsweep.sweeps.runner") & (HEAVY - {"pyarrow"})


def test_a_report_leaves_the_pictures_to_those_who_draw_them() -> None:
    loaded = modules_after("import xorsweep.reporting.report")
    assert not loaded & {"seaborn", "matplotlib", "hydra", "numba"}


def test_only_the_heat_map_brings_seaborn() -> None:
    others = [f"xorsweep.reporting.figures.{spec.module}" for spec in NETWORK_FIGURES[1:]]
    assert not modules_after(f"import {', '.join(others)}") & {"seaborn", "scipy"}
    heat_map = f"xorsweep.reporting.figures.{NETWORK_FIGURES[0].module}"
    assert "seaborn" in modules_after(f"import {heat_map}")


def test_the_pieces_of_pages_need_no_matplotlib() -> None:
    loaded = modules_after(
        "from xorsweep.reporting.svg import decision_surface, error_curve, network_diagram"
    )
    assert not loaded & HEAVY
    assert "PIL" not in modules_after(
        "import xorsweep.reporting.svg.network_diagram, xorsweep.reporting.svg.error_curve"
    )


def test_the_longest_chain_of_imports_has_at_most_14_modules() -> None:
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

    assert max(map(depth, files)) <= 14
