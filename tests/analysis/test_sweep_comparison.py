"""Two sweeps' cells compared: matched by their swept keys, tested by their seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, fisher_exact, norm

from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.analysis.sweep_comparison import compare_sweeps, newcombe_interval


def sweep(
    cells: dict[tuple[float, int], list[int]], first_seed: int = 0, **fixed: object
) -> pd.DataFrame:
    """Return results of cells by lr and hidden: 1 converged, 0 didn't, -1 failed, a seed each."""
    rows = [
        {
            "activation": "logistic",
            "hidden": hidden,
            "lr": lr,
            "epochs": 100,
            "seed": seed,
            **fixed,
            "final_error": 0.1 / (1 + seed),
            "converged": end == 1,
            "converged_epoch": 10 + seed if end == 1 else pd.NA,
            "converged_at_end": end == 1,
            "outcome": {1: "solved", 0: "unclassified", -1: "failed"}[end],
            "status": "failed" if end == -1 else "ok",
            "message": None,
        }
        for (lr, hidden), ends in cells.items()
        for seed, end in enumerate(ends, first_seed)
    ]
    return pd.DataFrame(rows).astype({"converged_epoch": "Int64"})


HALF = [1, 0] * 20


def test_the_same_seeds_are_compared_in_pairs() -> None:
    a = sweep({(0.1, 2): [1] * 30 + [0] * 10, (0.5, 2): HALF})
    b = sweep({(0.1, 2): [0] * 10 + [1] * 20 + [0] * 10, (0.5, 2): HALF})
    first, second = compare_sweeps(a, b).cells.to_dict("records")
    assert first["test"] == "McNemar"
    assert (first["only_a"], first["only_b"]) == (10, 0)
    assert first["p"] == pytest.approx(binomtest(10, 10, 0.5).pvalue)
    assert first["p_holm"] == pytest.approx(2 * first["p"])
    assert first["verdict"] == "a higher"
    assert second["p"] == 1
    assert second["verdict"] == NO_DIFFERENCE


def test_other_seeds_are_compared_by_fisher() -> None:
    a = sweep({(0.1, 2): [1] * 30 + [0] * 10})
    b = sweep({(0.1, 2): [1] * 10 + [0] * 40}, first_seed=1000)
    (cell,) = compare_sweeps(a, b).cells.to_dict("records")
    assert cell["test"] == "Fisher"
    assert cell["p"] == pytest.approx(fisher_exact([[30, 10], [10, 40]]).pvalue)
    assert (cell["rate_a"], cell["rate_b"]) == (0.75, 0.2)
    assert cell["verdict"] == "a higher"


def test_a_run_that_failed_is_left_out_with_its_partner() -> None:
    a, b = sweep({(0.1, 2): [1, 1, -1, 0]}), sweep({(0.1, 2): [1, -1, 1, 0]})
    (cell,) = compare_sweeps(a, b).cells.to_dict("records")
    assert (cell["runs_a"], cell["converged_a"]) == (2, 1)
    assert (cell["runs_b"], cell["converged_b"]) == (2, 1)


def test_cells_of_one_sweep_only_are_named() -> None:
    a = sweep({(0.1, 2): HALF, (0.5, 2): HALF})
    b = sweep({(0.5, 2): HALF, (0.9, 2): HALF, (0.9, 4): HALF})
    found = compare_sweeps(a, b)
    assert found.cells[["hidden", "lr"]].to_numpy().tolist() == [[2, 0.5]]
    assert found.only_a[["hidden", "lr"]].to_numpy().tolist() == [[2, 0.1]]
    assert found.only_b[["hidden", "lr"]].to_numpy().tolist() == [[2, 0.9], [4, 0.9]]
    assert (found.points, found.same) == (40, 40)


