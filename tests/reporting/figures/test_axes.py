"""Lines of texts in figures."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.figures.axes import LONE, NARROW, Facets, cell_facets, fitted, text_width
from xorsweep.reporting.figures.style import styled

LEVELS = st.lists(
    st.tuples(st.sampled_from(("lr", "hidden", "epochs", "seed")), st.integers(0, 10**5)),
    min_size=1,
    max_size=6,
)


@given(LEVELS, st.floats(0.5, 5))
def test_lines_end_after_whole_levels_where_these_have_room(
    levels: list[tuple[str, int]], inches: float
) -> None:
    texts = [f"{key} {level}" for key, level in levels]
    lines = fitted(", ".join(texts), inches, 9).split("\n")
    assert " ".join(lines) == ", ".join(texts)
    if 1.5 * max(text_width(f"{text},", 9) for text in texts) < inches:
        assert all(line.endswith(",") for line in lines[:-1])
        assert all(text_width(line, 9) < 1.2 * inches for line in lines)


@pytest.mark.parametrize(("count", "across"), [(1, 1), (3, 3), (4, 2), (5, 3), (7, 3), (12, 3)])
def test_rows_of_panels_are_about_equally_full(count: int, across: int) -> None:
    with styled():
        grid = Facets([(f"x {n}", n) for n in range(count)], 2.0)
    spec = grid.first.get_subplotspec()
    assert spec is not None
    assert spec.get_gridspec().ncols == across


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_lone_panel_by_epochs_fits_the_screen_of_a_phone(count: int) -> None:
    parts = [("", place) for place in range(count)]
    narrow = Facets(parts, 2.5, lone=LONE).figure.get_figwidth()
    assert narrow == (LONE if count == 1 else Facets(parts, 2.5).figure.get_figwidth())
    assert Facets(parts, 2.5).figure.get_figwidth() >= NARROW
    cells = pd.DataFrame({"hidden": range(count)})
    found = cell_facets(cells, ["hidden"], "hidden", 1.7).figure.get_figwidth()
    assert found == pytest.approx(LONE) if count == 1 else found >= NARROW
