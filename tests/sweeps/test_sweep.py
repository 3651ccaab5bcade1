"""A finished sweep, opened from Python: its tables, its pictures, its runs, its report."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from column_sweeps import AXES, TIMES, measured, sweep_columns
from matplotlib.figure import Figure

import xorsweep as xs
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.sweeps.plots import SweepPlots


@pytest.fixture(scope="module")
def sweep(small_sweep: Path) -> xs.Sweep:
    return xs.load(small_sweep)


def test_tables_are_those_of_the_folder(sweep: xs.Sweep) -> None:
    for name in ("results", "summary", "comparisons"):
        stored = pd.read_csv(sweep.folder / f"{name}.csv")
        found = getattr(sweep, name)
        assert found.columns.tolist() == stored.columns.tolist()
        assert len(found) == len(stored)
    stored = pd.read_csv(sweep.folder / "results.csv")
    assert sweep.results["final_error"].tolist() == stored["final_error"].tolist()
    assert sweep.results["output_00"].tolist() == stored["output_00"].tolist()
    assert len(sweep) == sweep.counts["planned"] == len(stored)


def test_findings_and_comparisons_are_made_of_other_epochs_on_request(sweep: xs.Sweep) -> None:
    assert set(sweep.comparisons["epochs"]) == {1500}
    assert "epochs" not in sweep.comparisons_at(200)
    assert len(sweep.comparisons_at(200)) == len(sweep.comparisons)
    assert "within 200 epochs" in sweep.findings_at(200)[0]
    assert sweep.findings_at(1500)[0] == sweep.findings[0]
    with pytest.raises(xs.ConfigError, match="epochs=7: must be one of the sweep's, 200, 1,500"):
        sweep.findings_at(7)


def test_each_picture_of_the_report_has_a_method() -> None:
    of_columns = {"map", "metric", "survival", "curves"}
    methods = [n for n in vars(SweepPlots) if not n.startswith("_") and n not in of_columns]
    assert [
        name.removeprefix("convergence_") for name in (p.name for p in NETWORK_FIGURES)
    ] == methods


@pytest.mark.parametrize("picture", ["rate", "rate_lines", "unsolved", "final_error"])
def test_pictures_are_figures(picture: str, sweep: xs.Sweep) -> None:
    assert isinstance(getattr(sweep.plot, picture)(), Figure)


def test_the_errors_by_epoch_are_read_from_the_folder(sweep: xs.Sweep) -> None:
    assert isinstance(sweep.plot.error_by_epoch(), Figure)


def test_the_same_methods_draw_columns_of_networks_and_of_functions(
    sweep: xs.Sweep, tmp_path: Path
) -> None:
    def train(lr: float, seed: int) -> dict[str, Any]:
        losses = [lr / (seed + 1), lr / 9]
        return {"a": 1.0, "final_error": losses[-1], "solved": seed > 1, "steps": 3, "loss": losses}

    axes = {"lr": [0.1, 1], "seed": range(4)}
    own = xs.sweep_function(
        train, axes, tmp_path / "s", times={"steps": "solved"}, parallel="serial"
    )
    for each in (sweep, own):
        assert isinstance(each.plot.curves(), Figure)
        assert isinstance(each.plot.survival(), Figure)
        assert isinstance(each.plot.rate(), Figure)
        axis = each.plot.metric("final_error").axes[0]
        assert axis.get_ylabel() == "final_error"
        with pytest.raises(xs.ConfigError, match=r"^plot.metric: name a column, one of .*final"):
            each.plot.metric()
        with pytest.raises(xs.ConfigError, match=r"^column=nope: column must be one of "):
            each.plot.curves("nope")
    assert isinstance(sweep.plot.rate("converged_at_end"), Figure)
    assert isinstance(sweep.plot.metric("output_11"), Figure)  # beyond the columns of a report


def test_curves_of_networks_are_drawn_by_epoch(sweep: xs.Sweep) -> None:
    tables = sweep.plot.column_figures.tables
    assert isinstance(tables, ColumnTables)
    (band, *_) = [part for _, part in tables.curves["learning_curve"].groupby("cell")]
    curves = sweep.curves("learning_curve")
    assert set(band["x"]) <= set(curves.columns)
    assert band["x"].max() in (200, 1500)


def test_a_row_is_trained_again_to_the_same_bits(sweep: xs.Sweep) -> None:
    row = 31
    stored = sweep.results.iloc[row]
    run = sweep.run(row)
    assert run.final_error == stored["final_error"]
    assert (
        run.outputs[:, 0].tolist()
        == stored[[f"output_{r}" for r in run.truth_table.index]].tolist()
    )
    assert (run.point["seed"], run.point["lr"]) == (stored["seed"], stored["lr"])
    for wrong in (-1, len(sweep), 0.5):
        with pytest.raises(
            xs.ConfigError, match=f"row={wrong}: row must be a whole number from 0 to"
        ):
            sweep.run(wrong)


def test_a_notebook_shows_the_findings_and_the_rates(sweep: xs.Sweep) -> None:
    shown = sweep._repr_html_()
    text = re.sub(r"<[^>]+>", "", shown)
    assert sweep.manifest.grid.text in text
    assert shown.count("<li>") == len(sweep.findings)
    cell = sweep.summary.iloc[0]
    bounds = f"[{100 * cell['rate_low']:.0f}, {100 * cell['rate_high']:.0f}]"
    assert f"{100 * cell['rate']:.0f} % {bounds}" in text
    assert repr(sweep).startswith(f"<Sweep {sweep.manifest.grid.text}, none diverged")


def test_a_notebook_shows_the_columns_of_a_function(tmp_path: Path) -> None:
    swept = sweep_columns(measured, AXES, tmp_path, times=TIMES)
    sweep = xs.load(tmp_path)
    shown = sweep._repr_html_()
    assert shown.count("<li>") == len(sweep.findings)
    assert sweep.manifest.grid.text in shown
    place = re.findall("<th>(.*?)</th>", shown).index("solved, rate and 95 % interval")
    rows = [re.findall("<td>(.*?)</td>", row) for row in shown.split("<tr>")[1:]]
    shares = swept.results.groupby(["lr", "model", "epochs"], sort=False)["solved"].mean()
    assert len(shares) == 12
    assert [row[place].partition(" %")[0] for row in rows if row] == [
        f"{100 * share:.0f}" for share in shares
    ]


@pytest.mark.slow
def test_a_report_elsewhere_has_all_that_the_sweep_left(sweep: xs.Sweep, tmp_path: Path) -> None:
    page = sweep.report(tmp_path / "there")
    assert page == tmp_path / "there" / "report.html"
    assert xs.load(tmp_path / "there").results.equals(sweep.results)
    assert sweep.report(tmp_path / "there") == page
    manifest = json.loads((tmp_path / "there/manifest.json").read_text())
    (tmp_path / "there/manifest.json").write_text(json.dumps({**manifest, "digest": "other"}))
    with pytest.raises(xs.StoreError, match="holds another sweep"):
        sweep.report(tmp_path / "there")


def test_damaged_rows_are_reported(sweep: xs.Sweep, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text((sweep.folder / "manifest.json").read_text())
    (tmp_path / "results.parquet").write_bytes(b"nothing")
    with pytest.raises(
        xs.StoreError, match=r"144 of 144 points are missing in its parts; .*resume="
    ):
        xs.load(tmp_path).results  # noqa: B018
