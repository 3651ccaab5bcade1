"""Which key goes where in a picture, and what is left out where there are too many."""

import pandas as pd

from xorsweep.reporting.layout import Layout, levels, panels
from xorsweep.reporting.selection import best_first, final_epochs_only, select_cells
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


def rated(**levels: list[object]) -> pd.DataFrame:
    """Return the cells of a summary, in which the last one is the best."""
    cells = summary_of(**levels)
    rate = [place / len(cells) for place in range(1, len(cells) + 1)]
    epochs = {} if "epochs" in cells else {"epochs": 10}
    return cells.assign(**epochs, runs=10, rate=rate, expected_running_time=1.0)


def test_every_level_of_two_names_is_shown_and_the_fixed_ones_are_said() -> None:
    cells = rated(
        activation=["logistic", "tanh", "relu"], init=["a", "b", "c"], lr=[0.1, 1.0], epochs=[9, 99]
    )
    found = select_cells(cells, ["activation", "init", "epochs"], 12)
    assert set(map(tuple, found.cells[["activation", "init"]].to_numpy())) == {
        (activation, init) for activation in ("logistic", "tanh", "relu") for init in "abc"
    }
    assert set(found.cells["epochs"]) == {99}
    assert set(found.cells["lr"]) == {0.1, 1.0}
    assert found.keys == ("activation", "init")
    assert found.note == "99 epochs (of 2), as in the best cell"
    fewer = select_cells(cells, ["activation", "init", "epochs"], 6)
    assert fewer.note == "init c (of 3), as in the best cell"
    assert (set(fewer.cells["init"]), set(fewer.cells["epochs"])) == ({"c"}, {9, 99})


def test_where_nothing_converges_no_cell_is_called_the_best() -> None:
    cells = rated(init=["a", "b", "c"], lr=[0.1, 1.0]).assign(rate=0.0)
    assert select_cells(cells, ["init", "lr"], 3).note == "lr 0.1 (of 2)"


def test_among_cells_as_good_the_one_with_the_cheapest_solution_is_the_best() -> None:
    cells = rated(lr=[0.1, 1.0, 2.0]).assign(rate=1.0, expected_running_time=[9.0, 4.0, 5.0])
    assert best_first(cells).tolist() == [2, 0, 1]


def test_a_parameter_of_one_choice_is_no_reason_to_leave_out_the_others() -> None:
    frame = pd.DataFrame(
        {
            "optimizer": ["sgd", "momentum", "momentum", "adam", "adam"],
            "optimizer.momentum": [None, 0.5, 0.9, None, None],
            "optimizer.beta1": [None, None, None, 0.8, 0.9],
            "epochs": 10,
        }
    )
    frame = frame.assign(runs=10, rate=[0.1, 0.2, 0.9, 0.4, 0.5], expected_running_time=1.0)
    found = select_cells(frame, ["optimizer", "optimizer.momentum", "optimizer.beta1"], 3)
    assert found.cells["optimizer"].tolist() == ["sgd", "momentum", "adam"]
    assert found.cells["rate"].tolist() == [0.1, 0.9, 0.5]
    assert "optimizer.momentum 0.9 (of 2)" in found.note
    assert "optimizer.beta1 0.9 (of 2)" in found.note


def test_a_key_of_many_levels_is_thinned_along_itself() -> None:
    cells = rated(lr=[float(lr) for lr in range(1, 31)], hidden=[2, 4])
    found = select_cells(cells, ["lr", "hidden"], 12, thin=True)
    assert sorted(set(found.cells["lr"])) == [1, 7, 13, 18, 24, 30]
    assert set(found.cells["hidden"]) == {2, 4}
    assert (found.note, found.thinned) == ("6 of 30 levels of lr", "lr")


def test_lines_are_few_and_the_key_that_had_too_many_makes_panels() -> None:
    summary = summary_of(hidden=[*range(2, 14)], lr=[0.1, 1.0], init=["a", "b"], epochs=[1, 2])
    layout = Layout("lr", "hidden", ("init", "epochs"))
    assert layout.with_few_lines(summary, 12) == layout
    assert layout.with_few_lines(summary, 4) == Layout("hidden", "lr", ("init", "epochs"))
    wide = Layout("hidden", "lr", ("epochs",)).with_few_lines(
        summary_of(lr=[*range(9)], hidden=[*range(9)], epochs=[1]), 4
    )
    assert wide == Layout("hidden", "", ("lr", "epochs"))


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
    assert final_epochs_only(frame)[["lr", "epochs"]].to_numpy().tolist() == [
        [0.1, 100],
        [1.0, 100],
    ]
    together = pd.DataFrame({"lr": [0.1, 0.1, 1.0], "epochs": [100, 1000, 10], "runs": 5})
    assert final_epochs_only(together)["epochs"].tolist() == [1000, 10]
    alone = pd.DataFrame({"epochs": [10, 100], "runs": 5})
    assert final_epochs_only(alone)["epochs"].tolist() == [100]


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
