"""The map of outcomes by seed, against loops over the rows."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from xorsweep.analysis.summary import summarize
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.reporting.figures import outcomes_by_seed
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.outcomes_by_seed import DRAWN, MOST_ROWS, chosen_axis
from xorsweep.reporting.figures.style import OUTCOME_COLOURS, STYLE

from .figure_checks import expect_readable


def test_each_outcome_of_a_run_with_an_error_has_a_colour() -> None:
    assert set(DRAWN) == set(OUTCOMES) - {"failed"}


def results_of(seeds: int, **axes: list[Any]) -> pd.DataFrame:
    """Return made up rows of the product of some axes, whose runs end in any way."""
    rng = np.random.default_rng(0)
    frame = pd.MultiIndex.from_product([*axes.values(), range(seeds)], names=[*axes, "seed"])
    rows = frame.to_frame(index=False)
    rows.insert(0, "task", "xor")
    for key, level in {"hidden": 2, "lr": 0.5, "epochs": 100}.items():
        if key not in rows:
            rows.insert(1, key, level)
    solves = rng.random(len(rows)) < 0.6
    outcome = np.where(
        solves, "solved", rng.choice([*OUTCOMES[1:4], "diverged", "failed"], len(rows))
    )
    return rows.assign(
        final_error=0.1,
        converged=solves,
        converged_epoch=pd.array(np.where(solves, 9, 0), "Int64"),
        converged_at_end=solves,
        outcome=outcome,
        solution=None,
        status=np.where(
            outcome == "failed", "failed", np.where(outcome == "diverged", "diverged", "ok")
        ),
    )


def tables_of(results: pd.DataFrame) -> Tables:
    return Tables(results, summarize(results), lambda _: {})


def drawn(tables: Tables) -> tuple[DrawnFigure, list[Axes]]:
    with mpl.rc_context(STYLE):
        found = outcomes_by_seed.draw(tables)
        assert found is not None
        found.figure.draw_without_rendering()
    expect_readable(found.figure)
    return found, found.figure.axes


def colours_in(axes: Axes) -> list[tuple[str, ...]]:
    """Return the colours of each row, a dash where it is blank."""
    (image,) = axes.images
    shown = image.to_rgba(image.get_array())
    return [tuple(mpl.colors.to_hex(dot) if dot[3] else "-" for dot in row) for row in shown]


def expected_rows(rows: pd.DataFrame, key: str, along: list[Any]) -> list[tuple[str, ...]]:
    """Return the outcomes of each seed along a key, most solved first, and sorted among these."""
    found = []
    for _, runs in rows.groupby("seed"):
        mine = dict(zip(runs[key], runs["outcome"], strict=True))
        ends = tuple(mine.get(level, "failed") for level in along)
        if set(ends) != {"failed"}:
            found.append(ends)
    names = ["failed", *DRAWN]
    return sorted(
        found,
        key=lambda ends: (
            ends.count("failed"),
            -ends.count("solved"),
            [names.index(name) for name in ends],
        ),
    )


def test_rows_are_seeds_in_order_of_their_outcomes() -> None:
    results = results_of(40, hidden=[2, 4], lr=[0.1, 1.0, 5.0], epochs=[10, 100])
    found, panels = drawn(tables_of(results))
    assert [axes.get_title(loc="left") for axes in panels] == ["hidden 2", "hidden 4"]
    for axes, size in zip(panels, (2, 4), strict=True):
        mine = results[(results["hidden"] == size) & (results["epochs"] == 100)]
        wanted = expected_rows(mine, "lr", [0.1, 1.0, 5.0])
        assert colours_in(axes) == [
            tuple(OUTCOME_COLOURS.get(name, "-") for name in ends) for ends in wanted
        ]
        whole = [ends for ends in wanted if "failed" not in ends]
        every = sum(set(ends) == {"solved"} for ends in whole)
        none = sum("solved" not in ends for ends in whole)
        assert (
            f"hidden {size}, of {len(whole)} seeds {every} solved at every level, {none} at none, "
            f"{len(whole) - every - none} at some"
        ) in found.alt
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.1", "1", "5"]
    labels = {text.get_text() for text in found.figure.legends[0].get_texts()}
    shown = set(results["outcome"]) - {"failed"}
    assert labels == {name.replace("_", " ") for name in shown} | {"not trained"}


def test_of_many_seeds_evenly_spaced_ones_are_drawn_with_a_note() -> None:
    results = results_of(3 * MOST_ROWS, lr=[0.1, 1.0])
    found, (axes,) = drawn(tables_of(results))
    rows = colours_in(axes)
    assert len(rows) == MOST_ROWS
    assert f"{MOST_ROWS} of 1," in found.note
    wanted = expected_rows(results, "lr", [0.1, 1.0])
    share = sum(set(ends) == {"solved"} for ends in wanted) / len(wanted)
    blue = OUTCOME_COLOURS["solved"]
    assert rows.count((blue, blue)) / MOST_ROWS == pytest.approx(share, abs=2 / MOST_ROWS)


@pytest.mark.parametrize(
    ("axes", "key"),
    [
        ({"hidden": [2, 4], "lr": [0.1, 1.0]}, "lr"),
        ({"hidden": [2, 4], "init.high": [1.0, 2.0], "epochs": [5, 9]}, "init.high"),
        ({"activation": ["tanh", "relu"], "hidden": [2, 4]}, "hidden"),
        ({"activation": ["tanh", "relu"], "epochs": [5, 9]}, "activation"),
        ({"epochs": [5, 9]}, "epochs"),
        ({}, ""),
    ],
)
def test_the_axis_is_lr_or_the_first_of_numbers(axes: dict[str, list[Any]], key: str) -> None:
    tables = tables_of(results_of(6, **axes))
    assert chosen_axis(tables) == key
    if not key:
        assert outcomes_by_seed.draw(tables) is None
    elif len(axes) == 3:
        assert {panel.get_xlabel() for panel in drawn(tables)[1]} == {key}


def test_of_too_many_settings_the_shown_one_is_named() -> None:
    axes = {"hidden": [2, 4, 8], "lr": [0.1, 1.0], "init.high": [1.0, 2.0, 3.0, 4.0, 5.0]}
    found, panels = drawn(tables_of(results_of(5, **axes)))
    assert [axes.get_title(loc="left") for axes in panels] == ["hidden 2", "hidden 4", "hidden 8"]
    assert "(of 5), as in the best setting" in found.note


def test_a_seed_alone_has_no_map() -> None:
    assert outcomes_by_seed.draw(tables_of(results_of(1, lr=[0.1, 1.0]))) is None
