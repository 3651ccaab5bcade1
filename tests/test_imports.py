"""What an import costs, and that the rooms depend on one another one way only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import xorsweep
from xorsweep.reporting.figures.catalog import PICTURES

PACKAGE = Path(xorsweep.__file__).parent
HEAVY = {"pandas", "seaborn", "matplotlib", "numba", "scipy", "pyarrow", "hydra", "omegaconf"}
HEAVY |= {"dask", "distributed"}
KNOW_HYDRA = {
    "cli.py",
    "compose_grid.py",
    "composing.py",
    "config_files.py",
    "grid_section.py",
    "hydra_config.py",
    "hydra_errors.py",
    "run_start.py",
    "swept.py",
    "yaml_faults.py",
}

WAY = (
    (
        "atomic",
        "exceptions",
        "hints",
        "interrupts",
        "markdown",
        "notebook",
        "output",
        "plain_files",
        "printing",
        "selection",
    ),
    (
        "rules",
        "choices",
        "activations",
        "losses",
        "optimizers",
        "schedules",
        "criteria",
        "tasks",
        "network",
    ),
    ("init", "engines", "measures", "numerics"),
    ("config", "again", "flags", "levels", "pages", "spacing"),
    ("overrides", "folders"),
    ("columns",),
    ("combinations", "where"),
    ("grid",),
    ("further_levels", "grid_data", "extensions", "csv_parquet"),
    ("plan",),
    ("worker",),
    ("prepare",),
    ("parts", "execute"),
    ("record",),
    ("manifest",),
    ("store", "results", "courses", "differences"),
    ("representatives", "kept_runs"),
    ("run_pictures",),
    ("drawn_runs",),
    ("rounds",),
    ("rates", "survival", "summary"),
    ("layout", "trainings"),
    ("comparisons", "studies", "wording"),
    ("measured",),
    ("failures",),
    (
        "tables",
        "placing",
        "style",
        "costs",
        "time_ratios",
        "view",
        "side_by_side",
        "terminal",
        "verdicts",
    ),
    ("finished", "progress"),
    ("single", "figures", "findings", "remarks"),
    ("commands",),
    ("report_tables", "alt_texts", "templating", "themes"),
    ("details", "single_pictures"),
    ("single_page", "report", "runs"),
    ("endings", "group_commit", "begun"),
    ("functions",),
    ("shards",),
    ("orchestrator",),
    ("estimates",),
    ("preview",),
    ("verify", "merge", "replay", "check_choice", "compare"),
    ("sweeps",),
    ("hydra_errors", "yaml_faults"),
    ("config_files",),
    ("hydra_config",),
    ("swept",),
    ("grid_section",),
    ("compose_grid",),
    ("composing", "run_start"),
    ("api",),
    ("cli", "map"),
)
"""The way of the data: a room imports from its own line, or from those above it."""


def modules_after(statement: str) -> set[str]:
    script = (
        f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def imports_of(path: Path) -> set[str]:
    """Return the rooms of the package that a file imports when it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xorsweep."):
            found.add(str(node.module).split(".")[1])
    return found


def test_import_of_the_package_brings_nothing_heavy() -> None:
    assert not modules_after("import xorsweep") & HEAVY


def test_the_public_names_are_listed_before_anything_is_imported_for_them() -> None:
    assert not modules_after("import xorsweep; assert 'train' in dir(xorsweep)") & {"numpy", "rich"}
    assert set(xorsweep.__all__) <= set(dir(xorsweep))
    assert all(getattr(xorsweep, name) is not None for name in xorsweep.__all__)


def test_a_single_run_from_python_needs_no_tables_no_pictures_and_no_hydra() -> None:
    loaded = modules_after("import xorsweep; xorsweep.train(epochs=3).outputs")
    assert not loaded & (HEAVY - {"pyarrow"})


def test_modules_that_share_a_name_with_nothing_public_stay_modules() -> None:
    script = "import xorsweep.reporting.report; import xorsweep; assert callable(xorsweep.sweep)"
    assert "xorsweep" in modules_after(f"{script}; xorsweep.reporting.report.Report")


def test_a_worker_needs_neither_hydra_nor_the_tables_nor_the_pictures() -> None:
    loaded = modules_after(
        "import xorsweep.networks.trainer, xorsweep.networks.engines.numpy.engine"
    )
    assert not loaded & (HEAVY - {"pyarrow"})


def test_a_sweep_imports_pictures_and_tables_only_when_it_shows_them() -> None:
    assert not modules_after("import xorsweep.sweeps.runner") & (HEAVY - {"pyarrow"})


def test_a_report_leaves_the_pictures_to_those_who_draw_them() -> None:
    loaded = modules_after("import xorsweep.reporting.report")
    assert not loaded & {"seaborn", "matplotlib", "hydra", "numba"}


def test_only_the_pictures_that_say_so_bring_seaborn() -> None:
    others = [picture for picture in PICTURES if not picture.with_seaborn]
    imports = ", ".join(
        f"xorsweep.reporting.figures.{picture.drawn_by.split('.')[0]}" for picture in others
    )
    assert not modules_after(f"import xorsweep.reporting.style, {imports}") & {"seaborn", "scipy"}
    for picture in set(PICTURES) - set(others):
        module = f"xorsweep.reporting.figures.{picture.drawn_by.split('.')[0]}"
        assert "seaborn" in modules_after(f"import {module}")


def test_every_room_has_its_place_on_the_way() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")}
    assert rooms - {"__init__", "__main__"} == {room for line in WAY for room in line}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_the_data_flows_one_way(path: Path) -> None:
    place = {room: number for number, line in enumerate(WAY) for room in line}
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in ("__init__", "__main__"):
        return
    against = {other for other in imports_of(path) if place[other] > place[room]}
    assert not against, f"{room} imports from rooms that come after it: {against}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_the_command_line_knows_hydra(path: Path) -> None:
    imported = {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
    } | {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert not imported & {"hydra", "omegaconf"} or path.name in KNOW_HYDRA


def test_the_pieces_of_pages_need_no_matplotlib() -> None:
    loaded = modules_after(
        "from xorsweep.reporting.svg import decision_surface, error_curve, network_diagram"
    )
    assert not loaded & HEAVY
    assert "PIL" not in modules_after(
        "import xorsweep.reporting.svg.network_diagram, xorsweep.reporting.svg.error_curve"
    )
