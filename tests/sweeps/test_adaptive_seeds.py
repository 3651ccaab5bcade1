"""Rounds of further seeds: their cells, their number, and the effect of stopping on coverage."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from profiles import examples
from scipy.stats import binom, binomtest

from xorsweep.analysis.intervals import rate_intervals
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.sweeps.adaptive_seeds import (
    FEWEST_RUNS,
    check_rounds,
    enough_runs,
    full_grid,
    further_seeds,
    is_open,
    latest_round,
)
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

PointOf = Callable[..., Any]
GridOf = Callable[..., Grid]
Point = tuple[Any, ...]
Verdict = Callable[[Grid, int], str]

OK, FAILED = 0, 2


def half_width(converged: int, runs: int) -> float:
    method: Any = "exact" if converged in (0, runs) else "wilson"
    interval = binomtest(converged, runs).proportion_ci(method=method)
    return float(interval.high - interval.low) / 2


@given(st.integers(0, 3000), st.integers(0, 3000), st.floats(0.005, 0.4))
def test_a_cell_is_open_until_its_interval_is_narrow(
    converged: int, not_converged: int, precision: float
) -> None:
    runs = converged + not_converged
    found = is_open(np.array([converged]), np.array([runs]), precision)
    if runs == 0:
        wanted = False
    elif runs < FEWEST_RUNS:
        wanted = True
    else:
        widths = half_width(converged, runs), half_width(converged + 2, runs + 4)
        wanted = max(widths) >= precision
    assert found.tolist() == [wanted]


@pytest.mark.parametrize(
    ("seeds", "precision", "most", "further"),
    [
        (200, 0.02, 10_000, 200),
        (800, 0.02, 10_000, 800),
        (1600, 0.02, 10_000, 798),
        (2398, 0.02, 10_000, 2398),
        (1600, 0.02, 2000, 400),
        (2000, 0.02, 2000, 0),
        (1, 0.02, 10_000, 199),
        (1, 0.3, 10_000, 199),
        (1, 0.3, 20, 19),
        (170, 0.3, 10_000, 30),
        (200, 0.04, 10_000, 200),
    ],
)
def test_a_round_doubles_the_seeds_up_to_the_needed_and_allowed_number(
    seeds: int, precision: float, most: int, further: int
) -> None:
    found = further_seeds(np.array([seeds]), AdaptiveSeeds(precision, most))
    assert found.tolist() == [further]


@given(st.floats(0.005, 0.4))
def test_the_runs_for_the_hardest_rate_suffice_and_one_less_does_not(precision: float) -> None:
    enough = enough_runs(precision)
    converged = np.arange(enough + 1)
    low, high = rate_intervals(converged, np.full(enough + 1, enough))
    assert ((high - low) / 2).max() < precision
    if enough % 2:
        assert half_width(enough // 2, enough - 1) >= precision - 1e-12


RATES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.98, 0.99)


def covers(converged: NDArray[Any], runs: NDArray[Any], rate: float) -> NDArray[np.bool_]:
    low, high = rate_intervals(converged, runs)
    found: NDArray[np.bool_] = (low <= rate) & (rate <= high)
    return found


SLOW = [pytest.param(precision, marks=pytest.mark.slow) for precision in (0.01, 0.02, 0.05)]


@pytest.mark.slow
@pytest.mark.parametrize("precision", [*SLOW, 0.1])
@pytest.mark.parametrize("first", [10, 100])
def test_stopping_when_sure_enough_keeps_the_coverage(first: int, precision: float) -> None:
    rng, cells = np.random.default_rng(20260801), 40_000
    rounds = AdaptiveSeeds(precision, 10_000)
    for rate in RATES:
        runs = np.full(cells, first)
        converged = rng.binomial(runs, rate)
        while True:
            opened = is_open(converged, runs, precision)
            more = np.where(opened, further_seeds(runs, rounds), 0)
            if not more.any():
                break
            converged, runs = converged + rng.binomial(more, rate), runs + more
        assert covers(converged, runs, rate).mean() >= 0.93, rate


def test_the_coverage_is_the_exact_one_too() -> None:
    """Every way to stop is followed, with its probability, from a first round of 50 seeds."""
    precision, rounds = 0.04, AdaptiveSeeds(0.04, 10_000)
    for rate in np.linspace(0.01, 0.99, 50):
        runs, coverage = 50, 0.0
        chance = binom.pmf(np.arange(runs + 1), runs, rate)
        while chance.sum() > 1e-12:
            converged = np.arange(runs + 1)
            opened = is_open(converged, np.full(runs + 1, runs), precision)
            coverage += chance[~opened & covers(converged, np.array(runs), rate)].sum()
            more = int(further_seeds(np.array([runs]), rounds)[0])
            chance = np.convolve(chance * opened, binom.pmf(np.arange(more + 1), more, rate))
            runs += more
        assert coverage >= 0.93, rate


def parts_of(grid: Grid, verdict: Verdict) -> list[pa.Table]:
    """Return the columns of parts that rounds read, for every point of a grid."""
    words = [verdict(grid, row) for row in range(len(grid))]
    table = {
        "point_id": pa.array(grid.identities),
        "converged_epoch": pa.array([5 if word == "converged" else -1 for word in words]),
        "status": pa.array([FAILED if word == "failed" else OK for word in words], pa.int8()),
    }
    return [pa.table(table).slice(start, 7) for start in range(0, len(grid), 7)]


def grown(first: Grid, rounds: AdaptiveSeeds, verdict: Verdict) -> Grid:
    """Return the grid once every point of every round has been trained."""
    grid, parts = first, parts_of(first, verdict)
    for _ in range(30):
        latest = latest_round(NetworkExperiment(), first, rounds, parts)
        if not len(latest.missing):
            return latest.grid
        assert len(latest.grid) > len(grid)
        grid, parts = latest.grid, parts_of(latest.grid, verdict)
    raise AssertionError("rounds without end")


def points_of(grid: Grid) -> list[Point]:
    return [tuple(sorted(grid.point(row).items())) for row in range(len(grid))]


def by_chance(rates: dict[tuple[float, int], float]) -> Verdict:
    """Return verdicts that hold for a point wherever it stands: chance, fixed by its keys."""

    def verdict(grid: Grid, row: int) -> str:
        point = grid.point(row)
        lr, epochs, seed = float(point["lr"]), int(point["epochs"]), int(point["seed"])  # type: ignore[arg-type]
        drawn = np.random.default_rng([round(100 * lr), seed]).random()
        return "converged" if drawn < rates[lr, epochs] else "not"

    return verdict


def naive(first: Grid, rounds: AdaptiveSeeds, verdict: Verdict) -> list[Point]:
    """Return the points that rounds should come to, cell by cell and seed by seed."""
    assert rounds.precision is not None
    rows: list[dict[str, Any]] = [first.point(row) for row in range(len(first))]
    last = max(row["seed"] for row in rows)

    @cache
    def converges(lr: float, epochs: int, seed: int) -> bool:
        point = {**rows[0], "lr": lr, "epochs": epochs, "seed": seed}
        return verdict(product_grid(NETWORK_SCHEMA, [], [point]), 0) == "converged"

    while True:
        cells: dict[tuple[float, int], list[int]] = {}
        for row in rows:
            cells.setdefault((row["lr"], row["epochs"]), []).append(row["seed"])
        opened = set()
        for (lr, epochs), seeds in cells.items():
            converged = sum(converges(lr, epochs, seed) for seed in seeds)
            if is_open(np.array([converged]), np.array([len(seeds)]), rounds.precision)[0]:
                opened.add(lr)
        added = []
        for (lr, epochs), seeds in cells.items():
            more = int(further_seeds(np.array([len(seeds)]), rounds)[0]) if lr in opened else 0
            start = max(last, *seeds) + 1
            added += [
                {**rows[0], "lr": lr, "epochs": epochs, "seed": seed}
                for seed in range(start, start + more)
            ]
        if not added:
            return [tuple(sorted(row.items())) for row in rows]
        rows += added


@pytest.mark.slow
@examples(2, 8)
@given(
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.floats(0.04, 0.2),
    st.integers(60, 500),
    st.integers(1, 60),
)
def test_rounds_are_those_of_a_loop_over_cells_and_seeds(
    grid_of: GridOf, chances: list[float], precision: float, most: int, first_seeds: int
) -> None:
    first = grid_of(lr=[0.5, 2.0], epochs=[10, 40], seed=range(3, 3 + first_seeds))
    keys = [(lr, epochs) for lr in (0.5, 2.0) for epochs in (10, 40)]
    verdict = by_chance(dict(zip(keys, chances, strict=True)))
    rounds = AdaptiveSeeds(precision, most)
    assert points_of(grown(first, rounds, verdict)) == naive(first, rounds, verdict)


def always(word: str) -> Verdict:
    return lambda grid, row: word


def test_a_cell_that_is_clear_stops_early_and_takes_no_other_with_it(grid_of: GridOf) -> None:
    first = grid_of(lr=[0.5, 2.0], seed=range(100))
    verdict = by_chance({(0.5, 10_000): 1.0, (2.0, 10_000): 0.5})
    grid = grown(first, AdaptiveSeeds(0.04), verdict)
    counts = pd.Series(grid.columns["lr"].array()).value_counts()
    assert counts[0.5] == 200
    assert counts[2.0] > 500


def test_cells_that_share_trajectories_get_further_seeds_together(grid_of: GridOf) -> None:
    first = grid_of(lr=[0.5, 2.0], epochs=[10, 40], seed=range(100))
    chances = {(0.5, 10): 0.0, (0.5, 40): 0.5, (2.0, 10): 0.0, (2.0, 40): 0.0}
    grid = grown(first, AdaptiveSeeds(0.04), by_chance(chances))
    frame = pd.DataFrame({key: grid.columns[key].array() for key in ("lr", "epochs")})
    counts = frame.value_counts()
    assert counts[0.5, 10] == counts[0.5, 40] > 500
    assert counts[2.0, 10] == counts[2.0, 40] == 200


def test_failed_runs_do_not_count_and_a_cell_of_them_alone_is_closed(grid_of: GridOf) -> None:
    first = grid_of(seed=range(50))
    assert len(grown(first, AdaptiveSeeds(0.05, 400), always("failed"))) == 50

    def half_of_them(grid: Grid, row: int) -> str:
        return "failed" if row % 2 else "converged"

    grid = grown(first, AdaptiveSeeds(0.05, 1000), half_of_them)
    assert len(grid) == 762
    assert len(grown(first, AdaptiveSeeds(0.01, 500), half_of_them)) == 500


def test_a_point_that_failed_first_and_was_trained_later_counts_as_trained(
    grid_of: GridOf,
) -> None:
    first = grid_of(seed=range(100))
    parts = [*parts_of(first, always("failed")), *parts_of(first, always("converged"))]
    for order in (parts, parts[::-1]):
        assert (
            len(latest_round(NetworkExperiment(), first, AdaptiveSeeds(0.025), order).missing)
            == 100
        )


def test_a_round_with_points_missing_is_the_last(grid_of: GridOf) -> None:
    first = grid_of(seed=range(100))
    nothing = latest_round(NetworkExperiment(), first, AdaptiveSeeds(0.02), [])
    assert nothing.grid is first
    assert nothing.missing.tolist() == list(range(100))
    some = latest_round(
        NetworkExperiment(), first, AdaptiveSeeds(0.02), parts_of(first, always("converged"))[1:]
    )
    assert some.missing.tolist() == list(range(7))


def test_the_order_of_parts_and_points_of_other_grids_change_nothing(grid_of: GridOf) -> None:
    first, other = grid_of(seed=range(100)), grid_of(lr=7.0, seed=range(90))
    parts = parts_of(first, always("converged"))
    wanted = points_of(full_grid(NetworkExperiment(), first, AdaptiveSeeds(0.02), parts))
    shuffled: Iterable[pa.Table] = [*reversed(parts), *parts_of(other, always("not"))]
    assert points_of(full_grid(NetworkExperiment(), first, AdaptiveSeeds(0.02), shuffled)) == wanted
    assert len(wanted) == 200


def test_without_a_precision_there_is_one_round(grid_of: GridOf) -> None:
    first = grid_of(seed=range(10))
    assert (
        full_grid(NetworkExperiment(), first, AdaptiveSeeds(), parts_of(first, always("not")))
        is first
    )


def test_the_text_of_a_grid_has_the_further_seeds(grid_of: GridOf) -> None:
    grid = grown(grid_of(lr=[0.5, 2.0], seed=range(100)), AdaptiveSeeds(0.025), always("converged"))
    assert grid.text == "2 learning rates x 100 seeds + 200 with further seeds: 400 results"


def test_further_seeds_follow_the_largest_of_any_cell(point_of: PointOf) -> None:
    first = concatenate(
        [
            product_grid(NETWORK_SCHEMA, [Axis("seed", tuple(range(seeds)))], [point_of(lr=lr)])
            for lr, seeds in ((0.5, 100), (2.0, 120))
        ]
    )
    grid = grown(first, AdaptiveSeeds(0.025), always("converged"))
    seeds = grid.columns["seed"].array()[grid.columns["lr"].array() == 0.5]
    assert seeds.tolist() == [*range(100), *range(120, 220)]


@pytest.mark.parametrize(
    ("given", "most", "message"),
    [
        ({"init": "printed"}, 100, "precision with init=printed: its weights are the same"),
        ({"init": "file", "init__path": "x.npz"}, 100, "precision with init=file: the seed is"),
        ({}, 9, "max_seeds=9: the first round already has 10 seeds per setting"),
        ({"seed": range(2**32 - 10, 2**32)}, 50, "and would go beyond 4294967295"),
        ({"lr": [1.0, 2.0]}, 2**31, "cell 2 x max_seeds 2,147,483,648 = 4,294,967,296 points"),
    ],
)
def test_rounds_that_make_no_sense_are_refused(
    grid_of: GridOf, given: dict[str, Any], most: int, message: str, tmp_path: Path
) -> None:
    if given.get("init") == "file":
        path = tmp_path / "x.npz"
        shapes = {"w1": (10, 2, 2), "b1": (10, 2), "w2": (10, 2, 1), "b2": (10, 1)}
        np.savez(path, **{name: np.ones(shape) for name, shape in shapes.items()})
        given = {**given, "init__path": str(path)}
    grid = grid_of(**{"seed": range(10), **given})
    check_rounds(NetworkExperiment(), grid, AdaptiveSeeds(None, most))
    with pytest.raises(ConfigError, match=message):
        check_rounds(NetworkExperiment(), grid, AdaptiveSeeds(0.1, most))
    with pytest.raises(ConfigError, match=message):
        run_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid,
                SweepSettings(rounds=AdaptiveSeeds(0.1, most)),
                tmp_path / "sweep",
            )
        )
    assert not (tmp_path / "sweep").exists()


def test_an_expression_over_seeds_and_rounds_that_add_seeds_are_refused(point_of: PointOf) -> None:
    axes = [Axis("lr", (0.5, 2.0)), Axis("seed", tuple(range(6)))]
    check_rounds(
        NetworkExperiment(),
        product_grid(NETWORK_SCHEMA, axes, [point_of()], where="lr < 1"),
        AdaptiveSeeds(precision=0.1),
    )
    with pytest.raises(ConfigError) as refused:
        check_rounds(
            NetworkExperiment(),
            product_grid(NETWORK_SCHEMA, axes, [point_of()], where="seed < 3"),
            AdaptiveSeeds(precision=0.1),
        )
    assert str(refused.value).startswith("precision=0.1: adds seeds, and grid.where=seed < 3 ")
