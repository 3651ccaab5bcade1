"""The title and the first sentence of a sweep of networks are true of its numbers."""

import pandas as pd
import pytest

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.intervals import rate_interval, simultaneous
from xorsweep.reporting.headline import network_headline, network_title, states_all_rates
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.setting_grid import heat_cells


def summary_of(converged: list[int], runs: int = 50, **levels: list[object]) -> pd.DataFrame:
    cells = pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)
    cells.insert(0, "task", "xor")
    if "epochs" not in cells:
        cells["epochs"] = 300
    counts = pd.Series(converged, dtype=int)
    rest = {"runs": runs, "failed": 0, "converged": counts, "rate": counts / runs}
    return cells.assign(**rest, expected_running_time=1.0)


def headline_of(summary: pd.DataFrame) -> str:
    layout = Layout.of(summary, swept_columns(summary))
    return network_headline(heat_cells(summary, layout), layout, len(summary))


def share(converged: int, runs: int, compared: int) -> str:
    low, high = (round(100 * end) for end in rate_interval(converged, runs, simultaneous(compared)))
    return f"{100 * converged // runs} % [{low}, {high}]"


def test_each_line_has_the_rate_of_its_best_level() -> None:
    summary = summary_of([10, 20, 40, 30], hidden=[2, 3], lr=[0.1, 1.0])
    assert headline_of(summary) == (
        "Runs that solve XOR within 300 epochs, at the best of 2 learning rates: "
        f"{share(20, 50, 4)} with 2 hidden units (lr 1) and {share(40, 50, 4)} with 3 hidden units "
        "(lr 0.1)."
    )


def test_lines_with_the_same_rate_share_their_words() -> None:
    lrs: list[object] = [0.1, 1.0, 2.0]
    text = headline_of(summary_of([10, 20, 20, 20, 10, 20, 30, 30, 30], hidden=[2, 3, 4], lr=lrs))
    assert text.split(": ")[1] == (
        f"{share(20, 50, 9)} with 2 hidden units (lr 1 or 2), {share(20, 50, 9)} with 3 hidden "
        f"units (lr 0.1 or 2) and {share(30, 50, 9)} with 4 hidden units (the same at all "
        "learning rates)."
    )
    alike = headline_of(summary_of([10, 20, 10, 20], hidden=[2, 3], lr=[0.1, 1.0]))
    assert alike.split(": ")[1] == (f"{share(20, 50, 4)} with 2 or 3 hidden units (lr 1).")


def test_the_headline_states_all_rates_unless_lines_or_levels_are_missing() -> None:
    few = summary_of([10, 20, 40, 30], hidden=[2, 3], lr=[0.1, 1.0])
    many = summary_of([9] * 10, hidden=[1, 2, 3, 4, 5], lr=[0.1, 1.0])
    for summary, all_rates in ((few, True), (many, False)):
        layout = Layout.of(summary, swept_columns(summary))
        assert states_all_rates(heat_cells(summary, layout), layout) == all_rates


def test_of_many_lines_the_lowest_and_the_highest_are_named() -> None:
    lines = summary_of([9, 10, 3, 20, 45, 1, 30, 4, 5, 2], hidden=[1, 2, 3, 4, 5], lr=[0.1, 1.0])
    lowest, highest = share(5, 50, 10), share(45, 50, 10)
    assert headline_of(lines).split(": ")[1] == (
        f"{lowest} with 5 hidden units (lr 0.1) and {highest} with 3 hidden units (lr 0.1)."
    )


def test_fixed_keys_are_named() -> None:
    summary = summary_of([10, 20, 40, 30], lr=[0.1, 1.0], init=["he", "normal"])
    summary = pd.concat([summary.assign(loss="half_sse"), summary.assign(loss="bce", converged=1)])
    summary = summary.reset_index(drop=True).assign(
        rate=lambda rows: rows["converged"] / rows["runs"]
    )
    columns = ["task", "lr", "init", "loss", "epochs", "runs", "failed", "converged", "rate"]
    text = headline_of(summary[[*columns, "expected_running_time"]])
    assert "within 300 epochs with loss half_sse, at the best of 2 learning rates:" in text


def test_a_single_setting_has_its_rate() -> None:
    assert headline_of(summary_of([31], lr=[0.5])) == (
        f"Runs that solve XOR within 300 epochs: {share(31, 50, 1)}."
    )


@pytest.mark.parametrize(("solved", "text"), [(0, "0 % [0, 7]"), (50, "100 % [93, 100]")])
def test_none_and_all_have_the_form_of_other_rates(solved: int, text: str) -> None:
    assert headline_of(summary_of([solved], lr=[0.5])).endswith(f"300 epochs: {text}.")


def test_without_any_run_that_counts_there_is_none() -> None:
    assert headline_of(summary_of([0], lr=[0.5]).assign(rate=float("nan"))) == ""


@pytest.mark.parametrize(
    ("levels", "title"),
    [
        ({"lr": [0.5]}, "How often training solves XOR"),
        (
            {"hidden": [2, 3], "lr": [0.1, 1.0], "epochs": [1, 2]},
            "How often training solves XOR, by learning rate, hidden units and epochs",
        ),
        ({"init": ["he", "normal"]}, "How often training solves XOR, by initial weights"),
    ],
)
def test_the_title_names_the_varied_keys(levels: dict[str, list[object]], title: str) -> None:
    count = 1
    for each in levels.values():
        count *= len(each)
    assert network_title(summary_of([1] * count, **levels)) == title


def test_the_title_of_other_tasks_and_of_single_runs() -> None:
    summary = summary_of([1, 1], runs=1, lr=[0.1, 1.0]).assign(task="parity")
    assert network_title(summary) == "Where training meets the criterion, by learning rate"
