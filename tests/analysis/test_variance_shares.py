"""Shares of variance, against sums over cells and over pairs of seeds, and where they are known."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from profiles import examples

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.intervals import Z
from xorsweep.analysis.variance_shares import VarianceShares, cell_product, variance_shares


def cells_of(**axes: list[Any]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(axes.values(), names=list(axes)).to_frame(index=False)


def shares_of(runs: np.ndarray[Any, Any], cells: pd.DataFrame) -> VarianceShares | None:
    """Return the shares where runs (seeds, cells) tell whether it happened."""
    seeds, count = runs.shape
    cell, seed = np.tile(np.arange(count), seeds), np.repeat(np.arange(seeds), count)
    every = np.ones(seeds * count, bool)
    index = CellIndex.of_numbers(cell)
    return variance_shares(cells, index, seed, runs.ravel().astype(bool), every)


def part(values: dict[Any, float], axis: int, kind: str, other: dict[Any, float]) -> float:
    """Return by loops the covariance of two lists of values over cells, for one part of it."""

    def effect(of: dict[Any, float], cell: Any) -> float:
        alike = [v for c, v in of.items() if c[axis] == cell[axis]]
        rest = [
            v for c, v in of.items() if c[:axis] + c[axis + 1 :] == cell[:axis] + cell[axis + 1 :]
        ]
        grand = sum(of.values()) / len(of)
        if kind == "first_order":
            return sum(alike) / len(alike) - grand
        return of[cell] - (sum(rest) / len(rest) if kind == "total" else grand)

    return sum(effect(values, cell) * effect(other, cell) for cell in values) / len(values)


@settings(examples(5, 60), deadline=None)
@given(
    st.lists(st.integers(2, 3), min_size=2, max_size=3), st.integers(3, 5), st.integers(0, 2**32)
)
@example([2, 2, 3], 5, 548701)  # of no variance without the part that is due to chance
def test_shares_are_those_of_loops_over_cells_and_pairs_of_seeds(
    sizes: list[int], seeds: int, random: int
) -> None:
    rng = np.random.default_rng(random)
    names = list("abc")[: len(sizes)]
    cells = cells_of(**{name: list(range(size)) for name, size in zip(names, sizes, strict=True)})
    places = list(product(*map(range, sizes)))
    runs = (rng.random((seeds, len(places))) < rng.random(len(places))).astype(float)
    found = shares_of(runs, cells)
    rates = dict(zip(places, runs.mean(axis=0).tolist(), strict=True))
    measured = part(rates, 0, "all", rates)
    if not measured:
        assert found is None
        return
    assert found is not None
    assert found.table["axis"].tolist() == names
    each = [dict(zip(places, run.tolist(), strict=True)) for run in runs]

    def over_pairs(axis: int, kind: str, left_out: int = -1) -> float:
        kept = [seed for seed in range(seeds) if seed != left_out]
        pairs = [(s, t) for s in kept for t in kept if s != t]
        return sum(part(each[s], axis, kind, each[t]) for s, t in pairs) / len(pairs)

    whole = over_pairs(0, "all")
    assert found.table["variance"].tolist() == pytest.approx([whole] * len(names), abs=1e-12)
    for axis, row in enumerate(found.table.to_dict("records")):
        for kind in ("first_order", "total"):
            wanted = part(rates, axis, kind, rates) / measured
            assert row[f"measured_{kind}"] == pytest.approx(wanted, abs=1e-9)
            if whole <= 1e-12:
                assert np.isnan(row[kind])
                continue
            value = over_pairs(axis, kind) / whole
            assert row[kind] == pytest.approx(value, abs=1e-9)
            wholes = [over_pairs(0, "all", seed) for seed in range(seeds)]
            if min(map(abs, wholes)) < 1e-9:
                continue
            without = [over_pairs(axis, kind, s) / wholes[s] for s in range(seeds)]
            spread = sum((each - np.mean(without)) ** 2 for each in without) * (seeds - 1) / seeds
            assert row[f"{kind}_low"] == pytest.approx(value - Z * np.sqrt(spread), rel=1e-6)
            assert row[f"{kind}_high"] == pytest.approx(value + Z * np.sqrt(spread), rel=1e-6)


def test_measured_shares_of_all_parts_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    found = shares_of(rng.random((9, 12)) < rng.random(12), cells_of(a=[1, 2, 3], b=list("wxyz")))
    assert found is not None
    a, b = found.table.to_dict("records")
    interaction = 1 - a["measured_first_order"] - b["measured_first_order"]
    assert a["measured_total"] == pytest.approx(a["measured_first_order"] + interaction)
    assert b["measured_total"] == pytest.approx(b["measured_first_order"] + interaction)


@pytest.mark.parametrize(
    ("sweeps", "least"), [(100, 0.85), pytest.param(400, 0.9, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("common", [True, False], ids=["same draws", "other draws"])
def test_chance_is_taken_off_whether_or_not_cells_share_their_draws(
    common: bool, sweeps: int, least: float
) -> None:
    """True rates .2 + .1 a + .2 b have variances 2/3 of .01 and of .04, and no interaction."""
    rng = np.random.default_rng(2)
    cells = cells_of(a=[0, 1, 2], b=[0, 1, 2])
    rates = 0.2 + 0.1 * cells["a"].to_numpy() + 0.2 * cells["b"].to_numpy()
    variances, held, corrected, totals, measured = [], 0, [], [], []
    for _ in range(sweeps):
        draws = rng.random((40, 1 if common else 9))
        found = shares_of(draws < rates, cells)
        assert found is not None
        row = found.table.iloc[0]
        variances.append(row["variance"])
        held += row["first_order_low"] <= 0.2 <= row["first_order_high"]
        corrected.append(row["first_order"])
        totals.append(row["total"])
        measured.append(row["measured_total"])
    assert np.mean(variances) == pytest.approx(2 / 3 * 0.05, rel=0.06)
    assert np.mean(corrected) == pytest.approx(0.2, abs=0.02)
    assert np.mean(totals) == pytest.approx(0.2, abs=0.02)
    assert common or np.mean(measured) > 0.25
    assert least < held / sweeps < 0.99


def test_without_seeds_shares_are_exact_and_have_no_limits() -> None:
    cells = cells_of(a=[0, 1], b=[0, 1])
    happened, every = np.array([False, False, True, True]), np.ones(4, bool)
    index = CellIndex.of_numbers(np.arange(4))
    found = variance_shares(cells, index, None, happened, every)
    assert found is not None
    assert found.is_shown
    assert found.table["first_order"].tolist() == [1, 0]
    assert found.table["total"].tolist() == [1, 0]
    assert found.table["total_low"].isna().all()


@pytest.mark.slow
def test_rates_that_differ_by_chance_alone_are_not_shown() -> None:
    rng = np.random.default_rng(3)
    cells = cells_of(a=[0, 1, 2], b=[0, 1, 2])
    shown = [shares_of(rng.random((100, 9)) < 0.5, cells) for _ in range(200)]
    assert sum(each is not None and each.is_shown for each in shown) < 20


def test_seeds_that_a_cell_lacks_do_not_count() -> None:
    rng = np.random.default_rng(4)
    cells = cells_of(a=[0, 1], b=[0, 1])
    runs = rng.random((20, 4)) < np.array([0.1, 0.5, 0.5, 0.9])
    cell, seed = np.tile(np.arange(4), 20), np.repeat(np.arange(20), 4)
    counted, index = ~((seed == 3) & (cell == 1)), CellIndex.of_numbers(cell)
    found = variance_shares(cells, index, seed, runs.ravel(), counted)
    wanted = shares_of(np.delete(runs, 3, axis=0), cells)
    assert found is not None
    assert wanted is not None
    assert found.seeds == 19
    pd.testing.assert_frame_equal(found.table, wanted.table)
    none = variance_shares(cells, index, seed, runs.ravel(), counted & ((seed < 2) | (cell > 0)))
    assert none is None  # two seeds are left


def test_a_product_holds_as_few_keys_as_possible() -> None:
    cells = cells_of(lr=[0.1, 1.0, 2.0], hidden=[2, 4], criterion=["fahlman"])
    block = pd.DataFrame({"lr": [0.1], "hidden": [2], "criterion": ["margin"]})
    found = cell_product(pd.concat([cells, block], ignore_index=True))
    assert found is not None
    assert dict(found.axes) == {"lr": [0.1, 1.0, 2.0], "hidden": [2, 4]}
    assert dict(found.held) == {"criterion": "fahlman"}
    np.testing.assert_array_equal(found.places, np.arange(6).reshape(3, 2))


def test_points_left_out_make_no_product() -> None:
    cells = cells_of(lr=[0.1, 1.0, 2.0], hidden=[2, 4])
    assert cell_product(cells.drop(index=[5])) is None
    assert cell_product(cells_of(lr=[0.1, 1.0])) is None
    three = cells_of(lr=[0.1, 1.0, 2.0], hidden=[2, 4], epochs=[10, 20])
    found = cell_product(three[~((three["lr"] == 2.0) & (three["hidden"] == 4))])
    assert found is not None
    assert dict(found.held) == {"hidden": 2}


def test_keys_that_vary_together_are_one_axis_with_both_names() -> None:
    cells = cells_of(lr=[0.1, 1.0], hidden=[2, 4])
    together = cells.assign(epochs=np.where(cells["lr"] == 0.1, 1_000, 100))
    found = cell_product(together)
    assert found is not None
    assert [found.name(key) for key in found.axes] == ["lr with epochs", "hidden"]
    parameter = cells.rename(columns={"lr": "init"})
    parameter = parameter.assign(**{"init.low": np.where(parameter["init"] == 0.1, 0.0, np.nan)})
    found = cell_product(parameter)
    assert found is not None
    assert [found.name(key) for key in found.axes] == ["init", "hidden"]
    both = cells.assign(epochs=[1, 2, 3, 4])
    assert cell_product(both) is None
