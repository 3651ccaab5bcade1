"""Which cells are shown where there is no room for all: by axis, never by a stride."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.selection import Codes, Selection, select, spaced


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
