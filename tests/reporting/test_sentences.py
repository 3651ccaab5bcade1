"""Each number in a report's sentences is that of the rows, worked out again by plain loops."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from expected_sentences import Cell, Grid, bonett_price, cost, limits, pairs, rate, ratio_of_times
from generated_results import PLATEAUS, tables
from hypothesis import HealthCheck, given, settings
from profiles import examples

import xorsweep as xs
from xorsweep.analysis.paired_tests import compare_neighbours
from xorsweep.analysis.summary import summarize
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.cost_findings import ENOUGH_SOLVED
from xorsweep.reporting.findings import findings
from xorsweep.reporting.remarks import remarks
from xorsweep.storage.results import read_results

NUMBER = r"[-\d.,e+]+"
SHARE = rf"({NUMBER} %) \[({NUMBER}), ({NUMBER})\]"
GOAL = r"(?:solve XOR|meet the criterion)"


def number(text: str) -> float:
    return float(text.replace(",", "").removesuffix(" %"))


def near(text: str, value: float) -> bool:
    """Tell whether a text is a value to the digits that it shows."""
    digits = len(text.partition(".")[2])
    exact = f"{value:,.{digits}f}" == text or f"{value:,.1f}".removesuffix(".0") == text
    return exact or abs(number(text) - value) <= 0.51 * 10.0**-digits


def is_share(text: str, count: int, total: int, tried: int) -> None:
    """Check a share with its limits, which are corrected for so many tried."""
    found = re.fullmatch(SHARE, text)
    assert found, text
    share, low, high = found.groups()
    assert (number(share) == 0) == (count == 0)
    assert (number(share) == 100) == (count == total)
    assert near(share.removesuffix(" %"), 100 * count / total)
    for limit, wanted in zip((low, high), limits(count, total, tried), strict=True):
        assert near(limit, 100 * wanted)


def solved(cell: Cell) -> int:
    return sum(row["converged"] for row in cell)


def when_text(grid: Grid, epochs: set[Any], of: str = "each") -> str:
    """Return the words for the epochs of some cells, none where no training has several."""
    if not grid.has_snapshots():
        return ""
    return f" at {epochs.pop():,} epochs" if len(epochs) == 1 else f" at the most epochs of {of}"


def size_of(text: str, grid: Grid) -> int:
    found = re.search(r"(\d+) hidden unit", text)
    return int(found[1]) if found else grid.hidden[0]


def lr_of(text: str, grid: Grid) -> float:
    found = re.search(rf"lr ({NUMBER})", text)
    return number(found[1]) if found else grid.lrs[0]


def check_solved(text: str, grid: Grid) -> None:
    head, _, body = text.partition(": ")
    named = set()
    for part in body.removesuffix(".").split("; "):
        found = re.fullmatch(rf"({SHARE})([^(]*)( \(.*\))?", part)
        assert found, part
        for size in numbers_of(found[5]) or {grid.hidden[0]}:
            check_best(found[1], found[6] or "", size, grid)
            named.add(size)
    along = 1 if len(grid.lrs) > 1 else 0
    tried = len({key[along] for key in grid.cells})
    key = ("hidden sizes", "learning rates")[along]
    assert (f", at the best of {tried} {key}" in head) == (tried > 1)
    sizes = {size for size, _ in grid.cells}
    assert named <= sizes if len(grid.lrs) == 1 else named == sizes
    budgets = {row["epochs"] for cell in grid.cells.values() for row in cell}
    for budget in (min(budgets), max(budgets)):
        assert f"{budget:,}" in head


def numbers_of(text: str) -> set[float]:
    return {number(found) for found in re.findall(r"\d[\d.,e+-]*", text.replace(", ", " "))}


def sizes_of(grid: Grid) -> set[int]:
    return {size for size, _ in grid.cells}


def check_best(share: str, where: str, size: float, grid: Grid) -> None:
    """Check the levels that are best along lr, or along hidden where lr isn't swept."""
    along = 1 if len(grid.lrs) > 1 else 0
    rates = {key: rate(rows) for key, rows in grid.cells.items() if along == 0 or key[0] == size}
    best = {key for key in rates if rates[key] == max(rates.values())}
    rows = max((grid.cells[key] for key in best), key=len)
    is_share(share, solved(rows), len(rows), len(rates))
    if len(rates) == 1:
        assert where == ""
    elif len(best) == len(rates):
        assert where == f" (the same at all {('hidden sizes', 'learning rates')[along]})"
    else:
        assert numbers_of(where) == {key[along] for key in best}


