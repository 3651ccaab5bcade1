"""The sentence on initial weights, each number of it counted again."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from weight_sweeps import MANY, RATES, SEEDS, cell_of, differences_of

from xorsweep.analysis.auc import auc
from xorsweep.analysis.summary import summarize
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.weight_findings import weight_findings
from xorsweep.reporting.wording import share_text
from xorsweep.storage.results import read_results


@pytest.fixture(scope="module")
def results(weight_sweep: Path) -> pd.DataFrame:
    return read_results(weight_sweep, NetworkExperiment())


def unsolved_by_seed(results: pd.DataFrame, lr: float, epochs: int) -> list[bool]:
    rows = cell_of(results, lr, epochs)
    return [not rows.loc[seed, "converged"] for seed in range(SEEDS)]


def test_the_sentence_has_the_numbers_of_its_cell(results: pd.DataFrame) -> None:
    (text,) = weight_findings(results, summarize(results))
    assert text.startswith(
        f"520 runs with lr 5, 2 hidden units, {MANY} epochs are sorted by the largest"
    )
    unsolved = unsolved_by_seed(results, 5.0, MANY)
    ordered = sorted(range(SEEDS), key=lambda seed: differences_of(seed)[1])
    shares = [
        share_text(sum(unsolved[seed] for seed in seeds), 104)
        for seeds in (ordered[:104], ordered[-104:])
    ]
    assert f"of the 104 with the smallest difference {shares[0]} don't converge" in text
    assert f"of the 104 with the largest {shares[1]}. The AUC" in text
    scores = np.array([differences_of(seed)[1] for seed in range(SEEDS)])
    area = auc(scores, np.array(unsolved))
    assert f"AUC is {area.value:.2f} [{area.low:.2f}, {area.high:.2f}]" in text
    both = [
        auc(scores, np.array(unsolved_by_seed(results, lr, MANY)), 1 - 0.05 / 2) for lr in RATES
    ]
    found = re.search(
        rf"in (\d+) of 2 settings at {MANY:,} epochs with at least 500 runs"
        r"(?:, and below it in (\d+))?",
        text,
    )
    assert found
    assert int(found[1]) == sum(area.low > 0.5 for area in both)
    assert int(found[2] or 0) == sum(area.high < 0.5 for area in both)


def test_where_too_few_runs_fail_there_is_none(results: pd.DataFrame) -> None:
    solved = results.assign(converged=results["seed"] > 18)
    assert not list(weight_findings(solved, summarize(solved)))
    fewer = results[results["seed"] < 499]
    assert not list(weight_findings(fewer, summarize(fewer)))
