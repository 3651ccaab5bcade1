"""Which cells are shown where there is no room for all: by axis, never by a stride."""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.selection import (
    Codes,
    Selection,
    best_first,
    final_epochs_only,
    select,
    select_cells,
    spaced,
)


@st.composite
def cells(draw: st.DrawFn) -> tuple[Codes, Codes]:
    """Return the codes of a grid's cells, of which some may be missing, and a rank of them."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    every = np.array(list(product(*map(range, sizes))), np.int64)
    kept = draw(st.lists(st.booleans(), min_size=len(every), max_size=len(every)))
    kept[draw(st.integers(0, len(every) - 1))] = True
    codes = every[kept]
    return codes, np.array(draw(st.permutations(range(len(codes)))), np.int64)


def levels(codes: Codes, key: int) -> set[int]:
    return {int(code) for code in codes[:, key]}


def free(found: Selection, keys: int) -> list[int]:
    return [key for key in range(keys) if key not in found.fixed and key != found.thinned]


@given(cells(), st.integers(1, 20), st.booleans())
def test_every_key_keeps_all_levels_or_is_fixed_or_thinned(
    drawn: tuple[Codes, Codes], most: int, thin: bool
) -> None:
    codes, rank = drawn
    found = select(codes, rank, most, range(codes.shape[1]) if thin else ())
    shown = codes[found.places]
    assert len(shown) <= most
    assert (np.diff(found.places) > 0).all()
    for key in free(found, codes.shape[1]):
        assert levels(shown, key) == levels(codes, key)
    best = codes[rank.argmin()]
    assert best.tolist() in shown.tolist()


@given(cells(), st.integers(1, 20))
def test_a_fixed_key_has_the_best_level_wherever_there_is_one(
    drawn: tuple[Codes, Codes], most: int
) -> None:
    codes, rank = drawn
    found = select(codes, rank, most)
    best, kept = codes[rank.argmin()], [k for k in range(codes.shape[1]) if k not in found.fixed]
    for cell in codes[found.places]:
        alike = codes[(codes[:, kept] == cell[kept]).all(axis=1)]
        for key in found.fixed:
            if best[key] in alike[:, key]:
                assert cell[key] == best[key]
            alike = alike[alike[:, key] == cell[key]]


def test_of_two_keys_of_three_levels_both_are_kept_where_nine_have_room() -> None:
    codes = np.array(list(product(range(3), range(3), range(2))))
    found = select(codes, np.arange(len(codes))[::-1], 12)
    assert found.fixed == (2,)
    assert codes[found.places].tolist() == [[a, b, 1] for a in range(3) for b in range(3)]


def test_a_key_with_too_many_levels_gives_way_to_one_that_fits() -> None:
    codes = np.array(list(product(range(30), range(3))))
    rank = np.argsort(np.argsort(np.abs(np.arange(90) - 51)))
    assert codes[select(codes, rank, 12).places].tolist() == [[17, 0], [17, 1], [17, 2]]
    thinned = select(codes, rank, 12, numeric=[0])
    assert (thinned.thinned, thinned.fixed) == (0, ())
    assert levels(codes[thinned.places], 0) == {0, 10, 17, 29}
    assert levels(codes[thinned.places], 1) == {0, 1, 2}


@given(st.integers(1, 200), st.integers(1, 50), st.data())
def test_levels_along_a_key_are_spaced_evenly_with_both_ends_and_the_best(
    count: int, most: int, data: st.DataObject
) -> None:
    best = data.draw(st.integers(0, count - 1))
    found = spaced(count, most, best)
    assert found == sorted(set(found))
    assert len(found) <= most
    assert best in found
    if most > 2:
        assert {0, count - 1} <= set(found)
        gaps = np.diff(found)
        assert gaps.max(initial=0) <= 2 * (count - 1) / (most - 1) + 1 or count <= most


def summary_of(**levels: list[object]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)


def rated(**levels: list[object]) -> pd.DataFrame:
    """Return the cells of a summary, in which the last one is the best."""
    cells = summary_of(**levels)
    rate = [place / len(cells) for place in range(1, len(cells) + 1)]
    epochs = {} if "epochs" in cells else {"epochs": 10}
    return cells.assign(**epochs, runs=10, rate=rate, expected_running_time=1.0)


def test_every_level_of_two_names_is_shown_and_the_fixed_ones_are_named() -> None:
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
    assert found.note == "99 epochs (of 2), as in the best setting"
    fewer = select_cells(cells, ["activation", "init", "epochs"], 6)
    assert fewer.note == "init c (of 3), as in the best setting"
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
