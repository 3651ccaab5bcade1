"""Lines and tables of a terminal: no word is cut, and nothing is lost."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from xorsweep.reporting.fitting import fitted_table, wrap_text, wrap_words

HEAD = ("quantity", "reference", "measured, 95 % interval", "verdict")
VERDICTS = (
    ("rate of convergence", "79.6 % [77.8, 81.4], 2,000 runs", "85 % [64, 94.8]", "agrees"),
    ("criterion margin, criterion.threshold 0.1: rate", "73.9 %, 2,000 runs", "", "not run"),
    ("expected running time with restarts", "7,698, 2,000 runs", "6,966 [5,185, 9,094]", "differs"),
)


@pytest.mark.parametrize("width", [20, 40, 60, 200])
def test_a_line_is_wrapped_at_its_commas(width: int) -> None:
    line = "5 learning rates x 4 sizes: 2,400 results, 800 trainings, 2 workers"
    parts = wrap_text(line, width)
    assert " ".join(part.strip() for part in parts) == line
    assert all(len(part) <= width for part in parts)
    assert all(re.match(r"  |5", part) for part in parts)


@given(
    st.lists(st.text("ab.,", min_size=1, max_size=12), min_size=1, max_size=30),
    st.integers(16, 60),
    st.sampled_from(["", "  "]),
)
def test_a_line_is_wrapped_between_words(words: list[str], width: int, start: str) -> None:
    line = start + " ".join(words)
    first, *others = wrap_words(line, width)
    assert " ".join([first, *(part.strip() for part in others)]) == line
    assert all(part.startswith(f"{start}  ") for part in others)
    assert max(map(len, (first, *others))) <= width


def test_a_command_stays_whole() -> None:
    command = "python -m xorsweep -m resume=outputs/2026-11-27/08-05-02 'seed=range(0,200)'"
    line = f"interrupted; finished batches are kept, resume with {command}"
    assert wrap_words(line, 50) == [
        "interrupted; finished batches are kept, resume",
        "  with",
        f"  {command}",
    ]


def shown(width: int) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=width)
    console.print(fitted_table(HEAD, VERDICTS, width))
    return text.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_table_has_the_width_and_cuts_no_word(width: int) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    found = " ".join(lines).split()
    wanted = [word for row in (HEAD, *VERDICTS) for text in row for word in text.split()]
    assert sorted(word for word in found if "─" not in word) == sorted(wanted)


def test_intervals_stay_whole_where_there_is_room() -> None:
    assert "[77.8, 81.4]," in "\n".join(shown(80))
    assert "[5,185, 9,094]" in "\n".join(shown(80))
    assert len(shown(80)) < len(shown(60))


def test_rows_of_several_lines_are_apart() -> None:
    assert sum(not line.strip() for line in shown(80)) == len(VERDICTS) - 1
    assert all(line.strip() for line in shown(200))
