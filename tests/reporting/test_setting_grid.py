"""Grids of squares: each setting in its place, as its number has it, and the run that it opens."""

import math

import numpy as np
import pandas as pd

from xorsweep.reporting.layout import Layout
from xorsweep.reporting.measures import Measure
from xorsweep.reporting.setting_grid import Square, heat_cells, heat_map, setting_grid
from xorsweep.reporting.svg.palette import shades


def cells_of(rates: list[float], **levels: list[object]) -> pd.DataFrame:
    cells = pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)
    return cells.assign(rate=rates, expected_running_time=1.0, epochs=10)


def target(place: int) -> str:
    return f"runs-{place}"


def heat_of(cells: pd.DataFrame, layout: Layout) -> list[list[Square | None]]:
    found = heat_map(
        Measure("rate", cells["rate"], scale="rate"), heat_cells(cells, layout), layout, target
    )
    assert found is not None
    return [list(squares) for _, squares in found.rows]


def test_numbers_ascend_to_the_right_and_upwards() -> None:
    cells = cells_of([0.0, 0.25, 0.5, 1.0], hidden=[2, 4], lr=[0.5, 0.1])
    layout = Layout("lr", "hidden", ())
    grid = setting_grid("g", "", cells, layout, lambda place, words: Square(f"{place}: {words}"))
    assert grid.columns == ["0.1", "0.5"]
    labels = [(level, [square and square.label for square in row]) for level, row in grid.rows]
    assert labels == [
        ("4", ["3: hidden 4, lr 0.1", "2: hidden 4, lr 0.5"]),
        ("2", ["1: hidden 2, lr 0.1", "0: hidden 2, lr 0.5"]),
    ]


def test_a_square_has_its_number_and_opens_its_setting() -> None:
    cells = cells_of([0.0, 0.333, 0.999, 1.0], hidden=[2, 4], lr=[0.1, 0.5])
    above, below = heat_of(cells, Layout("lr", "hidden", ()))
    squares = [square for square in (*below, *above) if square]
    assert [square.text for square in squares] == ["0 %", "33.3 %", "99.9 %", "100 %"]
    assert [square.target for square in squares] == [f"runs-{place}" for place in range(4)]
    assert squares[1].label == "hidden 2, lr 0.5: 33.3 %"


def test_other_keys_are_held_where_the_best_setting_has_them() -> None:
    cells = cells_of([0.1, 0.9, 0.2, 0.3], lr=[0.1, 0.5], init=["he", "normal"])
    layout = Layout("lr", "", ("init",))
    shown = heat_cells(cells, layout)
    assert list(shown.cells["init"]) == ["normal", "normal"]
    found = heat_map(Measure("rate", cells["rate"], scale="rate"), shown, layout, target)
    assert found is not None
    assert found.caption.startswith("Rate. Init normal (of 2), as in the best setting.")


def test_a_setting_that_is_not_there_leaves_its_square_empty() -> None:
    cells = cells_of([0.1, 0.9, 0.2, 0.3], hidden=[2, 4], lr=[0.1, 0.5]).iloc[[0, 1, 3]]
    above, _ = heat_of(cells, Layout("lr", "hidden", ()))
    assert above[0] is None


def test_a_missing_number_is_written_in_words() -> None:
    cells = cells_of([0.1, np.nan], lr=[0.1, 0.5])
    values = Measure("cost", cells["rate"], absent="never solved")
    found = heat_map(values, heat_cells(cells, Layout("lr", "", ())), Layout("lr", "", ()), target)
    assert found is not None
    square = found.rows[0][1][1]
    assert square == Square("lr 0.5: never solved", "never solved", "", "runs-1")


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_numbers_can_be_read_on_every_shade() -> None:
    papers = set()
    for rate in np.linspace(0, 1, len(shades())):
        (square,) = heat_of(cells_of([rate], lr=[0.5]), Layout("lr", "", ()))[0]
        assert square is not None
        paper, ink = (part.split(":")[1] for part in square.style.split(";"))
        ends = sorted((luminance(paper), 0.0 if ink == "#000" else 1.0))
        assert (ends[1] + 0.05) / (ends[0] + 0.05) > 4.5
        papers.add(paper)
    assert len(papers) == len(shades())


def test_of_many_levels_some_are_shown_without_numbers() -> None:
    cells = cells_of(list(np.linspace(0, 1, 1000)), lr=[float(lr) for lr in range(1000)])
    (row,) = heat_of(cells, Layout("lr", "", ()))
    assert 2 < len(row) <= 200
    assert {square.text for square in row if square} == {""}
    assert math.isclose(Measure("", cells["rate"]).share(999), 1.0)
