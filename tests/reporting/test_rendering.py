"""Texts as Markdown shows them literally."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from xorsweep.reporting.rendering import code_block, escape_markdown, typeset_markup


@given(text=st.text(alphabet="<>&|\\`![](){}\n\r\t abc"))
def test_no_text_is_markup_html_or_the_end_of_a_field(text: str) -> None:
    found = escape_markdown(text)
    assert not set(found) & set("<>|\\`\n\r\t")
    assert "](" not in found
    assert "![" not in found


def test_words_and_numbers_stay_as_they_are() -> None:
    text = "hidden 2: 83 % [66, 93], two_rows_at_half 1/4 (n = 12); it's fine"
    assert escape_markdown(text) == text


@dataclass(frozen=True)
class Inner:
    text: str
    number: int


def test_every_text_of_a_page_is_reached() -> None:
    page = [("a|b", Inner("<i>", 3)), ["c`"]]
    assert escape_markdown(page) == [("a&#124;b", Inner("&lt;i&gt;", 3)), ["c&#96;"]]


def test_a_command_of_several_lines_stays_in_its_block() -> None:
    assert code_block("a 'b\n# c'\nd") == "a 'b\n    # c'\n    d"


def test_text_is_typeset_and_code_is_not() -> None:
    copied = (
        "<pre>lr=-1 -2</pre><script>9 % 2 -1</script><td>python -m a='-5 %'</td><code>-1</code>"
    )
    read = """<img alt="-5 %" src="a-1 %"><p title="x" aria-label='-1'>81 % [-7, 1e-05 %]</p>"""
    shown = """<img alt="−5\u00a0%" src="a-1 %"><p title="x" aria-label='-1'>"""
    assert typeset_markup(copied + read + copied) == (
        f"{copied}{shown}81\u00a0% [−7, 1e−05\u00a0%]</p>{copied}"
    )
