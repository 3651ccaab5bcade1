"""Where unsolved runs stand and how they go on, counted with plain loops."""

import numpy as np
import pandas as pd

from xorsweep.analysis.curvature_states import count_solved_later, count_states, states_of

ROWS = [
    # seed, epochs, outcome, status, curvature_min, curvature_max
    (0, 10, "two_rows_at_half", "ok", 1e-6, 0.4),
    (0, 20, "two_rows_at_half", "ok", 1e-6, 0.4),
    (1, 10, "two_rows_at_half", "ok", -1e-6, 0.4),
    (1, 20, "solved", "ok", 1e-3, 0.4),
    (2, 10, "all_at_half", "ok", -0.1, 2.0),
    (2, 20, "diverged", "diverged", np.nan, np.nan),
    (3, 10, "all_at_half", "ok", 1e-9, 2.0),
    (3, 20, "solved", "ok", 1e-9, 2.0),
    (4, 10, "unclassified", "ok", 1e-7, 1e3),
    (4, 20, "failed", "failed", np.nan, np.nan),
    (5, 10, "unclassified", "ok", np.nan, np.nan),
    (5, 20, "unclassified", "ok", np.nan, np.nan),
]
COLUMNS = ["seed", "epochs", "outcome", "status", "curvature_min", "curvature_max"]


def results() -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    frame.insert(2, "final_error", 0.25)  # the columns before it are keys
    return frame


def state_of(row: tuple[int, int, str, str, float, float]) -> str:
    *_, outcome, status, smallest, largest = row
    if status != "ok" or outcome == "solved" or np.isnan(smallest):
        return ""
    bound = 1e-8 * max(1, largest)
    return "trapped" if smallest > bound else "passing" if smallest < -bound else "flat"


def test_each_unsolved_run_is_classified_by_its_curvature() -> None:
    assert states_of(results()).tolist() == [state_of(row) for row in ROWS]
    without = results().drop(columns=["curvature_min", "curvature_max"])
    assert set(states_of(without)) == {""}


def test_states_are_counted_by_outcome() -> None:
    counts = count_states(results())
    for outcome in ("two_rows_at_half", "all_at_half", "unclassified"):
        unsolved = [state_of(row) or "unknown" for row in ROWS if row[2] == outcome]
        for state in ("trapped", "passing", "flat", "unknown"):
            assert counts.loc[outcome, state] == unsolved.count(state)
    assert sorted(counts.index) == ["all_at_half", "two_rows_at_half", "unclassified"]


def test_runs_that_were_trained_further_are_counted_with_those_solved_then() -> None:
    found = count_solved_later(results()).to_numpy().tolist()
    wanted = []
    for row in ROWS:
        later = [each for each in ROWS if each[0] == row[0] and each[1] == 20]
        if row[1] == 10 and state_of(row) and later[0][3] != "failed":
            solved = int(later[0][2] == "solved")
            wanted.append([10, row[2], state_of(row), 1, 20, solved])
    assert sorted(found) == sorted(wanted)
    assert count_solved_later(results().query("epochs == 20")).empty
