"""Which key goes where in a picture, and what is left out where there are too many."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.layout import Layout, evenly, level_name, level_text, levels, longest, panels


def summary_of(**levels: list[object]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)


def test_learning_rate_lies_across_and_hidden_size_makes_the_lines() -> None:
    summary = summary_of(hidden=[2, 4], lr=[0.1, 1.0], epochs=[10, 100], init=["a", "b"])
    layout = Layout.of(summary, ["hidden", "init", "lr", "epochs"])
    assert (layout.across, layout.lines, layout.others) == ("lr", "hidden", ("init", "epochs"))


def test_without_these_a_number_lies_across_and_epochs_comes_last() -> None:
    summary = summary_of(init=["a", "b"], epochs=[10, 100], high=[1.0, 2.0, 3.0])
    layout = Layout.of(summary, ["init", "epochs", "high"])
    assert (layout.across, layout.lines, layout.others) == ("high", "init", ("epochs",))


def test_a_picture_of_time_has_no_panels_for_epochs() -> None:
    assert Layout("epochs", "hidden", ("init",)).at_the_end == Layout("", "hidden", ("init",))
    assert Layout("lr", "epochs", ()).at_the_end == Layout("", "lr", ())


def test_nothing_swept_leaves_every_place_empty() -> None:
    assert Layout.of(summary_of(lr=[0.1]), []) == Layout("", "", ())


@given(st.lists(st.integers(), unique=True, min_size=1), st.integers(2, 9))
def test_evenly_keeps_the_ends_and_the_order(items: list[int], most: int) -> None:
    shown = evenly(items, most)
    assert len(shown) <= max(most, 1)
    assert shown == [item for item in items if item in shown]
    assert (shown[0], shown[-1]) == (items[0], items[-1])


def test_numbers_ascend_and_names_keep_their_order() -> None:
    frame = pd.DataFrame({"lr": [2.0, 0.5, 1.0], "init": ["normal", "he", "uniform"]})
    assert levels(frame, "lr") == [0.5, 1.0, 2.0]
    assert levels(frame, "init") == ["normal", "he", "uniform"]


def test_panels_that_have_no_room_are_counted() -> None:
    frame = summary_of(init=list("abcdefgh"), lr=[1.0])
    shown = panels(frame, ["init"], most=3)
    assert [title for title, _ in shown] == ["init a", "init e", "init h"]
    assert shown.note == "3 of 8 panels"
    assert panels(frame, []).note == ""


def test_levels_are_said_as_short_as_they_can_be() -> None:
    assert [level_name(level) for level in (True, 1000, 2.0, float("nan"), "he")] == [
        "true",
        "1,000",
        "2",
        "none",
        "he",
    ]
    assert level_text("epochs", 1000) == "1,000 epochs"
    assert level_text("lr", 0.5) == "lr 0.5"


def test_the_longest_rows_are_those_with_most_epochs_of_their_setting() -> None:
    frame = summary_of(lr=[0.1, 1.0], epochs=[10, 100]).assign(runs=5)
    assert longest(frame)[["lr", "epochs"]].to_numpy().tolist() == [[0.1, 100], [1.0, 100]]
    together = pd.DataFrame({"lr": [0.1, 0.1, 1.0], "epochs": [100, 1000, 10], "runs": 5})
    assert longest(together)["epochs"].tolist() == [1000, 10]
    alone = pd.DataFrame({"epochs": [10, 100], "runs": 5})
    assert longest(alone)["epochs"].tolist() == [100]


def test_titles_of_panels_leave_out_keys_of_other_choices_and_fit_their_panel() -> None:
    frame = pd.DataFrame(
        {
            "optimizer": ["sgd", "momentum"],
            "optimizer.momentum": [float("nan"), 0.5],
            "epochs": [10, 20],
        }
    )
    assert panels(frame, list(frame.columns)).titles == [
        "optimizer sgd, 10 epochs",
        "optimizer momentum,\noptimizer.momentum 0.5, 20 epochs",
    ]
