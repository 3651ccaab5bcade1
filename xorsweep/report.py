"""The report of a sweep, as a page and as Markdown; `python -m xorsweep.report FOLDER` remakes it.

Both hold the same: what was run, what was found, tables, pictures, and how to do it again.
"""

from __future__ import annotations

import base64
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from xorsweep.config import choose
from xorsweep.figures import Courses, Picture, Tables, write_figures
from xorsweep.findings import findings
from xorsweep.layout import is_numeric, level_name, levels
from xorsweep.measures import DESCRIPTIONS, OUTCOMES, has_xor_levels
from xorsweep.results import read_courses, read_results
from xorsweep.store import Store, StoreError, write_atomically
from xorsweep.summary import point_columns, summarise, swept_columns
from xorsweep.terminal import count_line

MOST_CELLS = 60
"""Rows of the table of cells; summary.csv holds all."""
MOST_LEVELS = 8
MOST_REASONS = 10

FILES = (
    ("results.csv", "one row a point"),
    ("results.parquet", "the same, typed"),
    ("summary.csv", "one row a cell: all points that differ in seed alone"),
    ("figures/", "the pictures, as PNG and SVG"),
    ("manifest.json", "what was run, where and when, in full"),
    ("multirun.yaml", "the configuration as Hydra composed it"),
)


