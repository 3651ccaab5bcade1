"""Reports of maps: a pixel a run, no statistics, and files of their own."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from column_sweeps import sweep_columns
from PIL import Image

import xorsweep as xs
from xorsweep.analysis.maps import MapAxes, MapAxis, PixelMap
from xorsweep.reporting.figures.pixels import coloured, map_figure
from xorsweep.reporting.figures.style import save
from xorsweep.reporting.map_findings import map_findings

A = [0.1 * place for place in range(33)]
B = [10.0**place for place in np.linspace(-2, 1, 32).round(6).tolist()]


def disc(a: float, b: float) -> dict[str, object]:
    """Return a flag, a number and a text; points with large a and b fail."""
    if a > 3 and b > 5:
        raise ValueError("outside")
    return {"inside": a * a + b * b < 4, "area": a * b, "side": "left" if a < 1 else "right"}


def test_a_function_of_two_numbers_leaves_a_map_and_no_tables_of_cells(tmp_path: Path) -> None:
    (tmp_path / "summary.csv").write_text("of fewer levels, before\n")
    found = sweep_columns(disc, {"a": A, "b": B}, tmp_path, report=True)
    files = {path.name for path in tmp_path.iterdir()}
    assert {"map.npz", "boundary.csv", "report.html", "results.parquet"} <= files
    assert not files & {"summary.csv", "comparisons.csv"}
    drawn = {path.name for path in (tmp_path / "figures").glob("*.png")}
    assert drawn == {"inside_map.png", "area_map.png", "side_map.png"}
    page = (tmp_path / "report.html").read_text()
    assert "Interval" not in page
    assert 'id="cells"' not in page
    assert "<code>map.npz</code>" in page
    assert len(page) < 1_000_000
    inside = sum(a * a + b * b < 4 for a in A for b in B)
    failed = sum(a > 3 and b > 5 for a in A for b in B)
    assert f"inside is true at {inside:,} of {33 * 32 - failed:,} pixels" in page
    alts = re.findall(r'alt="(A map of 33 by 32 points: [^"]*)"', page)
    assert len(alts) == 3
    assert "b from 0.01 to 10, on a log scale" in alts[0]
    with np.load(tmp_path / "map.npz") as arrays:
        for row, b in enumerate(B):
            for column, a in enumerate(A):
                wanted = -1 if a > 3 and b > 5 else int(a * a + b * b < 4)
                assert arrays["inside"][row, column] == wanted
    _look_from_python(tmp_path, found.results)


def _look_from_python(folder: Path, results: pd.DataFrame) -> None:
    sweep = xs.load(folder)
    assert sweep.findings[0].startswith("inside is true at ")
    assert len(sweep.plot.map("area").axes) == 2
    assert "rate" not in sweep._repr_html_()
    assert len(sweep.results) == len(results)


def test_each_network_is_a_square_of_its_colour(tmp_path: Path) -> None:
    """The map's pixels are those of the file, whole multiples, nothing interpolated."""
    axes = _axes(40, 33)
    codes = np.random.default_rng(0).integers(0, 3, axes.shape)
    colours = ["#0173b2", "#ff8a14", "#990073"]
    figure = map_figure(axes, coloured(codes, colours), title="A title")
    save(figure, tmp_path / "map")
    read = np.array(Image.open(tmp_path / "map.png").convert("RGB"))
    (box,) = [each.get_position() for each in figure.axes]
    left, right = (round(end * read.shape[1]) for end in (box.x0, box.x1))
    low, high = (round(end * read.shape[0]) for end in (box.y0, box.y1))
    across, up = (right - left) / 40, (high - low) / 33
    assert across.is_integer()
    assert up.is_integer()
    assert across * 40 >= 768
    assert up * 33 >= 768
    inner = read[len(read) - high : len(read) - low, left:right][::-1]
    wanted = coloured(codes, colours)[..., :3]
    for row in range(33):
        for column in range(40):
            square = inner[
                row * int(up) + 2 : (row + 1) * int(up) - 2,
                column * int(across) + 2 : (column + 1) * int(across) - 2,
            ]
            assert (square == wanted[row, column]).all()


def _axes(across: int, up: int) -> MapAxes:
    x = MapAxis("lr", 10.0 ** np.linspace(-1, 2, across))
    return MapAxes(x, MapAxis("init.a", np.linspace(-10, 10, up)))


@pytest.mark.parametrize(("filled", "sentence"), [(0, "there is no boundary"), (20, "dimension")])
def test_sentences_agree_with_the_pixels(filled: int, sentence: str) -> None:
    axes = _axes(40, 33)
    flag = np.zeros(axes.shape, np.int8)
    flag[:filled] = 1
    shown = PixelMap(pd.DataFrame(), axes, {"met": flag}, {}, ["met"], ["met"])
    counted, boundary = map_findings(shown)
    true = int((flag == 1).sum())
    assert counted.startswith(f"met is true at {true:,} of 1,320 pixels (")
    assert sentence in boundary
