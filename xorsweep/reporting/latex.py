"""The table of settings for a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from xorsweep.reporting.tables import Table

LONGEST_HEAD = 12
"""Characters of a column's head in one line; a longer one takes two."""
PACKAGES = r"% \usepackage{booktabs,graphicx}; in a text of two columns, write table* for table"
NARROWED = r"""\centering
\small
\setlength{\tabcolsep}{3pt}
\resizebox*{!}{\ifdim\totalheight>.8\textheight.8\textheight\else\totalheight\fi}{%
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
"""
"""A table that is too high or too wide for a page is made smaller."""
_END = "\\end{tabular}"
_NUMBER = re.compile(r"(?<![\w.-])(-?)(\d[\d,.]*)(?:e([+-]?\d+))?(?![\w.])")


def booktabs(table: Table, label: str) -> str:
    r"""Return a table for LaTeX with the rules of the package booktabs, scaled by graphicx.

    Args:
        table: The texts; columns that start with a number are set flush right.
        label: The label for `\ref`.
    """
    flush = ["r" if place in table.numbers else "l" for place in range(len(table.head))]
    text: str = pd.DataFrame(list(table.rows), columns=list(table.head)).to_latex(
        index=False,
        escape=True,
        column_format="".join(flush),
        caption=table.caption,
        label=label,
        position="htbp",
    )
    # pandas has no options for the size of the type and for heads in two lines.
    caption, tabular, rest = text.partition("\\begin{tabular}")
    columns, rule, rows = rest.partition("\\toprule\n")
    head, end, body = rows.partition(" \\\\\n")
    # An ampersand within a head is escaped as \&, and has no space before it.
    body, bottom, after = body.partition("\n\\bottomrule\n")
    body = "\n".join(_row(line, table.numbers) for line in body.split("\n"))
    heads = [_in_lines(each, side) for each, side in zip(head.split(" & "), flush, strict=True)]
    note = f"% {' '.join(table.note.split())}" if table.note else "%"
    after = after.replace(_END, f"{_END}}}}}")
    heading = f"{caption}{NARROWED}{tabular}{columns}{rule}{' & '.join(heads)}{end}"
    narrowed = f"{heading}{body}{bottom}{after}"
    return f"{PACKAGES}\n{note}\n{narrowed}"


def _row(line: str, numbers: Sequence[int]) -> str:
    """Return a row with minus signs and powers of ten, and no options of the row before."""
    cells = [
        _NUMBER.sub(_in_mathematics, cell) if place in numbers else cell
        for place, cell in enumerate(line.split(" & "))
    ]
    row = " & ".join(cells)
    return f"{{}}{row}" if row.startswith(("[", "*")) else row


def _in_mathematics(number: re.Match[str]) -> str:
    minus, digits, exponent = number.groups()
    if exponent:
        return rf"${minus}{digits.replace(',', '{,}')}\cdot10^{{{int(exponent)}}}$"
    return f"${minus}${digits}" if minus else digits


def _in_lines(head: str, flush: str) -> str:
    """Return a head in two lines where it is long, broken after a comma or about its middle."""
    breaks = [each.start() for each in re.finditer(r" (?![\[*])", head)]  # else options of \\
    if len(head) <= LONGEST_HEAD or not breaks:
        return head
    # After a comma where there is one, else where both lines are about equally long.
    at = min(breaks, key=lambda place: (head[place - 1] != ",", abs(2 * place - len(head))))
    lines = rf"{head[:at]}\\{head[at + 1 :]}"
    return rf"\begin{{tabular}}[b]{{@{{}}{flush}@{{}}}}{lines}\end{{tabular}}"
