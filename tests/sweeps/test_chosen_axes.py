"""Figures with axes of one's own: from Python, from the command line, in a report made again."""

import json
from pathlib import Path

import pytest
from command_line import run, run_command
from matplotlib.figure import Figure

import xorsweep as xs
from xorsweep.cli.commands.report import read_overrides
from xorsweep.reporting.figures.style import save, styled
from xorsweep.settings import read_figures


@pytest.fixture(scope="module")
def sweep(small_sweep: Path) -> xs.Sweep:
    return xs.load(small_sweep)


def panels_of(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_label() != "<colorbar>"]


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_figure_has_the_axes_that_were_chosen(sweep: xs.Sweep) -> None:
    figure = sweep.plot.rate_lines(x="hidden", hue="epochs", col="lr")
    assert panels_of(figure) == ["lr 0.5", "lr 2", "lr 1,000"]
    assert figure.axes[0].get_xlabel() == "hidden"
    assert legend_of(figure) == ["200 epochs", "1,500 epochs"]
    cells = sweep.summary.query("lr == 2").set_index(["epochs", "hidden"])
    for epochs, bars in zip((200, 1500), figure.axes[1].containers, strict=True):
        rates = [float(rate) for rate in bars[0].get_ydata()]
        assert rates == pytest.approx([cells.loc[(epochs, size), "rate"] for size in (2, 4)])


def test_an_axis_that_is_left_over_makes_panels(sweep: xs.Sweep) -> None:
    figure = sweep.plot.rate(x="epochs")
    assert len(panels_of(figure)) * 2 * 2 == len(sweep.summary)


def test_points_that_are_kept_are_counted_alone(sweep: xs.Sweep) -> None:
    figure = sweep.plot.rate(where="epochs == 1500 and seed < 5", x="hidden", hue="lr")
    rows = sweep.results.query("epochs == 1500 and seed < 5")
    assert panels_of(figure) == [""]
    wanted = [
        f"{cell['converged'].sum()}\nof 5"
        for lr in (1000, 2, 0.5)
        for _, cell in rows[rows["lr"] == lr].groupby("hidden")
    ]
    assert [text.get_text() for text in figure.axes[0].texts] == wanted
    errors = sweep.plot.error_by_epoch(where="lr == 2")
    assert len(panels_of(errors)) == 2


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"x": "hiden"}, "^x=hiden: must be an axis of the sweep with several levels, one of lr,"),
        ({"x": "lr", "hue": "lr"}, "^hue=lr: x shows lr already"),
        ({"x": ["lr", "hidden"]}, r"^x=\['lr', 'hidden'\]: x must be the name of an axis, or null"),
        (
            {"col": ["epochs"], "where": "epochs == 200"},
            "^col=epochs: must be .* one of lr, hidden",
        ),
        ({"where": "lr > 5000"}, "^where=lr > 5000: keeps no point"),
        ({"where": "lr <"}, "^where=lr <: can't be read at its end"),
        ({"where": "rate > 1"}, "^where=rate > 1: rate: unknown key"),
    ],
)
def test_the_missing_parts_of_a_sweep_are_reported(
    asked: dict[str, str | list[str]], message: str, sweep: xs.Sweep
) -> None:
    with pytest.raises(xs.ConfigError, match=message):
        sweep.plot.rate(**asked)  # type: ignore[arg-type]


def test_overrides_of_a_report_are_read_as_hydra_reads_them() -> None:
    given = ["figures=paper", "figures.col=[lr,epochs]", "figures.width=6.5"]
    looks = read_figures(read_overrides(given))
    assert looks.axes == {"col": ("lr", "epochs")}
    assert (looks.style, looks.width, looks.formats) == ("paper", 6.5, "png,svg,pdf")
    for wrong, message in (
        ("figures=poster", "figures=poster: figures must be one of page, paper"),
        ("figures.y=lr", "figures.y: unknown key; known keys: figures.x, figures.hue"),
        ("lr=2", "lr: unknown key"),
        ("figures.x", "figures.x: unknown key"),
    ):
        with pytest.raises(xs.ConfigError, match=message):
            read_overrides([wrong])


def test_a_figure_has_the_files_and_the_size_that_were_asked_for(
    sweep: xs.Sweep, tmp_path: Path
) -> None:
    looks = read_figures({"style": "paper", "width": 3.3})
    written = []
    for name in ("one", "other"):
        with styled(looks):
            figures = sweep.plot.report_figures
            (spec,) = (each for each in figures.catalog if each.name == "unsolved")
            found = spec.draw(figures.tables)
            assert found is not None
            (tmp_path / name).mkdir()
            (tmp_path / name / "unsolved.png").touch()
            page = save(found.figure, tmp_path / name / "unsolved", ["svg", "pdf"])
        assert found.figure.get_figwidth() == 3.3
        sizes = {
            text.get_fontsize() for axes in found.figure.axes for text in axes.get_xticklabels()
        }
        assert sizes == {8.0}
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    assert sorted(written[0]) == ["unsolved.pdf", "unsolved.svg"]
    assert written[0]["unsolved.pdf"].startswith(b"%PDF")
    assert page == written[0]["unsolved.svg"]
    assert b">still unsolved</text>" in page


@pytest.mark.slow
def test_a_sweep_and_its_report_made_again_have_the_axes_that_were_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    grid = ["lr=0.5,2", "hidden=2,3", "epochs=5,50", "seed=range(0,3)"]
    chosen = ["figures.x=hidden", "figures.hue=epochs", "figures.formats=[svg,pdf]"]
    done = run(tmp_path, "-m", *grid, *chosen, "parallel=serial", f"hydra.sweep.dir={folder}")
    assert done.returncode == 0, done.stderr
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".svg", ".pdf", ".txt"}
    lines = (folder / "figures/rate_lines.svg").read_text()
    assert ">50 epochs</text>" in lines
    assert ">lr 0.5</text>" in lines
    assert json.loads((folder / "manifest.json").read_text())["config"]["figures"]["x"] == "hidden"
    again = run_command("report", tmp_path, str(folder), "figures.hue=lr", "figures.formats=png")
    assert again.returncode == 0, again.stderr
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".txt"}
    wrong = run_command("report", tmp_path, str(folder), "figures.col=loss")
    assert wrong.returncode != 0
    assert "figures.col=loss: must be an axis of the sweep" in wrong.stderr


def test_an_argument_that_no_figure_has_is_refused(sweep: xs.Sweep) -> None:
    with pytest.raises(TypeError, match=r"^plot.rate: unknown argument row; there are x, hue"):
        sweep.plot.rate(row="lr")  # type: ignore[call-arg]
    with pytest.raises(xs.ConfigError, match="where"):
        sweep.plot.rate(where="")
