"""Which key goes where in a figure."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.layout import Layout, levels, panels
from xorsweep.text import level_name, level_text


def summary_of(**levels: list[object]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)


def test_learning_rate_lies_across_and_hidden_size_makes_the_lines() -> None:
    summary = summary_of(hidden=[2, 4], lr=[0.1, 1.0], epochs=[10, 100], init=["a", "b"])
    layout = Layout.of(summary, ["hidden", "init", "lr", "epochs"])
    assert (layout.x, layout.hue, layout.col) == ("lr", "hidden", ("init", "epochs"))


def test_without_these_a_number_lies_across_and_epochs_comes_last() -> None:
    summary = summary_of(init=["a", "b"], epochs=[10, 100], high=[1.0, 2.0, 3.0])
    layout = Layout.of(summary, ["init", "epochs", "high"])
    assert (layout.x, layout.hue, layout.col) == ("high", "init", ("epochs",))


def test_a_picture_of_time_has_no_panels_for_epochs() -> None:
    assert Layout("epochs", "hidden", ("init",)).at_the_end == Layout("", "hidden", ("init",))
    assert Layout("lr", "epochs", ()).at_the_end == Layout("", "lr", ())


def test_nothing_swept_leaves_every_place_empty() -> None:
    assert Layout.of(summary_of(lr=[0.1]), []) == Layout("", "", ())


def test_numbers_ascend_and_names_keep_their_order() -> None:
    frame = pd.DataFrame({"lr": [2.0, 0.5, 1.0], "init": ["normal", "he", "uniform"]})
    assert levels(frame, "lr") == [0.5, 1.0, 2.0]
    assert levels(frame, "init") == ["normal", "he", "uniform"]


def test_lines_are_few_and_the_key_that_had_too_many_makes_panels() -> None:
    summary = summary_of(hidden=[*range(2, 14)], lr=[0.1, 1.0], init=["a", "b"], epochs=[1, 2])
    layout = Layout("lr", "hidden", ("init", "epochs"))
    assert layout.with_few_lines(summary, 12) == layout
    assert layout.with_few_lines(summary, 4) == Layout("hidden", "lr", ("init", "epochs"))
    wide = Layout("hidden", "lr", ("epochs",)).with_few_lines(
        summary_of(lr=[*range(9)], hidden=[*range(9)], epochs=[1]), 4
    )
    assert wide == Layout("hidden", "", ("lr", "epochs"))


def test_levels_are_written_as_short_as_possible() -> None:
    assert [level_name(level) for level in (True, 1000, 2.0, float("nan"), "he")] == [
        "true",
        "1,000",
        "2",
        "none",
        "he",
    ]
    assert level_text("epochs", 1000) == "1,000 epochs"
    assert level_text("lr", 0.5) == "lr 0.5"


def test_titles_of_panels_exclude_keys_of_other_components() -> None:
    frame = pd.DataFrame(
        {
            "optimizer": ["sgd", "momentum"],
            "optimizer.momentum": [float("nan"), 0.5],
            "epochs": [10, 20],
        }
    )
    assert [title for title, _ in panels(frame, list(frame.columns))] == [
        "sgd, 10 epochs",
        "momentum, optimizer.momentum 0.5, 20 epochs",
    ]


@given(
    st.permutations(["lr", "hidden", "epochs", "optimizer"]), st.integers(0, 1), st.integers(0, 1)
)
def test_chosen_axes_lie_where_they_are_to_and_none_is_lost(
    keys: list[str], hues: int, cols: int
) -> None:
    x, hue, col, other = keys
    axes = {"x": (x,)}
    if hues:
        axes["hue"] = (hue,)
    if cols:
        axes["col"] = (col,)
    layout = Layout("lr", "hidden", ("epochs", "optimizer")).with_axes(axes)
    assert layout.x == x
    assert layout.hue == hue or not hues
    assert layout.col[0] == col or not cols
    assert sorted([layout.x, layout.hue, *layout.col]) == sorted(keys)
    assert layout.chosen == {key for some in axes.values() for key in some}
    assert other not in layout.chosen


def test_a_chosen_axis_stays_however_many_levels_it_has() -> None:
    cells = pd.DataFrame({"lr": range(30), "hidden": [2, 3] * 15})
    chosen = Layout("lr", "hidden", ()).with_axes({"hue": ("lr",)})
    assert chosen.with_few_lines(cells, 8) == chosen
    assert (chosen.x, chosen.hue) == ("hidden", "lr")


def test_numbers_lie_across_and_the_key_with_fewest_levels_makes_lines() -> None:
    cells = pd.DataFrame(
        [(a, b, c) for a in range(3) for b in range(5) for c in "xyzuvw"], columns=["a", "b", "c"]
    )
    assert Layout.by_levels(cells, ["a", "b", "c"]) == Layout("b", "a", ("c",))
    assert Layout.by_levels(cells, ["c"]) == Layout("c", "", ())
    assert Layout.by_levels(cells, []) == Layout("", "", ())