@dataclass(frozen=True)
class Table:
    """A table of texts; `note` says what it leaves out."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Page:
    """Everything that a report holds, as text, ready for a template."""

    title: str
    counts: str
    findings: Sequence[str]
    settings: Table
    cells: Table
    outcomes: Table
    failures: Table
    pictures: Sequence[Picture]
    command: str
    facts: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]] = FILES


def make_report(
    folder: Path,
    manifest: Mapping[str, Any],
    results: pd.DataFrame,
    summary: pd.DataFrame,
    courses: Courses,
) -> Path:
    """Write figures, report.md and report.html into a sweep's folder; return the page's path."""
    tables = Tables(results, summary, courses, _all_have_levels(results))
    pictures = write_figures(tables, folder / "figures")
    page = Page(
        title=manifest["grid"]["text"],
        counts=count_line(manifest["counts"]),
        findings=findings(results, summary),
        settings=_settings(results),
        cells=_cells(summary),
        outcomes=_outcomes(results),
        failures=_failures(results),
        pictures=pictures,
        command=shlex.join(manifest["command_line"]),
        facts=list(_facts(manifest)),
    )
    for name in ("report.md", "report.html"):
        text = _environment(folder).get_template(f"{name}.j2").render(page=page)
        write_atomically(folder / name, text.encode())
    return folder / "report.html"


def remake_report(folder: Path) -> Path:
    """Make tables, figures and report of a finished sweep again from what its folder holds.

    Raises StoreError where the folder holds no finished sweep.
    """
    store, grid, manifest = Store.open(folder)
    if manifest.get("state") != "finished":
        raise StoreError(f"{folder} isn't finished; go on with it by resume={folder}")
    results = read_results(folder)
    summary = summarise(results)
    summary.to_csv(folder / "summary.csv", index=False)
    return make_report(
        folder, manifest, results, summary, lambda cells: read_courses(grid, store.parts(), cells)
    )


def single_run_command(point: Mapping[Any, Any]) -> str:
    """Return the command that trains one point alone and looks at it closely."""
    given = {key: value for key, value in point.items() if value is not None and value == value}
    texts = (
        f"{key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, value in given.items()
    )
    return shlex.join(["python", "-m", "xorsweep", *texts])


def _all_have_levels(results: pd.DataFrame) -> bool:
    columns = [key for key in point_columns(results) if key.split(".")[0] == "task"]
    tasks = results[columns].drop_duplicates().astype(object).to_dict("records")
    return all(has_xor_levels(choose("task", _present(task)).targets()) for task in tasks)


def _present(point: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in point.items() if value == value}


def _settings(results: pd.DataFrame) -> Table:
    """Return every key that says what was trained, the swept ones first."""
    rows = [(key, _levels_text(results, key)) for key in point_columns(results)]
    return Table(("key", "values"), [(key, text) for key, text in rows if text])


def _levels_text(results: pd.DataFrame, key: str) -> str:
    found = levels(results[[key]].dropna(), key)
    if len(found) <= MOST_LEVELS:
        return ", ".join(map(level_name, found))
    if is_numeric(results[key]):
        return f"{level_name(found[0])} to {level_name(found[-1])}, {len(found):,} of them"
    return (
        f"{', '.join(map(level_name, found[:MOST_LEVELS]))} and {len(found) - MOST_LEVELS:,} more"
    )


def _cells(summary: pd.DataFrame) -> Table:
    keys = swept_columns(summary)
    head = (
        *keys,
        "runs",
        "converged",
        "rate, 95 % interval",
        "median epochs, 95 % interval",
        "expected running time",
        "median final error",
    )
    shown = summary.head(MOST_CELLS)
    rows = [
        (
            *(level_name(cell[key]) for key in keys),
            f"{cell['runs']:,}",
            f"{cell['converged']:,}",
            _interval(cell, "rate", 100, " %"),
            cell["median_note"] or _interval(cell, "median_epochs"),
            _number(cell["expected_running_time"], "never solved"),
            "" if pd.isna(cell["final_error_q50"]) else f"{cell['final_error_q50']:.3g}",
        )
        for cell in shown.to_dict("records")
    ]
    left = len(summary) - len(shown)
    note = f"and {left:,} more cells in summary.csv" if left else ""
    return Table(head, rows, note)


def _interval(cell: Mapping[Any, Any], name: str, scale: float = 1, unit: str = "") -> str:
    if pd.isna(cell[name]):
        return ""
    low, high = (_number(scale * cell[f"{name}_{end}"], "not reached") for end in ("low", "high"))
    return f"{scale * cell[name]:,.0f}{unit} [{low}, {high}]"


def _number(value: float, absent: str) -> str:
    return absent if pd.isna(value) else f"{value:,.0f}"


def _outcomes(results: pd.DataFrame) -> Table:
    counts = results["outcome"].value_counts()
    rows = [
        (name, f"{counts[name]:,}", DESCRIPTIONS[name]) for name in OUTCOMES if counts.get(name, 0)
    ]
    return Table(("outcome", "runs", "what it means"), rows)


def _failures(results: pd.DataFrame) -> Table:
    """Return what failed, by reason, with the command that tries one of each again."""
    failed = results[results["status"] == "failed"]
    keys = point_columns(results)
    groups = list(failed.groupby("message", sort=False))
    rows = [
        (
            str(reason),
            f"{len(rows):,}",
            single_run_command(rows[keys].astype(object).iloc[0].to_dict()),
        )
        for reason, rows in groups[:MOST_REASONS]
    ]
    left = len(groups) - len(rows)
    note = f"and {left:,} more reasons in results.csv" if left else ""
    return Table(("reason", "runs", "one of them alone"), rows, note)


def _facts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine, versions = manifest["machine"], manifest["versions"]
    yield "started", str(manifest["started"])
    yield (
        "training",
        f"{manifest['seconds']:.1f} s, {manifest['net_epochs']:,} epochs of one network, "
        f"{manifest['throughput'] / 1e6:.1f} million a second",
    )
    engine = manifest["engine"]
    yield "workers", f"{manifest['workers']}, engine {engine['name']} in {engine['dtype']}"
    if manifest.get("left_to_numpy"):
        yield "not compiled", "; ".join(manifest["left_to_numpy"])
    yield (
        "machine",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}",
    )
    yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())
    if manifest.get("git"):
        dirty = ", with changes that aren't committed" if manifest["git"]["dirty"] else ""
        yield "git commit", manifest["git"]["commit"] + dirty


def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=PackageLoader("xorsweep"),
        autoescape=lambda name: bool(name) and "html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: " ".join(str(text).replace("|", "\\|").split())
    environment.filters["svg"] = lambda name: base64.b64encode(
        (folder / "figures" / f"{name}.svg").read_bytes()
    ).decode()
    return environment


def main() -> None:
    """Remake the report of the folder named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m xorsweep.report FOLDER")
    try:
        print(remake_report(Path(sys.argv[1])))
    except StoreError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