def test_a_value_that_differs_and_is_swept_in_neither_is_a_setting() -> None:
    a = sweep({(0.1, 2): HALF, (0.5, 2): HALF})
    b = sweep({(0.1, 2): HALF, (0.5, 2): HALF}, activation="tanh")
    found = compare_sweeps(a, b)
    assert found.keys == ["lr"]
    assert list(found.settings) == [("activation", "logistic", "tanh")]
    assert len(found.cells) == 2
    assert found.points == 0


def test_a_key_that_one_sweeps_picks_the_cells_of_the_other() -> None:
    a, b = sweep({(0.1, 2): HALF, (0.1, 4): HALF}), sweep({(0.1, 4): HALF})
    found = compare_sweeps(a, b)
    assert found.keys == ["hidden"]
    assert found.cells["hidden"].tolist() == [4]


def test_the_order_is_that_of_the_first_sweep_and_a_and_b_change_places() -> None:
    a = sweep({(0.5, 2): [1] * 40, (0.1, 2): HALF})
    b = sweep({(0.1, 2): HALF, (0.5, 2): [0] * 40})
    there, back = compare_sweeps(a, b).cells, compare_sweeps(b, a).cells
    assert there["lr"].tolist() == [0.5, 0.1]
    assert back["lr"].tolist() == [0.1, 0.5]
    assert there["verdict"].tolist() == ["a higher", NO_DIFFERENCE]
    assert back["verdict"].tolist() == [NO_DIFFERENCE, "b higher"]
    np.testing.assert_allclose(there["difference_low"], -back["difference_high"][::-1])


def test_cells_that_differ_in_epochs_alone_are_compared_once_after_the_most_in_both() -> None:
    def of_epochs(*budgets: int) -> pd.DataFrame:
        return pd.concat(
            [sweep({(0.1, 2): HALF, (0.5, 2): HALF}).assign(epochs=budget) for budget in budgets],
            ignore_index=True,
        )

    found = compare_sweeps(of_epochs(100, 1000, 5000), of_epochs(100, 1000, 9000))
    assert found.cells[["lr", "epochs"]].to_numpy().tolist() == [[0.1, 1000], [0.5, 1000]]
    assert found.only_a.empty
    assert found.only_b.empty
    only = compare_sweeps(of_epochs(100, 1000), of_epochs(100, 1000).query("lr > 0.1"))
    assert only.only_a[["lr", "epochs"]].to_numpy().tolist() == [[0.1, 1000]]


def test_the_interval_of_the_largest_difference_is_for_all_cells_together() -> None:
    clear, none = [1] * 20 + [0] * 20, [0] * 40
    a = sweep({(0.1, 2): clear, (0.5, 2): HALF, (0.9, 2): clear, (2.0, 2): HALF})
    b = sweep({(0.1, 2): none, (0.5, 2): HALF, (0.9, 2): none, (2.0, 2): HALF})
    found = compare_sweeps(a, b)
    assert found.largest["lr"].tolist() == [0.1, 0.9]
    half = norm.ppf(1 - 0.025 / 4) * np.sqrt((22 / 42 - (20 / 42) ** 2) / 42)
    assert found.largest["difference_low"].tolist() == pytest.approx([20 / 42 - half] * 2)
    assert (found.largest["difference_low"] < found.cells["difference_low"].iloc[0]).all()


def test_the_interval_is_that_of_newcombe_s_examples() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table II: method 10.
    counts = ([56, 9, 6, 5, 0, 10], [70, 10, 7, 56, 10, 10])
    others = ([48, 3, 2, 0, 0, 0], [80, 10, 7, 29, 20, 20])
    low, high = newcombe_interval(*map(np.array, (*counts, *others)))
    wanted_low = [0.0524, 0.1705, 0.0582, -0.0381, -0.1611, 0.6791]
    wanted_high = [0.3339, 0.8090, 0.8062, 0.1926, 0.2775, 1.0000]
    np.testing.assert_allclose(low, wanted_low, atol=5e-5)
    np.testing.assert_allclose(high, wanted_high, atol=5e-5)
