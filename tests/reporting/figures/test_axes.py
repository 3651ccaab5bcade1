"""Lines of texts in figures."""

from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.figures.axes import fitted, text_width

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
