"""The sentence about classes of solutions is true of the rows, counted by plain loops."""

import re

import pandas as pd
import pytest

from xorsweep.analysis.intervals import rate_interval, simultaneous
from xorsweep.analysis.summary import summarize
from xorsweep.reporting.solution_findings import FEWEST_SOLVED, solution_findings


def results_of(cells: dict[tuple[int, float], dict[str | None, int]]) -> pd.DataFrame:
    """Return results with the given number of runs per label in each cell of hidden and lr."""
    rows = []
    for (hidden, lr), counts in cells.items():
        labels = [label for label, count in counts.items() for _ in range(count)]
        for seed, label in enumerate(labels):
            solved = label is not None and not label.startswith("answers")
            rows.append(
                {
                    "task": "xor",
                    "hidden": hidden,
                    "lr": lr,
                    "epochs": 100,
                    "seed": seed,
                    "final_error": 0.01 if solved else 0.5,
                    "converged": solved,
                    "converged_epoch": 50 if solved else None,
                    "outcome": "solved" if solved else "one_row_wrong",
                    "solution": label,
                    "status": "ok",
                }
            )
    typed = dict.fromkeys(["task", "outcome", "solution", "status"], "category")
    return pd.DataFrame(rows).astype({"converged_epoch": "Int64", **typed})


def sentences(cells: dict[tuple[int, float], dict[str | None, int]]) -> list[str]:
    results = results_of(cells)
    return list(solution_findings(results, summarize(results)))


def test_two_classes_have_their_shares_with_limits_for_both() -> None:
    (found,) = sentences({(2, 1.0): {"f2+f4": 48, "AND+OR": 52, None: 7, "answers OR": 9}})
    assert found.startswith(
        "By the functions of their hidden units, the 100 solved runs with 2 hidden units are in "
        "2 classes: AND+OR 52 % ["
    )
    assert found.endswith(
        " Here f2 is 1 at row 01 and f4 is 1 at row 10 (0 elsewhere). A unit counts as 1 where "
        "its weighted sum is above 0; a unit that computes the complement is in the same class."
    )
    limits = [float(text) for text in re.findall(r"[\d.]+(?=[,\]])", found.split("classes")[1])]
    wanted = [
        100 * limit for count in (52, 48) for limit in rate_interval(count, 100, simultaneous(2))
    ]
    assert limits == pytest.approx(wanted, abs=0.51)


def test_the_smallest_network_with_enough_solved_runs_is_reported() -> None:
    few = {"f2+f4": FEWEST_SOLVED - 1}
    cells = {
        (2, 1.0): few,
        (3, 0.1): {"AND+OR+f0": 31, "f0+f2+f4": 1},
        (3, 1.0): {"AND+OR+f0": 40, "f0+f2+f4": 2},
        (4, 1.0): {"AND+OR+f0+f0": 99},
    }
    (found,) = sentences(cells)
    assert "the 42 solved runs with lr 1, 3 hidden units are in 2 classes: AND+OR+f0 95" in found
    assert "f0 is 1 at no row" in found
    assert sentences({(2, 1.0): few}) == []


def test_of_many_classes_three_are_named_and_the_others_counted() -> None:
    counts: dict[str | None, int] = {f"f{n}+AND": 10 + n for n in (0, 2, 3, 4, 5)}
    (found,) = sentences({(2, 1.0): counts})
    assert "are in 5 classes: f5+AND" in found
    assert found.count(" %") == 3
    assert "and 2 other classes." in found


def test_a_single_class_has_all() -> None:
    (found,) = sentences({(2, 1.0): {"AND+OR": 33, "answers OR": 60}})
    assert found.endswith("33 solved runs with 2 hidden units are all in one class, AND+OR.")
