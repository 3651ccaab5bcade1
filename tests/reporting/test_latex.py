"""The files of a sweep for papers: a table for LaTeX, and captions."""

import re
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.latex import booktabs
from xorsweep.reporting.tables import Table

ESCAPED = re.compile(
    r"\\[&%$#_{}]|\\textasciitilde\s?|\\textasciicircum\s?|\\textbackslash\s?|\\space\s?"
)
TEXTS = st.text("ab &%$#_{}~^\\0.", max_size=8).map(str.strip)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_any_text_stays_a_text_in_its_cell(rows: list[tuple[str, str, str]]) -> None:
    written = booktabs(Table("Cells.", ("a_b", "rate %", "n"), rows, numbers=(1, 2)), "tab:x")
    assert r"\begin{tabular}{lrr}" in written
    head, body = written.split(r"\midrule")
    assert r"a\_b & rate \% & n" in head
    lines = [line for line in body.split(r"\bottomrule")[0].splitlines() if line]
    assert len(lines) == len(rows)
    for line in lines:
        plain = ESCAPED.sub("", line.removesuffix(r"\\"))
        assert plain.count("&") == 2
        assert not set(plain) & set("%$#_{}\\")


def test_numbers_are_typeset_and_brackets_are_no_options_of_a_line_end() -> None:
    rows = [
        *[("[a-1]", "-4.5e-05 (-1,000 to 1e+06)"), ("*b", "0.5 [-1, 2]")],
        *[("[c", "not reached"), ("d", "")],
    ]
    written = booktabs(Table("Cells.", ("key", "value"), rows, numbers=(1,)), "tab:x")
    body = written.split("\\midrule\n")[1].split("\n\\bottomrule")[0]
    assert body.splitlines() == [
        r"{}[a-1] & $-4.5\cdot10^{-5}$ ($-$1,000 to $1\cdot10^{6}$) \\",
        r"{}*b & 0.5 [$-$1, 2] \\",
        r"{}[c & not reached \\",
        r"d &  \\",
    ]


def test_a_table_is_scaled_as_a_whole_and_its_note_is_one_comment() -> None:
    table = Table("Cells.", ("key",), [("a",)], note="b \n\\c")
    lines = booktabs(table, "tab:x").splitlines()
    assert lines[1] == r"% b \c"
    scaled = lines.index("\\begin{tabular}{l}")
    assert [line[:11] for line in lines[scaled - 2 : scaled]] == [r"\resizebox*", r"\resizebox{"]
    assert lines[-2:] == [r"\end{tabular}}}", r"\end{table}"]


@given(st.lists(TEXTS.map("a{}b".format), min_size=1, max_size=6))
def test_a_long_head_has_two_lines_and_stays_a_text(words: list[str]) -> None:
    head = " ".join(words)
    written = booktabs(Table("Cells.", ("n", head), [("1", "2")], numbers=(0,)), "tab:x")
    line = written.split("\\toprule\n")[1].split("\n")[0].removesuffix(r" \\")
    _, escaped = line.split(" & ")
    inner = re.fullmatch(r"\\begin\{tabular\}\[b\]\{@\{\}l@\{\}\}(.*)\\end\{tabular\}", escaped)
    lines = inner[1].split(r"\\") if inner else [escaped]
    assert len(lines) == (2 if inner else 1)
    assert inner or len(head) <= 12 or " " not in head
    assert " ".join(lines) in booktabs(Table("Cells.", ("n",), [(head,)]), "tab:x")


def test_a_sweep_has_its_cells_as_a_table_and_a_caption_for_each_figure(small_sweep: Path) -> None:
    cells = pd.read_csv(small_sweep / "summary.csv")
    text = (small_sweep / "summary.tex").read_text()
    assert len(re.findall(r"\\\\$", text, re.MULTILINE)) == len(cells) + 1
    assert r"\toprule" in text
    epochs = r"\begin{tabular}[b]{@{}r@{}}median epochs,\\95 \% interval\end{tabular}"
    assert epochs in text.split(r"\midrule")[0]
    captions = (small_sweep / "figures/captions.txt").read_text()
    drawn = sorted(path.stem for path in (small_sweep / "figures").glob("*.png"))
    assert sorted(re.findall(r"^(\w+)\. ", captions, re.MULTILINE)) == drawn
    every = "n: 144 results in 12 settings, 12 in each.\n"
    last = "n: 72 results in 6 settings, 12 in each, after the most epochs of each.\n"
    texts = captions.split("\n\n")
    of_all = {text.split(".")[0] for text in texts if f"{text}\n".endswith(every)}
    assert of_all == {"convergence_rate", "rate_lines", "variance_shares"} & set(drawn)
    assert captions.count(last) == len(drawn) - len(of_all)
