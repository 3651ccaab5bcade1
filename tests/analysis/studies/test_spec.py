"""Studies: their files, refusals, and small runs of all of them."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import run

from benchmarks.studies import NAMES, composed, page, section
from xorsweep.analysis.studies.measures import Cells
from xorsweep.analysis.studies.spec import ACCEPT, MEASURES, OF_MAPS, Study, read_study
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import PLATEAUS
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

PAGE = Path(__file__).parents[3] / "docs/studies.md"
SERIAL = SweepSettings(ExecutionSettings("serial"))
WITHOUT_REPORT = replace(SERIAL, report=False)
MAPS = {
    name: [f"{key}=linspace(1,9,33)" for key in keys]
    for name, keys in {
        "basins": ("init.a", "init.b"),
        "trainability": ("lr", "lr_output"),
        "trainability_relu": ("lr", "lr_output"),
        "trainability_relu_x8": ("lr", "lr_output"),
        "trainability_x8": ("lr", "lr_output"),
    }.items()
}
"""The studies with a run per pixel, and smaller axes of theirs."""
CUT = {
    **{name: (*axes, "epochs=30") for name, axes in MAPS.items()},
    "hinton_problems": ("seed=range(0,5)",),
    "learners_question": ("seed=range(0,3)",),
    "learning_rules": ("seed=range(0,6)", "epochs=30,60"),
}
"""The size of a study here; the others have two seeds, a few epochs and none of their cells."""


def node(**changed: object) -> dict[str, Any]:
    texts = dict.fromkeys(("name", "title", "question", "source", "why"), "a text")
    figures = [{"measure": "rate", "value": 50, "runs": 10}]
    cell = {"hidden": 2, "lr": 1, "epochs": 10}
    return {**texts, "certainty": "read", "cell": cell, "figures": figures, **changed}


def figure(**changed: object) -> dict[str, Any]:
    return node(figures=[{"measure": "rate", "value": 50, "runs": 10, **changed}])


def test_there_are_the_studies() -> None:
    assert NAMES == [
        "basins",
        "curvature",
        "hidden_units",
        "hinton_problems",
        "initial_range",
        "learners_question",
        "learning_rules",
        "notebook",
        "stuck_levels",
        "trainability",
        "trainability_relu",
        "trainability_relu_x8",
        "trainability_x8",
    ]


QUICK = {"basins", "hinton_problems", "notebook"}
"""A map, one that is cut down to published values, and one without."""
SOME = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in NAMES]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_about_a_cell_that_its_study_sweeps(name: str) -> None:
    made = composed(name, *MAPS.get(name, ["seed=range(0,30)"]))
    study = read_study(made.values["study"])
    assert study is not None
    assert study.name == name
    columns = {key: column.array() for key, column in made.grid.columns.items()}
    cells = Cells(pd.DataFrame(columns))
    for each in study.values:
        rows = cells.rows(each)
        levels = rows.drop(columns="seed").drop_duplicates()
        assert len(levels) > 1 if each.compared else len(levels) == 1, asdict(each)


@pytest.mark.parametrize("name", SOME)
def test_a_study_cut_down_goes_through_and_its_section_renders(name: str, tmp_path: Path) -> None:
    study, text = cut_down(name, tmp_path / name, WITHOUT_REPORT)
    rows = rows_of_tables(text.split(f"\n## {name}\n")[1])
    assert len(rows) == len(study.values)
    assert study.question in text
    if name not in CUT:
        assert {row[4] for row in rows} == {"not run"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_study_cut_down_is_reported(name: str, tmp_path: Path) -> None:
    study, _ = cut_down(name, tmp_path / name, SERIAL)
    for report in ("report.md", "report.html"):
        text = (tmp_path / name / report).read_text()
        assert "References and measurements" in text
        assert study.title.split("'")[0] in text
    assert len(published_rows(tmp_path / name / "report.md")) == len(study.values)


def cut_down(name: str, folder: Path, settings: SweepSettings) -> tuple[Study, str]:
    made = composed(name, *CUT.get(name, ("seed=range(0,2)", "epochs=40")))
    study = read_study(made.values["study"])
    assert study is not None
    provenance = {"command_line": ["x"], "study": made.values["study"]}
    experiment = NetworkExperiment(trainable=made.values["trainable"])
    run_sweep(SweepRequest(experiment, made.grid, settings, folder, provenance))
    return study, page([section(folder)])


def published_rows(report: Path) -> list[list[str]]:
    part = report.read_text().split("## References and measurements")[1].split("\n## ")[0]
    return rows_of_tables(part)


def rows_of_tables(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.usefixtures("without_figures")
def test_thirty_seeds_are_met_to_the_epoch_and_the_verdicts_are_printed(tmp_path: Path) -> None:
    study = ["study=hinton_problems", "seed=range(0,30)", "parallel=serial"]
    done = run(tmp_path, "-m", *study, "hydra.sweep.dir=there")
    assert done.returncode == 0, done.stderr
    assert "Thirty seeds of 2-2-1, epoch for epoch: references and measurements" in done.stdout
    assert "25 of 30" in done.stdout
    assert len(re.findall(r"\bagrees( |$)", done.stdout, re.MULTILINE)) == 8
    assert "7 values of the source: all agree." in done.stdout
    assert "1 value checked against our own simulation only: it agrees." in done.stdout
    rows = published_rows(tmp_path / "there/report.md")
    assert [(row[2], row[3].split(" ")[0], row[4]) for row in rows[:7]] == [
        (text, text, "agrees") for text in ("25", "964", "730", "474", "2,489", "1,393", "531")
    ]
    frame = pd.read_csv(tmp_path / "there/results.csv")
    assert len(frame) == 30
    assert round(frame["converged_epoch"].mean()) == 964


def test_a_study_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "study=notebok")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"study=notebok: study must be one of {', '.join(NAMES)}; did you mean notebook?"
    )
    assert not os.listdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("without_figures")
def test_a_resumed_sweep_keeps_its_study_and_remakes_its_section(tmp_path: Path) -> None:
    made = composed("hinton_problems", "seed=range(0,3)")
    folder = tmp_path / "sweep"
    provenance = {"command_line": ["x"], "study": made.values["study"]}
    run_sweep(SweepRequest(NetworkExperiment(), made.grid, WITHOUT_REPORT, folder, provenance))
    resume_sweep(ResumeRequest(folder, SERIAL, provenance={"command_line": ["y"]}))
    before = (folder / "report.md").read_text()
    assert "| seed 0: epochs of one run | the source | 1,393 | 1,393 | agrees |" in before
    remake_report(folder)
    assert (folder / "report.md").read_text() == before


@pytest.mark.usefixtures("without_figures")
def test_texts_of_a_study_are_escaped(tmp_path: Path) -> None:
    made = composed("hinton_problems", "seed=0", "epochs=2")
    study = {**made.values["study"], "title": "<b>t|t</b>", "question": "<i>q</i>"}
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            made.grid,
            SERIAL,
            tmp_path / "s",
            {"command_line": ["x"], "study": study},
        )
    )
    page = (tmp_path / "s/report.html").read_text()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;t|t&lt;/b&gt;" in page


def test_a_cell_is_the_notebooks_but_for_the_keys_given() -> None:
    cell = {"lr": 1, "hidden": 3, "epochs": 10, "optimizer": "momentum", "optimizer.momentum": 0.5}
    figures = [
        {"measure": "rate", "value": 50, "runs": 10, "cell": {"seed": 4}},
        {"measure": "rate", "value": 50, "runs": 10, "cell": {"optimizer": "sgd"}},
    ]
    study = read_study(node(cell=cell, figures=figures))
    assert study is not None
    first, second = study.values
    assert first.cell["optimizer.momentum"] == 0.5
    assert first.cell["init.high"] == 1.0
    assert first.cell["lr"] == 1.0
    assert first.cell["seed"] == 4
    assert first.own == {"seed": 4}
    assert "optimizer.momentum" not in second.cell
    assert "seed" not in second.cell


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (3, "study=3: must be a mapping of keys to values"),
        (node(titel="x"), "study.titel: unknown key; did you mean study.title?"),
        (node(why=None), "study.why=null: study.why must be a text that isn't empty"),
        (node(certainty="sure"), "study.certainty=sure: study.certainty must be one of read, "),
        (node(reference="rumour"), "study.reference=rumour: study.reference must be one of publ"),
        (node(certainty=None), "study.figures[0]: certainty=null with reference=published: a v"),
        (
            figure(reference="simulation", certainty="read"),
            "study.figures[0]: certainty=read with reference=simulation: ",
        ),
        (node(figures=[]), "study.figures=[]: must be a list of published values"),
        (node(figures=[3]), "study.figures[0]=3: must be a mapping of keys to values"),
        (figure(measure="speed"), "study.figures[0].measure=speed: study.figures[0].measure must "),
        (figure(value="x"), "study.figures[0].value=x: study.figures[0].value must be a finite"),
        (figure(valu=1), "study.figures[0].valu: unknown key; did you mean study.figures[0].value"),
        (figure(value=None), "study.figures[0].accept=overlap: needs a value; or accept none"),
        (figure(low=1), "study.figures[0]: an interval needs both low and high"),
        (figure(runs=None), "study.figures[0].accept=overlap: needs low and high, or a percentage"),
        (figure(accept="within"), "study.figures[0].accept=within: needs a tolerance"),
        (figure(along="lr"), "study.figures[0].measure=rate: along must name the keys whose"),
        (figure(cell={"lrr": 1}), "study.figures[0].cell: lrr: unknown key; did you mean lr?"),
        (figure(cell={"lr": -1}), "study.figures[0].cell: lr=-1: lr must be a finite number above"),
        (figure(accept="between"), "study.figures[0].accept=between: needs low and high"),
        (
            figure(measure="trainable_dimension", along="lr", accept="none"),
            "study.figures[0].along=lr: must be the two keys of a map",
        ),
        (
            figure(measure="rising_steps", along="range"),
            "study.figures[0].along=range: unknown key",
        ),
    ],
)
def test_a_study_that_cannot_be_meant_is_refused_in_one_line(
    wrong: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_study(wrong)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_the_learners_question_shows_every_row_of_its_source() -> None:
    study = read_study(composed("learners_question").values["study"])
    assert study is not None
    given = {(each.measure, each.value) for each in study.values if each.reference == "published"}
    rates, means = {("rate", 99), ("rate", 96), ("rate", 80)}, {770, 1100, 40}
    assert given >= rates | {("mean_epochs", mean) for mean in means}
    assert all(each.low is None for each in study.values)


def test_without_a_node_there_is_no_study() -> None:
    assert read_study(None) is None


def test_the_page_names_every_study() -> None:
    text = PAGE.read_text()
    assert all(f"\n## {name}\n" in text for name in NAMES)


def test_the_page_is_made_from_the_folders(tmp_path: Path) -> None:
    made = composed("hinton_problems", "seed=range(0,2)")
    provenance = {"command_line": ["x"], "study": made.values["study"]}
    run_sweep(
        SweepRequest(NetworkExperiment(), made.grid, WITHOUT_REPORT, tmp_path / "s", provenance)
    )
    text = page([section(tmp_path / "s")])
    assert "\n## hinton_problems\n" in text
    assert (
        "| seed 0: epochs of one run | the source | 1,393 | 1,393 | agrees | the same number |"
        in text
    )
    assert "| seed 3: epochs of one run | the source | 531 |  | not run |" in text


def test_the_page_names_every_measure_and_every_criterion() -> None:
    text = PAGE.read_text()
    simple = [name for name in MEASURES if not name.endswith((*PLATEAUS, "_pixels"))]
    assert not [name for name in (*simple, *OF_MAPS, *ACCEPT) if f"`{name}`" not in text]
