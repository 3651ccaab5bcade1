"""The table of settings for a paper."""

from __future__ import annotations

import pandas as pd

from xorsweep.reporting.tables import Table


def booktabs(table: Table, label: str) -> str:
    r"""Return a table for LaTeX with the rules of the package booktabs.

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
    return f"% \\usepackage{{booktabs}}\n{f'% {table.note}' if table.note else '%'}\n{text}"
