"""The report of a sweep, as a page and as Markdown; `python -m xorsweep.report FOLDER` remakes it.

Both hold the same: what was run, what was found, tables, pictures, and how to do it again.
"""

from __future__ import annotations

import base64
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from xorsweep.atomic import write_atomically
from xorsweep.comparisons import NO_DIFFERENCE
from xorsweep.config import choose
from xorsweep.courses import CoursesOnDisk
from xorsweep.failures import failures_of
from xorsweep.figures import Picture, write_figures
from xorsweep.figures.source import Courses, Tables
from xorsweep.findings import findings
from xorsweep.layout import is_numeric, level_name, level_text, levels
from xorsweep.markdown import all_literal, code_block
from xorsweep.measures import DESCRIPTIONS, OUTCOMES, has_xor_levels
from xorsweep.record import ManifestError, check_finished
from xorsweep.results import read_results
from xorsweep.rounds import open_with_rounds
from xorsweep.rules import ConfigError
from xorsweep.store import MANIFEST, StoreError
from xorsweep.studies import CERTAINTIES, Study, read_study
from xorsweep.summary import point_columns, swept_columns
from xorsweep.tables import write_tables
from xorsweep.terminal import count_line
from xorsweep.verdicts import HEAD, Verdict, verdict_findings, verdict_row, verdicts

MOST_CELLS = 60
"""Rows of the table of cells; summary.csv holds all."""
MOST_NEIGHBOURS = 15
MOST_LEVELS = 8
MOST_REASONS = 50

FILES = (
    ("results.csv", "one row a point"),
    ("results.parquet", "the same, typed"),
    ("summary.csv", "one row a cell: all points that differ in seed alone"),
    ("comparisons.csv", "one row a pair of neighbouring cells, compared run by run"),
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
class Comparison:
    """What a study asks, and its published figures beside the measured ones."""

    question: str
    source: str
    why: str
    table: Table


@dataclass(frozen=True)
class Page:
    """Everything that a report holds, as text, ready for a template."""

    title: str
    counts: str
    findings: Sequence[str]
    settings: Table
    cells: Table
    neighbours: Table
    outcomes: Table
    failures: Table
    pictures: Sequence[Picture]
    comparison: Comparison | None
    command: str
    facts: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]] = FILES


def make_report(
    folder: Path,
    manifest: Mapping[str, Any],
    results: pd.DataFrame,
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    courses: Courses,
    workers: int = 1,
) -> Path:
    """Write figures, report.md and report.html into a sweep's folder; return the page's path.

    So many `workers` draw pictures at the same time.
    """
    tables = Tables(results, summary, courses, all_have_levels(results))
    pictures = write_figures(tables, folder / "figures", workers)
    study = read_study(manifest.get("study"))
    judged = verdicts(study, results) if study else []
    text, counts = manifest["grid"]["text"], count_line(manifest["counts"])
    page = Page(
        title=study.title if study else text,
        counts=f"{text}; {counts}" if study else counts,
        findings=[*verdict_findings(judged), *findings(results, summary, comparisons)],
        settings=_settings(results),
        cells=_cells(summary),
        neighbours=_neighbours(comparisons),
        outcomes=_outcomes(results),
        failures=_failures(results),
        pictures=pictures,
        comparison=comparison(study, judged) if study else None,
        command=shlex.join(manifest["command_line"]),
        facts=list(_facts(manifest)),
    )
    in_markdown = replace(all_literal(page), command=code_block(page.command))
    for name, shown in (("report.md", in_markdown), ("report.html", page)):
        text = environment(folder).get_template(f"{name}.j2").render(page=shown)
        write_atomically(folder / name, text.encode(errors="backslashreplace"))
    return folder / "report.html"


def remake_report(folder: Path) -> Path:
    """Make tables, figures and report of a finished sweep again from what its folder holds.

    Raises StoreError where the folder holds no finished sweep.
    """
    store, grid, manifest = open_with_rounds(folder)
    if manifest.get("state") != "finished":
        raise StoreError(f"{folder} isn't finished; go on with it by resume={folder}")
    try:
        check_finished(manifest)
    except ManifestError as error:
        raise StoreError(f"{folder / MANIFEST} can't be used: {error}") from None
    try:
        results = read_results(folder)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"{folder / 'results.parquet'} can't be read: {error}; resume={folder} writes it again"
        ) from None
    summary, comparisons = write_tables(results, folder)
    return make_report(
        folder,
        manifest,
        results,
        summary,
        comparisons,
        CoursesOnDisk(grid, store),
    )


def all_have_levels(results: pd.DataFrame) -> bool:
    """Tell whether each task has the levels of the error at which runs on XOR get stuck."""
    columns = [key for key in point_columns(results) if key.split(".")[0] == "task"]
    tasks = results[columns].drop_duplicates().astype(object).to_dict("records")
    return all(has_xor_levels(choose("task", _present(task)).targets()) for task in tasks)


def _present(point: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in point.items() if value == value}


def comparison(study: Study, judged: Sequence[Verdict]) -> Comparison:
    """Return a study's figures beside what was measured, as texts."""
    source = f"{study.source}; figures {CERTAINTIES[study.certainty]}"
    rows = [verdict_row(verdict, study.certainty) for verdict in judged]
    return Comparison(study.question, source, study.why, Table(HEAD, rows))


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


def _neighbours(comparisons: pd.DataFrame) -> Table:
    """Return the neighbours that really differ, the most certain of them first."""
    head = ("a", "b", "both in", "rates of a and b", "a minus b, 95 % interval", "p, by Holm")
    differing = comparisons[comparisons["verdict"] != NO_DIFFERENCE]
    order = differing.assign(size=-differing["difference"].abs()).sort_values(
        ["p_holm", "size"], kind="stable"
    )
    shown = order.head(MOST_NEIGHBOURS)
    rows = [
        (
            *(level_text(pair["key"], pair[f"level_{name}"]) for name in ("a", "b")),
            ", ".join(level_text(key, pair[key]) for key in _others(shown) if pd.notna(pair[key])),
            f"{100 * pair['rate_a']:.0f} % and {100 * pair['rate_b']:.0f} % of {pair['n']:,}",
            _points(pair),
            f"{pair['p_holm']:.2g}",
        )
        for pair in shown.to_dict("records")
    ]
    left = len(differing) - len(shown)
    note = f"and {left:,} more in comparisons.csv" if left else ""
    return Table(head, rows, note)


def _others(comparisons: pd.DataFrame) -> list[str]:
    """Return the swept keys, which lie between the levels compared and the counts."""
    columns = [str(column) for column in comparisons.columns]
    return columns[columns.index("level_b") + 1 : columns.index("n")]


def _points(pair: Mapping[Any, Any]) -> str:
    names = ("difference", "difference_low", "difference_high")
    middle, low, high = (f"{100 * pair[name]:+.0f}" for name in names)
    return f"{middle} points [{low}, {high}]"


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
    found = failures_of(results, point_columns(results))
    rows = [(each.reason, f"{each.runs:,}", each.command) for each in found[:MOST_REASONS]]
    left = len(found) - len(rows)
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


def environment(folder: Path) -> Environment:
    """Return what renders templates about the sweep in a folder; undefined names are errors."""
    environment = Environment(
        loader=PackageLoader("xorsweep"),
        autoescape=lambda name: bool(name) and "html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
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
    except (StoreError, ConfigError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