def check_most_end(text: str, cell: Cell) -> None:
    found = re.search(rf"({SHARE}) (are still at the plateau|answer|diverge)([^;(]*)", text)
    assert found, text
    rows = [row for row in cell if not row["converged"]]
    counts = pd.Series([row["outcome"] for row in rows]).value_counts()
    name = str(counts.index[0])
    is_share(found[1], int(counts.iloc[0]), len(rows), 7)
    assert limits(int(counts.iloc[0]), len(rows), 7)[0] > 0.5
    assert (found[5] == "diverge") == (name == "diverged")
    assert (found[5] == "are still at the plateau") == (name in PLATEAUS)
    if name in PLATEAUS:
        assert f"after {cell[0]['epochs']:,} epochs" in found[6]


def check_of_the_runs(text: str, grid: Grid) -> None:
    check_most_end(text, grid.cells[size_of(text, grid), lr_of(text, grid)])


def check_speed(text: str, grid: Grid) -> None:
    found = re.search(
        rf"take ({NUMBER}) \[({NUMBER}), ({NUMBER})\] times as many epochs at lr ({NUMBER}) as at "
        rf"lr ({NUMBER}): the median of the ratios over (?:all|the (\d+) of) (\d+) seed",
        text,
    )
    assert found, text
    line = size_of(text, grid)
    slow, fast = number(found[4]), number(found[5])
    timed: dict[int, list[float]] = {}
    for (size, lr), cell in grid.cells.items():
        solved = sum(row["converged"] for row in cell)
        if solved >= 6 and 2 * solved >= len(cell):
            timed.setdefault(size, []).append(lr)
    tried = sum(len(lrs) * (len(lrs) - 1) // 2 for lrs in timed.values())
    assert slow == min(timed[line])
    *values, both, seeds = ratio_of_times(grid.cells[line, slow], grid.cells[line, fast], tried)
    assert [near(text, value) for text, value in zip(found.groups()[:3], values, strict=True)]
    assert values[1] > 1
    assert (int(found[6] or found[7]), int(found[7])) == (both, seeds)


def check_points(text: str, pair: dict[str, Any], tried: int) -> None:
    found = re.search(rf"({NUMBER}) points \[({NUMBER}), ({NUMBER})\]", text)
    assert found, text
    low, high = bonett_price(pair, tried)
    size = (pair["only_a"] - pair["only_b"]) / pair["n_pairs"]
    if size < 0:
        size, low, high = -size, -high, -low
    for shown, wanted in zip(found.groups(), (size, low, high), strict=True):
        assert near(shown, 100 * wanted)


def check_fall(text: str, grid: Grid) -> None:
    found = re.search(
        rf"From lr ({NUMBER}) to lr ({NUMBER}) the share.* falls from ({NUMBER}) % to ({NUMBER}) % "
        r"of the same ([\d,]+) seed",
        text,
    )
    assert found, text
    line, a, b = size_of(text, grid), number(found[1]), number(found[2])
    along = [pair for pair in pairs(grid) if pair["key"] == "lr"]
    (pair,) = (p for p in along if (p["a"], p["b"], p["other"]) == (a, b, line))
    assert pair["holm"] < 0.05
    assert pair["only_a"] > pair["only_b"]
    assert number(found[5]) == pair["n_pairs"]
    ends = [grid.at(line, lr, pair["epochs"]) for lr in (a, b)]
    shared = set(ends[0]) & set(ends[1])
    for shown, rows in zip((found[3], found[4]), ends, strict=True):
        solved = sum(rows[seed]["converged"] for seed in shared)
        assert near(shown, 100 * solved / pair["n_pairs"])
    check_points(text.partition("by ")[2], pair, len(along))
    if "of the unsolved runs at lr" in text:
        check_most_end(text.partition("of the unsolved runs")[2], grid.cells[line, b])


def check_neighbours(text: str, grid: Grid) -> None:
    found = re.search(r"settings in (none|[\d,]+) of ([\d,]+) pairs?(.*) \(McNemar", text)
    assert found, text
    every = pairs(grid)
    assert found[3] == when_text(grid, {pair["epochs"] for pair in every}, "each pair")
    differing = [p for p in every if p["holm"] < 0.05]
    assert (0 if found[1] == "none" else number(found[1])) == len(differing)
    assert number(found[2]) == len(every)
    assert ("for the others" in text) == (0 < len(differing) < len(every))
    step = re.search(
        r"largest difference along hidden(?: is at (.*))?: with (\d+) .* higher than with (\d+)",
        text,
    )
    along = [p for p in every if p["key"] == "hidden"]
    shown = [p for p in differing if p["key"] == "hidden"]
    assert bool(step) == bool(shown and len(grid.lrs) > 1)
    if not step:
        return
    size = [abs(p["only_a"] - p["only_b"]) / p["n_pairs"] for p in shown]
    largest = [p for p, each in zip(shown, size, strict=True) if each == max(size)]
    higher, lower = int(step[2]), int(step[3])
    (pair,) = (
        p
        for p in largest
        if {p["a"], p["b"]} == {higher, lower} and p["other"] == lr_of(text, grid)
    )
    assert (higher == pair["a"]) == (pair["only_a"] > pair["only_b"])
    check_points(text.partition("largest difference")[2], pair, len(along))
    ties = re.search(r"(\d+) other pairs? differs? by the same amount", text)
    assert (int(ties[1]) if ties else 0) == len(largest) - 1


def check_diverging(text: str, grid: Grid) -> None:
    def diverged(cell: Cell) -> int:
        return sum(row["status"] == "diverged" and not row["converged"] for row in cell)

    cell = grid.cells[size_of(text, grid), lr_of(text, grid)]
    shares = [diverged(each) / len(each) for each in grid.cells.values()]
    assert diverged(cell) / len(cell) == max(shares)
    found = re.search(SHARE, text)
    assert found
    is_share(found[0], diverged(cell), len(cell), len(shares))
    ties = re.search(r"the same share in (\d+) other settings?(.*)\.", text)
    assert (int(ties[1]) if ties else 0) == shares.count(max(shares)) - 1
    assert not ties or ties[2] == when_text(grid, grid.most_epochs())


def check_cheapest(text: str, grid: Grid) -> None:
    found = re.match(
        rf"Cheapest.*, at ({NUMBER}) \[({NUMBER}), ({NUMBER})\] epochs\. Of the ([\d,]+) settings"
        rf"(.*) with at least {ENOUGH_SOLVED} ",
        text,
    )
    assert found, text
    solved = {key: sum(r["converged"] for r in cell) for key, cell in grid.cells.items()}
    enough = {key for key in solved if solved[key] >= ENOUGH_SOLVED}
    costs = {key: cost(grid.cells[key], len(enough)) for key in enough}
    assert number(found[4]) == len(enough)
    assert found[5] == when_text(grid, grid.most_epochs())
    least, low, high = costs[size_of(text, grid), lr_of(text, grid)]
    assert least == min(each[0] for each in costs.values())
    for shown, value in zip(found.groups()[:3], (least, low, high), strict=True):
        assert near(shown, value)
    alike = sum(each[1] <= high for each in costs.values()) - 1
    words = re.search(r"([\d,]+) others? can't be distinguished", text)
    more = re.search(r"([\d,]+) costs? more", text)
    assert (number(words[1]) if words else 0) == alike
    assert (number(more[1]) if more else 0) == len(enough) - 1 - alike
    few = set(solved) - enough
    left = re.search(r"([\d,]+) settings? with fewer", text)
    assert (number(left[1]) if left else 0) == len(few)
    cheaper = [c for key in few if solved[key] and (c := _spent(grid.cells[key])) < least]
    told = re.search(rf"lowest cost among these is ({NUMBER}), from ([\d,]+)", text)
    assert bool(told) == bool(cheaper)
    assert not told or near(told[1], min(cheaper))


def _spent(cell: Cell) -> float:
    solved = sum(row["converged"] for row in cell)
    return sum(r["converged_epoch"] if r["converged"] else r["epochs"] for r in cell) / solved


FINDINGS = {
    rf"Runs that {GOAL} within": check_solved,
    r"Of the unsolved runs": check_of_the_runs,
    rf"Compared seed by seed, runs.* that {GOAL} take": check_speed,
    r"From lr": check_fall,
    r"Compared seed by seed, the rate": check_neighbours,
    rf"(The largest share of runs|Runs.*) that diverge before they {GOAL}": check_diverging,
    r"Cheapest per solution": check_cheapest,
}


def check_findings(results: pd.DataFrame) -> None:
    grid = Grid(results)
    for text in findings(results, summarize(results), compare_neighbours(results)):
        (check,) = (check for head, check in FINDINGS.items() if re.match(head, text))
        check(text, grid)


@settings(examples(4, 40), suppress_health_check=list(HealthCheck))
@given(tables())
def test_every_number_of_a_finding_is_that_of_the_rows(results: pd.DataFrame) -> None:
    check_findings(results)


def test_so_it_is_where_each_learning_rate_has_its_own_epochs(tmp_path: Path) -> None:
    axes = {"lr": [0.1, 10.0], "epochs": [10_000, 50], "hidden": [2, 3], "seed": range(12)}
    swept = xs.sweep(**axes, zip=[["lr", "epochs"]], folder=tmp_path / "s", n_jobs=1, report=False)
    check_findings(swept.results)


@pytest.mark.parametrize("times", [1, 5])
def test_so_it_is_where_networks_were_trained(small_sweep: Path, times: int) -> None:
    results = read_results(small_sweep, NetworkExperiment())
    check_findings(
        pd.concat(
            [results.assign(seed=results["seed"] + 100 * n) for n in range(times)],
            ignore_index=True,
        )
    )


@settings(examples(4, 40), suppress_health_check=list(HealthCheck))
@given(tables())
def test_every_number_of_a_remark_is_that_of_the_rows(results: pd.DataFrame) -> None:
    trainings = Grid(results).trainings()
    last = [rows[-1] for rows in trainings]
    found = remarks(results, summarize(results))
    trained = [row for row in last if row["status"] != "failed"]
    converged = [row for row in trained if row["converged"]]
    left = sum(not row["converged_at_end"] for row in converged)
    for text in found:
        counts = [number(each) for each in re.findall(r"(?<![\w.])\d[\d,]*(?![\d.%])", text)]
        if "trained, " in text:
            assert counts == [len(trained), len(converged)]
        elif text.endswith("diverged."):
            assert counts == [sum(row["status"] == "diverged" for row in last)]
        elif "couldn't be trained" in text:
            assert counts == [len(last) - len(trained)]
        elif "no longer did" in text:
            assert counts[:2] == [len(converged), left]
        elif text.startswith("After"):
            check_continued(text, trainings)
        else:
            assert text.startswith("With")
    assert any("trained, " in text for text in found) == bool(trained)
    assert any("no longer did" in text for text in found) == bool(left)


def check_continued(text: str, trainings: list[list[dict[str, Any]]]) -> None:
    found = re.match(
        r"After ([\d,]+) epochs ([\d,]+) runs? w\w+ still at the plateau where (.*); (.*) solved "
        r"after ([\d,]+) epochs\.",
        text,
    )
    assert found, text
    ends = [
        rows[-1]["outcome"]
        for rows in trainings
        if rows[0]["status"] != "failed"
        and (rows[0]["epochs"], rows[-1]["epochs"]) == (number(found[1]), number(found[5]))
        and rows[0]["outcome"] in PLATEAUS
        and found[3] == PLATEAU_WORDS[rows[0]["outcome"]]
    ]
    assert number(found[2]) == len(ends)
    solved = ends.count("solved")
    words = {"it was": 1, "it was not": 0, "none of them were": 0}
    assert (
        words.get(found[4], number(found[4].split()[0]) if found[4][0].isdigit() else -1) == solved
    )


PLATEAU_WORDS = {
    "two_rows_at_half": "two outputs are right and two are at one half",
    "three_rows_share": "one output is right and three are at the mean of their targets",
    "all_at_half": "all outputs are at one half",
    "constant_output": "all outputs are at the same target",
}
