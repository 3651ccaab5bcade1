"""The grids that are maps, and the arrays of their rows."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xorsweep.analysis.map_files import boundary_table, write_map
from xorsweep.analysis.maps import ABSENT, MapAxes, MapAxis, PixelMap
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.schema import NETWORK_SCHEMA

GridOf = Callable[..., Grid]
LR = [float(f"{10 ** (-1 + 3 * place / 39):.12g}") for place in range(40)]
HIGH = [0.25 * place for place in range(1, 33)]


def test_two_axes_of_numbers_with_a_run_a_point_are_a_map(grid_of: GridOf) -> None:
    axes = MapAxes.of(grid_of(lr=LR[::-1], init__high=HIGH))
    assert axes is not None
    assert (axes.x.key, axes.y.key, axes.shape) == ("lr", "init.high", (32, 40))
    assert axes.x.levels.tolist() == LR
    assert (axes.x.spacing, axes.y.spacing) == ("log", "linear")
    assert not axes.x.whole


@pytest.mark.parametrize(
    "levels",
    [
        {"lr": LR},
        {"lr": LR, "init__high": HIGH[:31]},
        {"lr": LR, "seed": range(40)},
        {"lr": LR, "init__high": HIGH, "seed": [0, 1]},
        {"lr": LR, "init__high": HIGH, "skip": [True, False]},
    ],
)
def test_other_grids_are_none(grid_of: GridOf, levels: dict[str, object]) -> None:
    assert MapAxes.of(grid_of(**levels)) is None


def test_axes_that_go_together_are_none(point_of: Callable[..., dict[str, object]]) -> None:
    axes = [Axis("lr", tuple(LR[:32])), Axis("init.high", tuple(HIGH))]
    zipped = product_grid(NETWORK_SCHEMA, axes, [point_of()], [("lr", "init.high")])
    assert MapAxes.of(zipped) is None


def test_halves_that_were_merged_and_points_left_out_are_a_map(
    grid_of: GridOf, point_of: Callable[..., dict[str, object]]
) -> None:
    halves = [grid_of(lr=some, init__high=HIGH) for some in (LR[20:], LR[:20])]
    merged = MapAxes.of(concatenate(halves))
    assert merged is not None
    assert merged.x.levels.tolist() == LR
    axes = [Axis("lr", tuple(LR)), Axis("init.high", tuple(HIGH))]
    some = product_grid(NETWORK_SCHEMA, axes, [point_of()], where="lr * init.high < 60")
    assert MapAxes.of(some) is not None


def test_spacing_holds_in_a_deep_window_and_irregular_axes_have_none() -> None:
    narrow = 2.0 * 1.0001 ** np.linspace(0, 1, 64)
    assert MapAxis("lr", narrow).spacing in ("linear", "log")
    assert MapAxis("lr", 0.1 * 1.5 ** np.arange(32)).spacing == "log"
    assert MapAxis("a", np.linspace(-10, 10, 33)).spacing == "linear"
    assert MapAxis("a", np.arange(32.0) ** 2).spacing == "uneven"


def test_rows_in_any_order_find_their_pixels(grid_of: GridOf) -> None:
    grid = grid_of(lr=LR, init__high=HIGH)
    axes = MapAxes.of(grid)
    assert axes
    shown = PixelMap.of(rows_of(grid, axes), axes, list(grid.columns), NetworkExperiment())
    assert shown.flags == ("converged", "converged_at_end")
    assert shown.reported == ["converged"]
    missing = 0
    for row, high in enumerate(HIGH):
        for column, lr in enumerate(LR):
            values = {name: shown.columns[name][row, column] for name in shown.columns}
            if is_left_out(lr, high):
                missing += 1
                assert not shown.present[row, column]
                assert values["converged"] == values["outcome"] == ABSENT
                assert math.isnan(values["converged_epoch"])
                continue
            assert values["final_error"] == lr * high
            assert values["converged"] == (lr > high)
            assert OUTCOMES[values["outcome"]] == ("solved" if lr > high else "all_at_half")
            assert math.isnan(values["converged_epoch"]) == (lr <= high)
            assert shown.names["status"][values["status"]] == "ok"
    assert missing > 0


def is_left_out(lr: float, high: float) -> bool:
    return lr > 50 and high > 7


def rows_of(grid: Grid, axes: MapAxes) -> pd.DataFrame:
    """Return rows of networks that nobody trained, shuffled, some of them left out."""
    points = pd.DataFrame([grid.point(row) for row in range(len(grid))])
    left_out = [is_left_out(*pair) for pair in points[["lr", "init.high"]].to_numpy()]
    points = points[~np.array(left_out)].sample(frac=1, random_state=0)
    converged = points["lr"] > points["init.high"]
    epochs = (100 * points["lr"]).astype(int).where(converged).astype("Int64")
    return points.assign(
        final_error=points["lr"] * points["init.high"],
        converged=converged,
        converged_epoch=epochs,
        converged_at_end=converged,
        outcome=pd.Categorical(np.where(converged, "solved", "all_at_half")),
        status=pd.Categorical(["ok"] * len(points)),
        message=None,
    )


def test_the_arrays_read_back(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=LR, init__high=HIGH)
    axes = MapAxes.of(grid)
    assert axes
    shown = PixelMap.of(rows_of(grid, axes), axes, list(grid.columns), NetworkExperiment())
    write_map(shown, tmp_path)
    with np.load(tmp_path / "map.npz") as read:
        assert read["axes"].tolist() == ["lr", "init.high"]
        assert read["x"].tolist() == LR
        assert read["y"].tolist() == HIGH
        assert read["outcome_names"].tolist() == list(OUTCOMES)
        for name, values in shown.columns.items():
            np.testing.assert_array_equal(read[name], values)
    table = pd.read_csv(tmp_path / "boundary.csv")
    pd.testing.assert_frame_equal(table, boundary_table(shown), check_dtype=False)
    assert set(table["flag"]) == {"converged", "converged_at_end"}
    mine = table[table["flag"] == "converged"]
    assert mine["box"].tolist() == [1, 2, 4]
    for place in range(2):
        one, other = mine["boxes"].iloc[place], mine["boxes"].iloc[place + 1]
        assert mine["slope"].iloc[place] == pytest.approx(math.log2(one / other))
    assert math.isnan(mine["slope"].iloc[2])
