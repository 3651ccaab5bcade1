"""Classes of solutions by cell, counted again by plain loops."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import xorsweep as xs
from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.solutions import classes_only, counts_text, label_counts, networks_of
from xorsweep.grid.columns import number_by_appearance
from xorsweep.networks.single_run import train_single
from xorsweep.sweeps.folders import open_sweep

LABELS = ["f2+f4", "AND+OR", "answers OR", "AND+f0", None]
RUNS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(LABELS)), max_size=60)


@given(runs=RUNS)
def test_labels_are_counted_cell_by_cell_the_most_frequent_first(
    runs: list[tuple[int, str | None]],
) -> None:
    solutions = pd.Series([label for _, label in runs], dtype=object)
    cell = number_by_appearance(np.array([number for number, _ in runs], np.int64))
    index = CellIndex.of_numbers(cell)
    for typed in (solutions, solutions.astype("category")):
        found = label_counts(typed, index)
        assert len(found) == len(set(cell))
        for number, counts in enumerate(found):
            of_cell = [label for mine, (_, label) in zip(cell, runs, strict=True) if mine == number]
            wanted = Counter(filter(None, of_cell))
            by_count = sorted(wanted.items(), key=lambda each: (-each[1], each[0]))
            assert list(counts.items()) == by_count


def test_counts_are_a_text_and_answers_are_no_classes() -> None:
    counts = {"f2+f4": 52, "AND+OR": 48, "answers OR": 3}
    assert counts_text(counts) == "f2+f4: 52, AND+OR: 48, answers OR: 3"
    assert counts_text({}) == ""
    assert list(classes_only(counts)) == ["f2+f4", "AND+OR"]


def test_networks_are_read_as_they_were_trained(tmp_path: Path) -> None:
    sweep = xs.sweep(
        hidden=[2], lr=[1.0], epochs=[10, 20], seed=range(4), folder=tmp_path / "sweep",
        report=False, parallel="serial",
    )  # fmt: skip
    tables = sweep.plot.report_figures.tables
    assert tables.networks is not None
    found = tables.networks([1, 6])
    assert set(found) == {1, 6}
    for row, (point, parameters) in found.items():
        assert point["seed"] == sweep.results["seed"].iloc[row]
        run = train_single(point)
        np.testing.assert_array_equal(parameters, run.parameters[:, -1])
        solution = sweep.results["solution"].iloc[row]
        assert run.solution == (None if pd.isna(solution) else solution)
    assert networks_of(open_sweep(sweep.folder).grid, [], [1]) == {}
