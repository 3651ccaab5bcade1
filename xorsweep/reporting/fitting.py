"""Lines and tables that fit the width of a terminal without a cut through a word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

Justify = Literal["left", "right"]

_COMMAND = r"python -m xorsweep .*"
_WORDS = re.compile(rf"{_COMMAND}|\S+")
"""The pieces of a line; a command is one, so that it can be copied."""
_CELL_PIECES = (re.compile(r"\[[^]]*\]\S*|\S+"), re.compile(r"\S+"))
"""The pieces of a table's cell: with whole intervals where there is room, then words."""


def wrap_text(line: str, width: int) -> list[str]:
    """Return a line in parts of at most `width` characters, cut at commas, colons and `x`."""
    return _filled(re.split(r"(?<=[,:]) | (?=x )", line), width, indent="  ")


def wrap_words(line: str, width: int) -> list[str]:
    """Return a line in parts of at most `width` characters, cut between words.

    Parts behind the first are indented. A longer word is a part of its own, and so is a command.
    """
    if cell_len(line) <= width:
        return [line]
    text = line.lstrip(" ")
    start = line[: len(line) - len(text)]
    first, *others = _WORDS.findall(text) or [""]
    return _filled([start + first, *others], width, indent=f"{start}  ")


def fitted_table(
    head: Sequence[str],
    lines: Sequence[Sequence[str]],
    width: int,
    justify: Justify | Sequence[Justify] = "left",
) -> Table:
    """Return a table of at most `width` characters if its longest words leave room for that.

    Where cells have several lines, blank lines separate the rows.
    """
    columns = [list(texts) for texts in zip(head, *lines, strict=True)]
    # Of each column two characters are spaces, and there is one between columns.
    wrapped = _wrapped(columns, width - 3 * len(columns) + 1)
    is_tall = any(len(cell) > 1 for column in wrapped for cell in column[1:])
    table = Table(box=SIMPLE_HEAD, show_edge=False, leading=int(is_tall))
    sides = [justify] * len(head) if isinstance(justify, str) else justify
    first, *rows = ([Text("\n".join(cell)) for cell in row] for row in zip(*wrapped, strict=True))
    for name, side in zip(first, sides, strict=True):
        table.add_column(name, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _wrapped(columns: Sequence[Sequence[str]], room: int) -> list[list[list[str]]]:
    """Return the lines of each text of each column, so that all columns fit into `room`."""
    for pieces in _CELL_PIECES:
        split = [[pieces.findall(text) for text in column] for column in columns]
        least = [max(map(cell_len, chain(*column)), default=0) for column in split]
        if sum(least) <= room:
            break
    widths = [max(map(cell_len, column)) for column in columns]
    wrapped = [[[text] for text in column] for column in columns]
    while sum(widths) > room and widths != least:
        # Narrower by a character is the column that makes the fewest lines so, or has most to give.
        narrower = {
            place: [_filled(cell, widths[place] - 1) for cell in split[place]]
            for place, needed in enumerate(least)
            if widths[place] > needed
        }
        chosen = min(
            narrower,
            key=lambda place: (
                _height([*wrapped[:place], narrower[place], *wrapped[place + 1 :]]),
                least[place] - widths[place],
            ),
        )
        widths[chosen] -= 1
        wrapped[chosen] = narrower[chosen]
    return wrapped


def _height(wrapped: Sequence[Sequence[Sequence[str]]]) -> int:
    return sum(max(map(len, row)) for row in zip(*wrapped, strict=True))


def _filled(pieces: Sequence[str], width: int, indent: str = "") -> list[str]:
    """Return pieces with spaces between, as many in a line as fit.

    Lines behind the first are indented.
    """
    lines = [*pieces[:1]]
    for piece in pieces[1:]:
        joined = f"{lines[-1]} {piece}"
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(indent + piece)
    return lines
