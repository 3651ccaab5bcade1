"""Run every published study and write docs/studies.md from the results.

python -m benchmarks.studies [NAME ...] [--page-only]

A study goes to outputs/studies/NAME. Where that folder holds the same grid already, only the
missing runs are trained; a folder of another grid is set aside under another name.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from jinja2 import ChoiceLoader, FileSystemLoader

from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.studies.verdicts import verdict_findings, verdicts
from xorsweep.cli.axes import parsed
from xorsweep.cli.compose import Composed, compose_grid
from xorsweep.cli.defaults import config_folder
from xorsweep.cli.grid_config import read_grid
from xorsweep.cli.hydra_compose import HydraComposer
from xorsweep.cli.hydra_config import VERSION_BASE, plain
from xorsweep.errors import StoreError
from xorsweep.grid.serialization import grid_to_data
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.rendering import environment, escape_markdown
from xorsweep.reporting.study_comparison import study_comparison
from xorsweep.reporting.tables import Comparison
from xorsweep.storage.paths import make_free_folder
from xorsweep.storage.results import read_results
from xorsweep.sweeps.finished import finished_manifest
from xorsweep.sweeps.folders import open_sweep

FOLDER = Path("outputs/studies")
PAGE = Path("docs/studies.md")
NAMES = sorted(path.stem for path in (Path(config_folder()) / "study").glob("*.yaml"))


@dataclass(frozen=True)
class Section:
    """The section of the page about a study."""

    name: str
    title: str
    grid: str
    findings: list[str]
    comparison: Comparison


def main() -> None:
    """Run the studies named, all by default, and write the page about all that have been run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default {', '.join(NAMES)}")
    parser.add_argument("--page-only", action="store_true", help="run nothing")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"no such study: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if not chosen.page_only:
        for name in chosen.names or NAMES:
            run(name, FOLDER / name)
    done = [name for name in NAMES if (FOLDER / name / "report.md").is_file()]
    PAGE.write_text(page([section(FOLDER / name) for name in done]), encoding="utf-8")
    print(PAGE)


def run(name: str, folder: Path) -> None:
    """Train the runs that a study's folder lacks and make its report."""
    print(f"== {name} ==", flush=True)
    goes_on = holds_its_grid(folder, name)
    if folder.exists() and not goes_on:
        folder.rename(make_free_folder(folder.with_name(f"{name}-earlier")))
    where = f"{'resume' if goes_on else 'hydra.sweep.dir'}={folder}"
    subprocess.run([sys.executable, "-m", "xorsweep", "-m", f"study={name}", where], check=True)


def holds_its_grid(folder: Path, name: str) -> bool:
    """Tell whether a folder holds a sweep, whole or not, of a study's points."""
    try:
        grid = open_sweep(folder).grid
    except StoreError:
        return False
    return grid_to_data(grid) == grid_to_data(composed(name).grid)


def composed(name: str, *overrides: str) -> Composed:
    """Return the grid of `study=NAME` with some overrides, and its configuration."""
    given = [f"study={name}", *overrides]
    with initialize_config_dir(config_folder(), **VERSION_BASE):
        config = compose("config", given[:1], return_hydra_config=True)
        loader = GlobalHydra.instance().config_loader()
        asked = read_grid(loader, plain(config)["grid"], parsed(loader, given))
        return compose_grid(HydraComposer(loader, config), asked)


def section(folder: Path) -> Section:
    """Return the section about the study in a sweep's folder."""
    manifest = finished_manifest(folder)
    study = read_study(manifest.study)
    assert study is not None
    judged = verdicts(study, read_results(folder, NetworkExperiment()))
    return Section(
        study.name,
        study.title,
        manifest.grid.text,
        list(verdict_findings(judged)),
        study_comparison(study, judged),
    )


def page(sections: list[Section]) -> str:
    """Return the text of docs/studies.md."""
    templates = environment()
    assert templates.loader is not None
    templates.loader = ChoiceLoader([FileSystemLoader(PAGE.parent), templates.loader])
    return templates.get_template("studies.md.j2").render(sections=escape_markdown(sections))


if __name__ == "__main__":
    main()
